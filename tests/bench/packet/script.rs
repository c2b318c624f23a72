//! What is said before, and the packets that are measured.

use ftp_track_common::tuple::Direction;

use crate::harness::data::{Data, Responder};
use crate::harness::play::{Control, Family, FromClient, FromServer, Play};
use crate::harness::segment::Segment;
use crate::harness::tracker::Tracker;
use crate::other::datagram;
use ftp_track_common::{config::Mode, segment::ACK};

/// How many packets one after the other: all of them fit a window of 64 KiB.
pub const COUNT: u32 = 40;
/// Length of a long segment's payload.
const LONG: usize = 1400;
/// A port for data connections.
const PORT: u16 = 50_000;

/// One row: packets of one kind.
pub struct Script {
    /// The row's name.
    pub name: &'static str,
    /// Who sends them.
    pub direction: Direction,
    packets: Packets,
}

/// What the packets are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Packets {
    /// A datagram that has nothing to do with FTP.
    Datagram,
    /// A segment that has nothing to do with FTP.
    Other,
    /// A segment of an admitted data connection.
    Data,
    /// An acknowledgment of a control connection.
    Acknowledgment,
    /// A command that asks for no data connection.
    Command,
    /// A reply to it.
    Reply,
    /// PORT.
    Port,
    /// The reply that names a port.
    Passive,
    /// Lines of a greeting.
    Banner,
    /// A record of TLS.
    Record,
}

const fn row(name: &'static str, direction: Direction, packets: Packets) -> Script {
    Script {
        name,
        direction,
        packets,
    }
}

/// All rows.
pub const ALL: [Script; 10] = [
    row("UDP", FromServer, Packets::Datagram),
    row("other TCP", FromServer, Packets::Other),
    row("data segment", FromServer, Packets::Data),
    row("control ACK", FromClient, Packets::Acknowledgment),
    row("command", FromClient, Packets::Command),
    row("reply", FromServer, Packets::Reply),
    row("PORT", FromClient, Packets::Port),
    row("227", FromServer, Packets::Passive),
    row("banner, 1400 bytes", FromServer, Packets::Banner),
    row("TLS record, 1400 bytes", FromServer, Packets::Record),
];

impl Script {
    /// The length of each of its frames.
    pub fn frame_length(&self, tracker: &mut Tracker) -> usize {
        tracker.reset(Mode::Enforce);
        self.prepare(&mut Play::new(tracker, Family::V4, 0), 0)[0].len()
    }

    /// Plays what comes before on a new connection, and gives the frames to measure.
    pub fn prepare(&self, play: &mut Play<'_>, connection: u16) -> Vec<Vec<u8>> {
        play.control = Control::new(Family::V4, 40_000 + connection);
        if self.packets == Packets::Banner {
            play.open();
            play.server("220-Welcome");
        } else {
            play.greet();
        }
        let asked = match self.packets {
            Packets::Reply => "NOOP\r\n",
            Packets::Passive => "PASV\r\n",
            _ => "",
        };
        for _ in 0..COUNT {
            if !asked.is_empty() {
                play.send(FromClient, asked.as_bytes());
            }
        }
        match self.packets {
            Packets::Datagram => repeat(datagram(
                play.control.server.ip(),
                play.control.client.ip(),
                LONG,
            )),
            Packets::Other => {
                let mut data = Data::passive(play, PORT);
                data.ends[1].set_port(443);
                repeat(long(&data).frame())
            }
            Packets::Data => {
                play.passive(PORT + connection);
                let mut data = Data::passive(play, PORT + connection);
                data.open(play);
                repeat(long(&data).frame())
            }
            Packets::Acknowledgment => repeat(play.control.segment(FromClient, b"").frame()),
            Packets::Command => self.say(play, b"SIZE download.bin\r\n"),
            Packets::Reply => self.say(play, b"200 NOOP ok.\r\n"),
            Packets::Port => self.say(play, b"PORT 10,0,0,1,195,80\r\n"),
            Packets::Passive => {
                self.say(play, b"227 Entering Passive Mode (192,0,2,1,195,80).\r\n")
            }
            Packets::Banner => {
                let line = format!("220-{}\r\n", "This is a line of the welcome. ".repeat(2));
                let text: Vec<u8> = line.bytes().cycle().take(LONG - 2).collect();
                self.say(play, &[&text[..], b"\r\n"].concat())
            }
            Packets::Record => {
                play.ask("AUTH TLS", "234 go on");
                let cipher = (0..LONG - 5).map(|byte| (byte * 131 % 251) as u8);
                let header = [0x17, 3, 3, 5, 0x73];
                self.say(play, &header.into_iter().chain(cipher).collect::<Vec<_>>())
            }
        }
    }

    /// Segments one behind the other.
    fn say(&self, play: &mut Play<'_>, payload: &[u8]) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        for _ in 0..COUNT {
            let segment = play.control.segment(self.direction, payload);
            play.control.next[self.direction as usize] = segment.end();
            frames.push(segment.frame());
        }
        frames
    }

    /// Bytes that should have been read and were not, if there is anything to read.
    pub fn unread(&self, play: &Play<'_>) -> Option<u32> {
        if self.packets == Packets::Record {
            return None;
        }
        let entry = play.tracker.sessions.get(&play.control.key())?;
        let direction = self.direction as usize;
        let next = entry.session.sequences[direction].next;
        Some(play.control.next[direction].wrapping_sub(next))
    }
}

fn repeat(frame: Vec<u8>) -> Vec<Vec<u8>> {
    vec![frame; COUNT as usize]
}

/// A long segment of the responder.
fn long(data: &Data) -> Segment {
    let mut segment = data.segment(Responder, ACK);
    segment.payload = vec![b'x'; LONG];
    segment
}
