//! Events in words that a row can hold.

use ftp_track_common::{
    address::Address,
    event::{self, Event, EventKind},
    reason::Reason,
    request::{RequestKind, THIRD},
    tuple::SessionKey,
};

use super::{
    play::{Control, Family, THIRD_HOSTS},
    segment::address,
};

/// An event as a row writes it: its kind, the request, where to, and the reason.
///
/// `passive` and `active` stand for the commands of the family, so that one row serves both.
pub fn text(event: &Event, family: Family, control: &Control) -> String {
    let kind = kind(event);
    let mut words = vec![kind.name().to_owned()];
    if event.request != 0 {
        words.push(request(event.request, family).to_owned());
    }
    if !matches!(kind, EventKind::SessionNew | EventKind::SessionEnd) {
        let name = name(&event.tuple.destination, control);
        words.push(format!("{name}:{}", event.tuple.destination_port));
    }
    if event.reason != 0 {
        let reason = Reason::from_number(event.reason).expect("a reason");
        words.push(reason.name().to_owned());
    }
    words.join(" ")
}

/// Checks what holds for every event. `session` gives the number of a session that is in its map.
pub fn check(event: &Event, since: u64, session: impl Fn(&SessionKey) -> Option<u64>) {
    assert_eq!(event.version, event::VERSION);
    assert_eq!(event.reserved, [0; 3]);
    assert!(event.time >= since, "time went back");
    if matches!(kind(event), EventKind::Dropped) {
        assert_eq!((event.session, event.master), (0, SessionKey::default()));
        return;
    }
    assert_ne!(event.session, 0);
    // What ends may have been replaced by the packet that ended it.
    let ends = matches!(
        kind(event),
        EventKind::SessionEnd | EventKind::ExpectationEnd
    );
    if let Some(number) = session(&event.master)
        && !ends
    {
        assert_eq!(event.session, number);
    }
    let (client, server) = (event.master.client, event.master.server);
    let tuple = [event.tuple.source, event.tuple.destination];
    assert!(
        tuple == [client, server] || tuple == [server, client] || event.request > 4,
        "{event:?}"
    );
    if matches!(
        kind(event),
        EventKind::ExpectationNew | EventKind::ExpectationEnd
    ) {
        assert_eq!(event.tuple.source_port, 0);
        assert_ne!(event.expectation, 0);
    }
}

fn kind(event: &Event) -> EventKind {
    EventKind::from_number(event.kind).expect("a kind of event")
}

/// A request's name; the family's own commands are `active` and `passive`.
pub fn request(kind: u8, family: Family) -> &'static str {
    const NAMES: [&str; 9] = [
        "PORT", "EPRT", "PASV", "EPSV", "EPSV ALL", "AUTH", "REIN", "QUIT", "ABOR",
    ];
    let kind = kind & !THIRD;
    let own = |v4: RequestKind, v6: RequestKind| {
        kind == match family {
            Family::V4 => v4 as u8,
            Family::V6 => v6 as u8,
        }
    };
    if own(RequestKind::Port, RequestKind::Eprt) {
        "active"
    } else if own(RequestKind::Pasv, RequestKind::Epsv) {
        "passive"
    } else {
        NAMES[usize::from(kind) - 1]
    }
}

/// Who has an address.
pub fn name(who: &Address, control: &Control) -> String {
    if *who == address(control.client.ip()) {
        "client".to_owned()
    } else if *who == address(control.server.ip()) {
        "server".to_owned()
    } else if THIRD_HOSTS.iter().any(|third| *who == address(*third)) {
        "third".to_owned()
    } else {
        format!("{:?}", who.octets())
    }
}
