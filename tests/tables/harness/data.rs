//! A data connection, packet by packet.

use std::net::SocketAddr;

use ftp_track_common::{
    config::Mode,
    flow::Side,
    segment::{ACK, FIN, RST, SYN},
    tuple::FlowKey,
};

use super::{
    play::{Family, Play},
    segment::Segment,
    tracker::{Tracker, Verdict},
};

pub use Side::{Initiator, Responder};

/// The client's port of passive data connections.
pub const CLIENT_PORT: u16 = 50_555;

/// A data connection: its ends and where their streams are.
#[derive(Clone, Debug)]
pub struct Data {
    /// The ends, initiator first.
    pub ends: [SocketAddr; 2],
    /// The next sequence numbers.
    pub next: [u32; 2],
    /// The interfaces by which the segments come in.
    pub interfaces: [u32; 2],
}

impl Data {
    /// A passive one that was just admitted, in enforce mode: all that a tracker knows.
    pub fn admitted(tracker: &mut Tracker, family: Family) -> Self {
        tracker.reset(Mode::Enforce);
        let mut play = Play::new(tracker, family, 0);
        play.greet();
        play.passive(50_000);
        let mut data = Self::passive(&play, 50_000);
        data.open(&mut play);
        data
    }

    /// The client's connection to `port` of the server.
    pub fn passive(play: &Play<'_>, port: u16) -> Self {
        let control = &play.control;
        Self {
            ends: [
                SocketAddr::new(control.client.ip(), CLIENT_PORT),
                SocketAddr::new(control.server.ip(), port),
            ],
            next: [7_000_000, 9_000_000],
            interfaces: control.interfaces,
        }
    }

    /// The server's connection from port 20 to `port` of the client.
    pub fn active(play: &Play<'_>, port: u16) -> Self {
        let control = &play.control;
        let [lan, wan] = control.interfaces;
        Self {
            ends: [
                SocketAddr::new(control.server.ip(), 20),
                SocketAddr::new(control.client.ip(), port),
            ],
            interfaces: [wan, lan],
            ..Self::passive(play, port)
        }
    }

    /// The next segment of `side`.
    pub fn segment(&self, side: Side, flags: u8) -> Segment {
        let [own, other] = match side {
            Initiator => [0, 1],
            Responder => [1, 0],
        };
        Segment {
            sequence: self.next[own],
            acknowledgment: if flags & ACK != 0 {
                self.next[other]
            } else {
                0
            },
            ..Segment::new(self.ends[own], self.ends[other], flags)
        }
    }

    /// Brings a segment of `side`, after which the side's stream has gone on.
    pub fn deliver(&mut self, play: &mut Play<'_>, side: Side, segment: &Segment) -> Verdict {
        self.next[side as usize] = segment.end();
        play.deliver_frame(&segment.frame(), self.interfaces[side as usize])
    }

    /// The SYN; it may be sent again.
    pub fn syn(&self, play: &mut Play<'_>) -> Verdict {
        let segment = self.segment(Initiator, SYN);
        play.deliver_frame(&segment.frame(), self.interfaces[0])
    }

    /// The three-way handshake, or just its SYN if that is dropped.
    pub fn open(&mut self, play: &mut Play<'_>) -> Verdict {
        let verdict = self.syn(play);
        self.next[0] = self.next[0].wrapping_add(1);
        if verdict == Verdict::Pass {
            let answer = self.segment(Responder, SYN | ACK);
            self.deliver(play, Responder, &answer);
            self.send(play, Initiator, 0);
        }
        verdict
    }

    /// A segment with `length` bytes.
    pub fn send(&mut self, play: &mut Play<'_>, side: Side, length: usize) {
        let mut segment = self.segment(side, ACK);
        segment.payload = vec![b'x'; length];
        self.deliver(play, side, &segment);
    }

    /// The FIN of `side`.
    pub fn finish(&mut self, play: &mut Play<'_>, side: Side) {
        let segment = self.segment(side, FIN | ACK);
        self.deliver(play, side, &segment);
    }

    /// The RST of `side`.
    pub fn reset(&mut self, play: &mut Play<'_>, side: Side) {
        let segment = self.segment(side, RST | ACK);
        self.deliver(play, side, &segment);
    }

    /// What answers a SYN to a port on which nobody listens.
    pub fn refuse(&mut self, play: &mut Play<'_>) {
        let mut segment = self.segment(Responder, RST | ACK);
        segment.sequence = 0;
        segment.acknowledgment = self.next[0].wrapping_add(1);
        play.deliver_frame(&segment.frame(), self.interfaces[1]);
    }

    /// A whole transfer: handshake, data of the responder, its ACK, both FINs and the last ACK.
    /// Five packets of the initiator, four of the responder... unless the SYN is dropped.
    pub fn transfer(&mut self, play: &mut Play<'_>) {
        if self.open(play) == Verdict::Drop {
            return;
        }
        self.send(play, Responder, 1000);
        self.send(play, Initiator, 0);
        self.finish(play, Responder);
        self.finish(play, Initiator);
        self.send(play, Responder, 0);
    }

    /// Its key in the map of flows.
    pub fn key(&self) -> FlowKey {
        FlowKey::of(&self.segment(Initiator, SYN).tuple()).0
    }
}
