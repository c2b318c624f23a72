//! A control connection, packet by packet: both peers keep their numbers as TCP does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ftp_track_common::{
    event::Event,
    interface::LOCAL,
    segment::{ACK, FIN, RST, SYN},
    tuple::SessionKey,
};

use super::{
    namespace::{LAN, WAN},
    note,
    segment::{Segment, address, window_scale},
    skb::Skb,
    tracker::{Tracker, Verdict},
};

pub use Direction::{FromClient, FromServer};
pub use ftp_track_common::tuple::Direction;

/// The family of the addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// IPv4: PORT and PASV.
    V4,
    /// IPv6: EPRT and EPSV.
    V6,
}

/// A host that is neither client nor server, of both families.
pub const THIRD_HOSTS: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(10, 9, 0, 9)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 9, 0, 0, 0, 0, 9)),
];

/// Initial sequence numbers, client first; the server's numbers soon wrap around.
const FIRST: [u32; 2] = [1000, u32::MAX - 20];

/// One control connection: its ends and where their streams are.
#[derive(Clone, Debug)]
pub struct Control {
    /// The client.
    pub client: SocketAddr,
    /// The server.
    pub server: SocketAddr,
    /// The next sequence numbers, client first.
    pub next: [u32; 2],
    /// The interfaces by which the segments come in, client first.
    pub interfaces: [u32; 2],
}

impl Control {
    /// A connection from `client_port` of the family's client to port 21 of its server.
    pub fn new(family: Family, client_port: u16) -> Self {
        let (client, server) = match family {
            Family::V4 => (
                IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
                IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            ),
            Family::V6 => (
                IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1)),
                IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 2, 0, 0, 0, 0, 1)),
            ),
        };
        Self {
            client: SocketAddr::new(client, client_port),
            server: SocketAddr::new(server, 21),
            next: FIRST,
            interfaces: [LAN, WAN],
        }
    }

    /// Its key in the map of sessions.
    pub fn key(&self) -> SessionKey {
        SessionKey {
            client: address(self.client.ip()),
            server: address(self.server.ip()),
            client_port: self.client.port(),
            server_port: self.server.port(),
            zone: 0,
        }
    }

    /// The next segment of `direction`; it acknowledges all that the other side sent.
    pub fn segment(&self, direction: Direction, payload: &[u8]) -> Segment {
        let (source, destination) = match direction {
            FromClient => (self.client, self.server),
            FromServer => (self.server, self.client),
        };
        Segment {
            sequence: self.next[direction as usize],
            acknowledgment: self.next[direction.opposite() as usize],
            payload: payload.to_vec(),
            ..Segment::new(source, destination, ACK)
        }
    }

    /// The client's SYN.
    pub fn syn(&self) -> Segment {
        Segment {
            flags: SYN,
            acknowledgment: 0,
            options: window_scale(7),
            ..self.segment(FromClient, b"")
        }
    }

    /// The server's answer to it.
    pub fn syn_ack(&self) -> Segment {
        Segment {
            flags: SYN | ACK,
            options: window_scale(7),
            ..self.segment(FromServer, b"")
        }
    }
}

/// A tracker, a control connection through it, and what was seen.
pub struct Play<'a> {
    /// The tracker.
    pub tracker: &'a mut Tracker,
    /// The addresses' family.
    pub family: Family,
    /// The control connection that speaks.
    pub control: Control,
    /// Events and drops in their order.
    pub notes: Vec<String>,
    /// Longest payload that is sent in one segment; 0 for any length.
    split: usize,
    last_event: u64,
}

impl<'a> Play<'a> {
    /// A play with a control connection that is not open yet.
    pub fn new(tracker: &'a mut Tracker, family: Family, split: usize) -> Self {
        Self {
            tracker,
            family,
            control: Control::new(family, 40_000),
            notes: Vec::new(),
            split,
            last_event: 0,
        }
    }

    /// Brings a frame, and notes what comes of it. One of this machine's own, whose interface is
    /// [`LOCAL`], leaves by [`LAN`].
    pub fn deliver_frame(&mut self, frame: &[u8], interface: u32) -> Verdict {
        match interface {
            LOCAL => self.deliver_skb(frame, Skb::outgoing(LAN, 0)),
            _ => {
                let verdict = self.tracker.run(frame, interface);
                self.note_all(verdict)
            }
        }
    }

    /// Brings a packet that leaves, and notes what comes of it.
    pub fn deliver_skb(&mut self, frame: &[u8], skb: Skb) -> Verdict {
        let verdict = self.tracker.run_egress(frame, skb);
        self.note_all(verdict)
    }

    fn note_all(&mut self, verdict: Verdict) -> Verdict {
        for event in self.tracker.events() {
            self.note(&event);
        }
        if verdict == Verdict::Drop {
            self.notes.push("drop".to_owned());
        }
        verdict
    }

