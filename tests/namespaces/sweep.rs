//! What the daemon looks after behind the kernel programs.

use std::time::Duration;

use ftp_track::clock;
use ftp_track::map::{Maps, PinDirectory};
use ftp_track_common::address::Address;
use ftp_track_common::client::{Client, ClientKey};
use ftp_track_common::flow::Flow;
use ftp_track_common::layout::ClientEntry;
use ftp_track_common::tuple::FlowKey;
use ftp_track_tests::lab::Lab;
use ftp_track_tests::process::wait_until;
use ftp_track_tests::tracker::{Tracker, TrackerMode};

/// It rests longer than it works, and on a busy machine it works longer.
const PATIENCE: Duration = Duration::from_secs(300);
const HOUR: u64 = 3600 * 1_000_000_000;

fn flows(count: u32) -> Client {
    let mut client = Client::default();
    client.flows = count;
    client
}

/// As if somebody had taken flows of one client out of the maps, and put one of another in.
#[test]
fn counts_of_clients_are_put_right() {
    let lab = Lab::new().unwrap();
    let tracker = Tracker::start(&lab, TrackerMode::Enforce).unwrap();
    let mut maps = Maps::open(&PinDirectory::of(&lab.name().parse().unwrap())).unwrap();
    let [less, more] = [1, 2].map(|last| Address::from_v4([198, 51, 100, last]));
    let [of_less, of_more] = [less, more].map(|address| ClientKey::of(&address, 0));
    let entry = ClientEntry {
        client: flows(3),
        ..ClientEntry::default()
    };
    maps.clients.insert(&of_less, &entry).unwrap();
    let key = FlowKey {
        low: more,
        high: Address::from_v4([203, 0, 113, 1]),
        low_port: 4000,
        high_port: 5000,
        zone: 0,
    };
    let mut flow = Flow {
        seen: clock::monotonic(),
        idle: HOUR,
        established: 1,
        ..Flow::default()
    };
    flow.master.client = more;
    maps.flows.insert(&key, &flow).unwrap();
    let count = |key| {
        let entry = maps.clients.get(key).unwrap();
        entry.map(|entry| entry.client.flows)
    };
    let right = wait_until(PATIENCE, || {
        [count(&of_less), count(&of_more)] == [None, Some(1)]
    });
    assert!(right, "{:?}, {:?}", count(&of_less), count(&of_more));
    assert_eq!(maps.flows.len().unwrap(), 1);
    assert!(tracker.log().contains("the counts of 2 clients were wrong"));
}
