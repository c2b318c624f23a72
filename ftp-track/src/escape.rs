//! Text that a terminal may see.

/// Makes control characters visible, so that no text can steer a terminal. Line feeds stay.
pub fn for_terminal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && is_steering(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// As [`for_terminal`], and on one line.
pub fn one_line(text: &str) -> String {
    for_terminal(text).replace('\n', "\\n")
}

/// Control characters, and those that reorder or hide their neighbours (Unicode Cf).
fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (name, text, expect) in [
            ("plain", "lan, wan", "lan, wan"),
            ("umlaut", "größe", "größe"),
            ("colour", "\x1b[31mred", "\\u{1b}[31mred"),
            ("C1", "\u{9b}2J", "\\u{9b}2J"),
            ("right to left", "a\u{202e}b", "a\\u{202e}b"),
            ("line feed", "a\nb", "a\nb"),
            ("carriage return", "a\rb", "a\\rb"),
        ] {
            assert_eq!(for_terminal(text), expect, "{name}");
        }
        assert_eq!(one_line("a\nb\x07"), "a\\nb\\u{7}");
    }
}
