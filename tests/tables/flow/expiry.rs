//! An expectation's time, checked where it is used: no one has to clean up.

use std::{thread::sleep, time::Duration};

use ftp_track_common::{reason::Reason, rule::Rule};

use crate::harness::{
    data::Data,
    pool,
    row::{self, Row, WHOLE},
    tracker::open,
};

/// How long expectations live here: longer than a busy machine may pause between two packets.
const LIFETIME: Duration = Duration::from_millis(100);

fn short_lived() -> Rule {
    Rule {
        expectation_lifetime: LIFETIME.as_nanos() as u64,
        ..open()
    }
}

#[test]
fn expired() {
    let rows = [
        Row {
            name: "too late",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                sleep(LIFETIME);
                Data::passive(play, 50_000).syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expired, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "the next one has its own time",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                sleep(LIFETIME);
                play.passive(50_000);
                Data::passive(play, 50_000).syn(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_end passive server:50000 replaced",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
            ],
            counts: &[(Reason::ControlPort, 1), (Reason::Expected, 1)],
            state: &[
                "session 2/2 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 1+0 opening",
            ],
        },
        Row {
            name: "refused in time, and tried again too late",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                let mut data = Data::passive(play, 50_000);
                data.syn(play);
                sleep(LIFETIME);
                data.refuse(play);
                data.next[0] += 1000;
                data.syn(play);
                play.notes.retain(|note| !note.starts_with("flow"));
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "dropped server:50000 unexpected",
                "drop",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 1),
                (Reason::FirstAttemptReset, 1),
                (Reason::Expired, 1),
                (Reason::Unexpected, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 1+1 ended",
            ],
        },
        Row {
            name: "a flow that was admitted in time goes on",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.passive(50_000);
                let mut data = Data::passive(play, 50_000);
                data.syn(play);
                sleep(LIFETIME);
                data.transfer(play);
            },
            notes: &[
                "session_new",
                "expectation_new passive server:50000",
                "expectation_used passive server:50000 used",
                "flow_new passive server:50000 expected",
                "flow_end passive server:50000 finished",
            ],
            counts: &[
                (Reason::ControlPort, 1),
                (Reason::Expected, 1),
                (Reason::Related, 8),
                (Reason::Finished, 1),
            ],
            state: &[
                "session 1/1 used passive:50000",
                "expectation passive server:50000",
                "flow passive client>server:50000 5+4 ended",
            ],
        },
    ];
    row::run_with(&mut pool::tracker(), &[short_lived()], &rows);
}