    fn note(&mut self, event: &Event) {
        let sessions = &self.tracker.sessions;
        note::check(event, self.last_event, |key| {
            Some(sessions.get(key)?.session.id)
        });
        self.last_event = event.time;
        self.notes
            .push(note::text(event, self.family, &self.control));
    }

    /// Brings a segment of the control connection.
    pub fn deliver(&mut self, direction: Direction, segment: &Segment) -> Verdict {
        self.deliver_frame(
            &segment.frame(),
            self.control.interfaces[direction as usize],
        )
    }

    /// The three-way handshake.
    pub fn open(&mut self) {
        let syn = self.control.syn();
        self.deliver(FromClient, &syn);
        self.control.next[0] = syn.end();
        let answer = self.control.syn_ack();
        self.deliver(FromServer, &answer);
        self.control.next[1] = answer.end();
        self.acknowledge(FromClient);
    }

    /// The handshake and the greeting.
    pub fn greet(&mut self) {
        self.open();
        self.server("220 ready");
    }

    /// Sends bytes in as many segments as the play wants.
    pub fn say(&mut self, direction: Direction, bytes: &[u8]) {
        let longest = if self.split == 0 {
            bytes.len().max(1)
        } else {
            self.split
        };
        for part in bytes.chunks(longest) {
            self.send(direction, part);
        }
    }

    /// Sends bytes in one segment. If it is dropped, the sender has yet to send it again.
    pub fn send(&mut self, direction: Direction, bytes: &[u8]) -> Verdict {
        let segment = self.control.segment(direction, bytes);
        let verdict = self.deliver(direction, &segment);
        if verdict == Verdict::Pass {
            self.control.next[direction as usize] = segment.end();
        }
        verdict
    }

    /// A line of the client.
    pub fn client(&mut self, line: &str) {
        self.say(FromClient, format!("{line}\r\n").as_bytes());
    }

    /// A line of the server.
    pub fn server(&mut self, line: &str) {
        self.say(FromServer, format!("{line}\r\n").as_bytes());
    }

    /// A command and its reply.
    pub fn ask(&mut self, command: &str, reply: &str) {
        self.client(command);
        self.server(reply);
    }

    /// A segment without payload.
    pub fn acknowledge(&mut self, direction: Direction) {
        let segment = self.control.segment(direction, b"");
        self.deliver(direction, &segment);
    }

    /// The FIN of `direction`.
    pub fn finish(&mut self, direction: Direction) {
        let mut segment = self.control.segment(direction, b"");
        segment.flags |= FIN;
        self.deliver(direction, &segment);
        self.control.next[direction as usize] = segment.end();
    }

    /// The RST of `direction`.
    pub fn reset(&mut self, direction: Direction) {
        let mut segment = self.control.segment(direction, b"");
        segment.flags |= RST;
        self.deliver(direction, &segment);
    }

    /// Bytes of `direction` that go another way: the receiver has them, the tracker does not.
    pub fn lose(&mut self, direction: Direction, bytes: usize) {
        let next = &mut self.control.next[direction as usize];
        *next = next.wrapping_add(bytes as u32);
    }

    /// The family's passive command.
    pub fn passive_command(&self) -> &'static str {
        match self.family {
            Family::V4 => "PASV",
            Family::V6 => "EPSV",
        }
    }

    /// The reply to it.
    pub fn passive_reply(&self, port: u16) -> String {
        let [high, low] = port.to_be_bytes();
        match self.family {
            Family::V4 => format!("227 Entering Passive Mode (192,0,2,1,{high},{low})."),
            Family::V6 => format!("229 Entering Extended Passive Mode (|||{port}|)"),
        }
    }

    /// The family's active command, with `address`.
    pub fn active_command(&self, address: IpAddr, port: u16) -> String {
        let [high, low] = port.to_be_bytes();
        match address {
            IpAddr::V4(v4) => {
                let [a, b, c, d] = v4.octets();
                format!("PORT {a},{b},{c},{d},{high},{low}")
            }
            IpAddr::V6(v6) => format!("EPRT |2|{v6}|{port}|"),
        }
    }

    /// The third host of the family.
    pub fn third(&self) -> IpAddr {
        THIRD_HOSTS[self.family as usize]
    }

    /// The client asks for passive mode, and gets it.
    pub fn passive(&mut self, port: u16) {
        self.client(self.passive_command());
        self.server(&self.passive_reply(port));
    }

    /// The client asks for active mode, and gets it.
    pub fn active(&mut self, port: u16) {
        let command = self.active_command(self.control.client.ip(), port);
        self.ask(&command, "200 done");
    }
}
