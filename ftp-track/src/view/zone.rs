//! Conntrack zones as they are shown.

/// In a table, or where an entry is named: nothing for the default zone.
pub fn cell(zone: u32) -> String {
    if zone == 0 {
        String::new()
    } else {
        zone.to_string()
    }
}

/// Behind an entry in a sentence: ` in zone 5`; nothing for the default zone.
pub fn phrase(zone: u32) -> String {
    if zone == 0 {
        String::new()
    } else {
        format!(" in zone {zone}")
    }
}
