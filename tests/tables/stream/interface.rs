//! Each direction comes in by its own interface (rule 3).

use ftp_track_common::{reason::Reason, segment::RST};

use crate::harness::{
    namespace::{LAN, WAN},
    play::{FromClient, FromServer},
    row::{self, Row, WHOLE},
};

#[test]
fn interfaces() {
    row::run(&[
        Row {
            name: "the server's reply from the client's side is forged",
            cells: WHOLE,
            play: |play| {
                play.greet();
                play.client(play.passive_command());
                play.control.interfaces = [LAN, LAN];
                let reply = format!("{}\r\n", play.passive_reply(50_001)).into_bytes();
                let forged = play.control.segment(FromServer, &reply);
                play.deliver(FromServer, &forged);
                play.control.interfaces = [LAN, WAN];
                play.server(&play.passive_reply(50_000));
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::WrongInterface, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
        Row {
            name: "so is a RST from there",
            cells: WHOLE,
            play: |play| {
                play.greet();
                let mut forged = play.control.segment(FromServer, b"");
                forged.flags = RST;
                play.deliver_frame(&forged.frame(), LAN);
            },
            notes: &["session_new"],
            counts: &[(Reason::ControlPort, 1), (Reason::WrongInterface, 1)],
            state: &["session 0/0"],
        },
        Row {
            name: "one interface for both is as good",
            cells: WHOLE,
            play: |play| {
                play.control.interfaces = [LAN, LAN];
                play.greet();
                play.passive(50_000);
                let forged = play.control.segment(FromClient, b"QUIT\r\n");
                play.deliver_frame(&forged.frame(), WAN);
            },
            notes: &["session_new", "expectation_new passive server:50000"],
            counts: &[(Reason::ControlPort, 1), (Reason::WrongInterface, 1)],
            state: &[
                "session 1/1 armed passive:50000",
                "expectation passive server:50000",
            ],
        },
    ]);
}
