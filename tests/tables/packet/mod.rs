//! From a frame to a TCP segment: what is read, and why something is not.
//!
//! The probe is a SYN to a port that is neither allowed nor expected: enforce drops it if, and only
//! if, it was understood, and the event shows which addresses and ports were read.

mod ipv4;
mod ipv6;
mod link;
mod pieces;
mod tcp;
mod truncation;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ftp_track_common::{
    config::Mode, event::EventKind, reason::Reason, segment::SYN, tuple::Tuple,
};

use crate::harness::{
    namespace::LAN,
    pool,
    segment::Segment,
    tracker::{Door, Tracker, Verdict},
};

const CLIENT4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const CLIENT6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x10);
const SERVER6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 2, 0, 0, 0, 0, 0x20);

/// A fragment that hides a header.
const TINY: Outcome = Outcome::Hidden(Reason::TinyFragment);
/// More headers than are read.
const TOO_MANY: Outcome = Outcome::Hidden(Reason::TooManyHeaders);

/// A frame and what becomes of it.
struct Row {
    name: &'static str,
    frame: Vec<u8>,
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// The probe was read: dropped in enforce.
    Read,
    /// It passes, counted under this reason.
    Unread(Reason),
    /// It is read, and is nothing that the tracker has an opinion of.
    Passed,
    /// Its receiver may find a TCP header in it that we do not: dropped in enforce, counted under this
    /// reason.
    Hidden(Reason),
}

fn row(name: &'static str, frame: Vec<u8>, outcome: Outcome) -> Row {
    Row {
        name,
        frame,
        outcome,
    }
}

/// The probe of IPv4.
fn probe4() -> Segment {
    probe(IpAddr::V4(CLIENT4), IpAddr::V4(SERVER4))
}

/// The probe of IPv6.
fn probe6() -> Segment {
    probe(IpAddr::V6(CLIENT6), IpAddr::V6(SERVER6))
}

fn probe(client: IpAddr, server: IpAddr) -> Segment {
    let (client, server) = (
        SocketAddr::new(client, 40_000),
        SocketAddr::new(server, 8080),
    );
    Segment::new(client, server, SYN)
}

fn run(rows: &[Row]) {
    let mut tracker = pool::tracker();
    let mut failures = Vec::new();
    for door in Door::ALL {
        for mode in [Mode::Observe, Mode::Enforce] {
            for row in rows {
                tracker.reset(mode);
                tracker.door = door;
                if let Err(failure) = check(&mut tracker, mode, row) {
                    let name = row.name;
                    failures.push(format!("{name} ({door:?}, {}): {failure}", mode.name()));
                }
            }
        }
    }
    println!("{} rows in {} cells", rows.len(), 4 * rows.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn check(tracker: &mut Tracker, mode: Mode, row: &Row) -> Result<(), String> {
    let verdict = tracker.run(&row.frame, LAN);
    let drops = mode == Mode::Enforce && matches!(row.outcome, Outcome::Read | Outcome::Hidden(_));
    let counts = match row.outcome {
        Outcome::Read => vec![(Reason::Unexpected, 1)],
        Outcome::Unread(reason) | Outcome::Hidden(reason) => vec![(reason, 1)],
        Outcome::Passed => vec![],
    };
    let events: Vec<(Option<EventKind>, Tuple)> = tracker
        .events()
        .iter()
        .map(|event| (EventKind::from_number(event.kind), event.tuple))
        .collect();
    let reported = match row.outcome {
        Outcome::Read if drops => {
            let is_v4 = events
                .first()
                .is_some_and(|(_, tuple)| tuple.source.is_v4());
            let probe = if is_v4 { probe4() } else { probe6() };
            vec![(Some(EventKind::Dropped), probe.tuple())]
        }
        _ => vec![],
    };
    let seen = (verdict == Verdict::Drop, tracker.counts(), events);
    let entries = tracker.sessions.entries().len() + tracker.flows.entries().len();
    if seen != (drops, counts, reported) || entries != 0 {
        return Err(format!("{:?} expected, got {seen:?}", row.outcome));
    }
    Ok(())
}
