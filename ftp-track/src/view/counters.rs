//! The counters as they are shown.

use ftp_track_common::reason::Reason;
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::TableRow;

/// The counters, in the order of the reasons' numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CountersView {
    /// How often each reason came up.
    #[serde(serialize_with = "by_name")]
    pub counters: Vec<(Reason, u64)>,
    /// Events that found the ring buffer full.
    pub lost_events: u64,
}

/// A reason that came up, as a row.
pub struct CounterRow {
    reason: Reason,
    count: u64,
}

impl CountersView {
    /// The reasons that came up.
    pub fn rows(&self) -> Vec<CounterRow> {
        let came_up = self.counters.iter().filter(|(_, count)| *count != 0);
        came_up
            .map(|&(reason, count)| CounterRow { reason, count })
            .collect()
    }
}

impl TableRow for CounterRow {
    const TITLES: &'static [&'static str] = &["REASON", ">COUNT", "MEANING"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.reason.name().to_owned(),
            self.count.to_string(),
            self.reason.sentence().to_owned(),
        ]
    }
}

fn by_name<S: Serializer>(counters: &[(Reason, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(counters.len()))?;
    for (reason, count) in counters {
        map.serialize_entry(reason.name(), count)?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_rows() {
        let view = CountersView {
            counters: vec![(Reason::Bounce, 2), (Reason::LowPort, 0)],
            lost_events: 1,
        };
        let json = serde_json::to_string(&view).unwrap();
        assert_eq!(
            json,
            r#"{"counters":{"bounce":2,"low_port":0},"lost_events":1}"#
        );
        let rows = view.rows();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].cells()[..2], ["bounce", "2"]);
    }
}
