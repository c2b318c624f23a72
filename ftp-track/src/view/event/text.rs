//! An event on one line, in the words of `conntrack -E`.

use std::fmt;

use super::{EventName, EventView, LostWhere};
use crate::{escape, view::Endpoint};

impl EventName {
    /// The tag and the thing, as at the start of a line.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::SessionNew => ("[NEW]", "session"),
            Self::SessionEnd => ("[DESTROY]", "session"),
            Self::ExpectationNew => ("[NEW]", "expectation"),
            Self::ExpectationUsed => ("[USED]", "expectation"),
            Self::ExpectationEnd => ("[DESTROY]", "expectation"),
            Self::Refused => ("[REFUSED]", "request"),
            Self::FlowNew => ("[NEW]", "flow"),
            Self::FlowEnd => ("[DESTROY]", "flow"),
            Self::Dropped => ("[DROPPED]", "connection"),
            Self::Lost => ("[LOST]", "events"),
        }
    }

    /// `[NEW] 3 more flows`: of so many there is no line each.
    pub fn sum(self, count: u64) -> String {
        let (tag, thing) = self.words();
        let things = match (self, count) {
            (Self::Lost, _) => "reports of lost events".to_owned(),
            (_, 1) => thing.to_owned(),
            _ => format!("{thing}s"),
        };
        format!("{tag:>9} {count} more {things}")
    }

    fn is_of_session(self) -> bool {
        matches!(self, Self::SessionNew | Self::SessionEnd)
    }
}

impl LostWhere {
    fn text(self) -> &'static str {
        match self {
            Self::RingBuffer => "ring_buffer",
            Self::Monitor => "monitor",
        }
    }
}

/// `    [NEW] flow PASV src=10.0.0.2 dst=10.0.1.2 sport=40001 dport=50000 master-src=...`
impl fmt::Display for EventView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tag, thing) = self.event.words();
        write!(formatter, "{tag:>9} {thing}")?;
        if let Some(request) = &self.request {
            write!(formatter, " {}", escape::one_line(request))?;
        }
        match (self.master, self.source, self.destination) {
            (Some(master), _, _) if self.event.is_of_session() => {
                write_tuple(formatter, "", master.client, master.server)?;
            }
            (_, Some(source), Some(destination)) => {
                write_tuple(formatter, "", source, destination)?;
            }
            _ => {}
        }
        if let Some(zone) = self.zone {
            write!(formatter, " zone={zone}")?;
        }
        if let Some(reason) = &self.reason {
            write!(formatter, " reason={}", escape::one_line(reason))?;
        }
        if let (Some(count), Some(place)) = (self.count, self.place) {
            write!(formatter, " count={count} where={}", place.text())?;
        }
        match self.master {
            Some(master) if !self.event.is_of_session() => {
                write_tuple(formatter, "master-", master.client, master.server)
            }
            _ => Ok(()),
        }
    }
}

fn write_tuple(
    formatter: &mut fmt::Formatter<'_>,
    prefix: &str,
    source: Endpoint,
    destination: Endpoint,
) -> fmt::Result {
    write!(
        formatter,
        " {prefix}src={} {prefix}dst={}",
        source.address, destination.address
    )?;
    // The initiator's port of an expectation is not known beforehand.
    if source.port != 0 {
        write!(formatter, " {prefix}sport={}", source.port)?;
    }
    write!(formatter, " {prefix}dport={}", destination.port)
}

#[cfg(test)]
mod tests {
    use ftp_track_common::{
        address::Address,
        event::{Event, EventKind, VERSION},
        reason::Reason,
        tuple::{SessionKey, Tuple},
    };

    use super::*;

    const CLIENT: Address = Address::from_v4([10, 0, 0, 2]);
    const SERVER: Address = Address::from_v4([10, 0, 1, 2]);

    fn event(kind: EventKind, source_port: u16, request: u8, reason: Reason) -> Event {
        Event {
            version: VERSION,
            kind: kind as u8,
            reason: reason as u8,
            session: 7,
            master: SessionKey {
                client: CLIENT,
                server: SERVER,
                client_port: 40000,
                server_port: 21,
                zone: 0,
            },
            tuple: Tuple {
                source: CLIENT,
                destination: SERVER,
                source_port,
                destination_port: 50000,
                zone: 0,
            },
            request,
            ..Event::default()
        }
    }

    #[test]
    fn lines() {
        let master = "master-src=10.0.0.2 master-dst=10.0.1.2 master-sport=40000 master-dport=21";
        for (record, expect) in [
            (
                event(EventKind::SessionEnd, 40000, 0, Reason::Quit),
                "[DESTROY] session src=10.0.0.2 dst=10.0.1.2 sport=40000 dport=21 reason=quit"
                    .to_owned(),
            ),
            (
                event(EventKind::ExpectationNew, 0, 3, Reason::None),
                format!(
                    "    [NEW] expectation PASV src=10.0.0.2 dst=10.0.1.2 dport=50000 {master}"
                ),
            ),
            (
                event(EventKind::FlowNew, 40001, 3, Reason::None),
                format!(
                    "    [NEW] flow PASV src=10.0.0.2 dst=10.0.1.2 sport=40001 dport=50000 {master}"
                ),
            ),
            (
                Event {
                    master: SessionKey::default(),
                    ..event(EventKind::Dropped, 40002, 0, Reason::Unexpected)
                },
                "[DROPPED] connection src=10.0.0.2 dst=10.0.1.2 sport=40002 dport=50000 \
                 reason=unexpected"
                    .to_owned(),
            ),
        ] {
            assert_eq!(EventView::of(&record).unwrap().to_string(), expect);
        }
    }

    #[test]
    fn json_goes_there_and_back() {
        let view = EventView::of(&event(EventKind::Refused, 40000, 1, Reason::Bounce)).unwrap();
        let json = serde_json::to_string(&view).unwrap();
        assert!(json.starts_with(r#"{"event":"refused","time":""#), "{json}");
        assert!(
            json.contains(r#""reason":"bounce","request":"PORT""#),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<EventView>(&json).unwrap(), view);
    }

    #[test]
    fn names_are_the_engines() {
        for number in 0..=u8::MAX {
            if let Some(kind) = EventKind::from_number(number) {
                let json = serde_json::to_value(EventName::from(kind)).unwrap();
                assert_eq!(json, kind.name());
            }
        }
    }

    #[test]
    fn unknown_records_are_no_events() {
        let good = event(EventKind::FlowNew, 1, 3, Reason::None);
        assert!(EventView::of(&good).is_some());
        let version = VERSION + 1;
        assert!(EventView::of(&Event { version, ..good }).is_none());
        assert!(EventView::of(&Event { kind: 0, ..good }).is_none());
    }

    #[test]
    fn lost_and_escaped() {
        let mut view = EventView::lost(3, LostWhere::RingBuffer);
        assert_eq!(
            view.to_string(),
            "   [LOST] events count=3 where=ring_buffer"
        );
        view.reason = Some("\x1b[2J\n".to_owned());
        assert!(!view.to_string().contains(['\x1b', '\n']));
    }
}
