//! Control connections and expectations that nobody has, put into a tracker's maps.

use std::fs;

use anyhow::{Context, Result};
use ftp_track::clock;
use ftp_track::map::{Maps, PinDirectory};
use ftp_track_common::address::Address;
use ftp_track_common::expectation::Expectation;
use ftp_track_common::handshake::Handshake;
use ftp_track_common::layout::SessionEntry;
use ftp_track_common::request::RequestKind;
use ftp_track_common::session::Session;
use ftp_track_common::tuple::{ExpectationKey, SessionKey};
use ftp_track_tests::lab::Lab;
use ftp_track_tests::tracker::Listing;

use super::flow::{self, IDLE};

/// Control connections of one client: the limit is 1024.
const PER_CLIENT: u32 = 1000;
const SERVER: Address = Address::from_v4([192, 0, 2, 1]);
const PORT: u16 = 21;

/// The maps of a lab's tracker.
pub fn maps(lab: &Lab) -> Result<Maps> {
    let name = lab.name().parse().context("the lab's name")?;
    Ok(Maps::open(&PinDirectory::of(&name))?)
}

/// Puts so many of each in; gives for each kind how many bytes of its memory the kernel took.
pub fn fill(lab: &Lab, count: u32) -> Result<[(Listing, u64); 3]> {
    let mut maps = maps(lab)?;
    let start = unreclaimable()?;
    for number in 0..count {
        let (key, entry) = session(number);
        maps.sessions.insert(&key, &entry)?;
    }
    let with_sessions = unreclaimable()?;
    for number in 0..count {
        let (key, expectation) = expectation(number);
        maps.expectations.insert(&key, &expectation)?;
    }
    let with_expectations = unreclaimable()?;
    for number in 0..count {
        let (key, flow) = flow::entry(number);
        maps.flows.insert(&key, &flow)?;
    }
    let end = unreclaimable()?;
    Ok([
        (Listing::Sessions, with_sessions.saturating_sub(start)),
        (
            Listing::Expectations,
            with_expectations.saturating_sub(with_sessions),
        ),
        (Listing::Flows, end.saturating_sub(with_expectations)),
    ])
}

/// Bytes that the kernel has for itself and does not give back: entries are there.
fn unreclaimable() -> Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("SUnreclaim:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    let kilobytes: u64 = kilobytes.context("no SUnreclaim")?.parse()?;
    Ok(kilobytes * 1024)
}

fn key(number: u32) -> SessionKey {
    let [_, high, middle, low] = (number / PER_CLIENT + 1).to_be_bytes();
    SessionKey {
        client: Address::from_v4([10, high, middle, low]),
        server: SERVER,
        client_port: 20_000 + (number % PER_CLIENT) as u16,
        server_port: PORT,
        zone: 0,
    }
}

/// The port that a control connection's server has announced.
fn announced(number: u32) -> u16 {
    40_000 + (number % PER_CLIENT) as u16
}

fn session(number: u32) -> (SessionKey, SessionEntry) {
    let key = key(number);
    let now = clock::monotonic();
    let mut session = Session::default();
    session.idle = IDLE;
    session.open(&key, u64::from(number) + 1, &Handshake::default(), now);
    let kind = RequestKind::Pasv as u8;
    let pending = &mut session.conversation.pending;
    pending.arm(1, kind, announced(number), now + IDLE);
    let entry = SessionEntry {
        session,
        ..SessionEntry::default()
    };
    (key, entry)
}

/// The expectation of the control connection of this number.
fn expectation(number: u32) -> (ExpectationKey, Expectation) {
    let master = key(number);
    let now = clock::monotonic();
    let expectation = Expectation {
        master,
        session: u64::from(number) + 1,
        created: now,
        expires: now + IDLE,
        id: 1,
        kind: RequestKind::Pasv as u8,
        ..Expectation::default()
    };
    let key = ExpectationKey {
        initiator: master.client,
        responder: master.server,
        responder_port: announced(number),
        ..ExpectationKey::default()
    };
    (key, expectation)
}
