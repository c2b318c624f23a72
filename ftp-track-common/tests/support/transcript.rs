//! Conversations as text, with what is expected of the tracker after each line:
//!
//! ```text
//! < 220 ready
//! > PASV
//! < 227 Entering Passive Mode (192,0,2,1,19,137)
//! = made PASV 5001
//! ! fin server
//! = ended PASV 5001 control_closed
//! ```
//!
//! `>` is the client, `<` the server; each line gets CR LF, one that ends with `$` LF alone, one
//! that ends with `~` nothing. `\xNN`, `\t`, `\r` and `\0` are bytes. `! ipv6` on the first line
//! changes the addresses; `! fin client|server`, `! rst client|server` and `! wait SECONDS` are
//! what they say.

use std::fmt;

use ftp_track_common::tuple::Direction;

use super::connection::{CLIENT_V4, CLIENT_V6, Connection, SECOND, SERVER_V4, SERVER_V6};

/// Something that happens on a control connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Bytes come.
    Bytes(Direction, Vec<u8>),
    /// FIN comes.
    Fin(Direction),
    /// RST comes.
    Rst(Direction),
    /// Seconds go by.
    Wait(u64),
}

/// A conversation.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Transcript {
    /// Over IPv6.
    pub v6: bool,
    /// What happens, in order.
    pub turns: Vec<Turn>,
    /// The notes that each turn is expected to lead to.
    pub expect: Vec<Vec<String>>,
}

impl Transcript {
    /// Reads a transcript; a line that is none of the above is an error.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut transcript = Self::default();
        for line in text.lines().map(str::trim_start) {
            let Some((mark, rest)) = line.split_at_checked(1) else {
                continue;
            };
            let rest = rest.strip_prefix(' ').unwrap_or(rest);
            let turn = match mark {
                ">" => Turn::Bytes(Direction::FromClient, line_bytes(rest)?),
                "<" => Turn::Bytes(Direction::FromServer, line_bytes(rest)?),
                "=" => {
                    let last = transcript.expect.last_mut();
                    last.ok_or("nothing happened yet")?.push(rest.to_owned());
                    continue;
                }
                "!" if rest == "ipv6" => {
                    transcript.v6 = true;
                    continue;
                }
                "!" => event(rest)?,
                _ => return Err(format!("not a line of a transcript: {line}")),
            };
            transcript.push(turn);
        }
        Ok(transcript)
    }

    /// Appends a turn that leads to nothing.
    pub fn push(&mut self, turn: Turn) {
        self.turns.push(turn);
        self.expect.push(Vec::new());
    }

    /// A fresh connection for it.
    pub fn connection(&self) -> Connection {
        if self.v6 {
            Connection::established(CLIENT_V6, SERVER_V6)
        } else {
            Connection::established(CLIENT_V4, SERVER_V4)
        }
    }

    /// Plays it with one segment for each turn; gives the notes of each turn.
    pub fn play(&self) -> Vec<Vec<String>> {
        let mut connection = self.connection();
        let play = |turn: &Turn| {
            turn.happen(&mut connection);
            connection.take_notes()
        };
        self.turns.iter().map(play).collect()
    }
}

impl fmt::Display for Transcript {
    /// The text of the turns, to be read by [`Transcript::parse`] again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.v6 {
            writeln!(f, "! ipv6")?;
        }
        for turn in &self.turns {
            let (mark, text) = match turn {
                Turn::Bytes(Direction::FromClient, bytes) => (">", line_text(bytes)),
                Turn::Bytes(Direction::FromServer, bytes) => ("<", line_text(bytes)),
                Turn::Fin(direction) => ("!", format!("fin {}", side_name(*direction))),
                Turn::Rst(direction) => ("!", format!("rst {}", side_name(*direction))),
                Turn::Wait(seconds) => ("!", format!("wait {seconds}")),
            };
            writeln!(f, "{mark} {text}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

fn side_name(direction: Direction) -> &'static str {
    match direction {
        Direction::FromClient => "client",
        Direction::FromServer => "server",
    }
}

impl Turn {
    /// Makes it happen; bytes come in one segment.
    pub fn happen(&self, connection: &mut Connection) {
        match self {
            Self::Bytes(direction, bytes) => {
                connection.send(*direction, bytes);
            }
            Self::Fin(direction) => {
                connection.finish(*direction);
            }
            Self::Rst(direction) => {
                connection.reset(*direction);
            }
            Self::Wait(seconds) => connection.now += seconds * SECOND,
        }
    }
}

fn event(text: &str) -> Result<Turn, String> {
    let (name, argument) = text.split_once(' ').ok_or("an event without argument")?;
    let side = match argument {
        "client" => Some(Direction::FromClient),
        "server" => Some(Direction::FromServer),
        _ => None,
    };
    match (name, side) {
        ("fin", Some(direction)) => Ok(Turn::Fin(direction)),
        ("rst", Some(direction)) => Ok(Turn::Rst(direction)),
        ("wait", None) => match argument.parse() {
            Ok(seconds) => Ok(Turn::Wait(seconds)),
            Err(error) => Err(format!("{argument}: {error}")),
        },
        _ => Err(format!("no such event: {text}")),
    }
}

/// The bytes of a line, with its line end.
fn line_bytes(text: &str) -> Result<Vec<u8>, String> {
    let (text, end) = match text.split_at_checked(text.len().wrapping_sub(1)) {
        Some((rest, "~")) => (rest, ""),
        Some((rest, "$")) => (rest, "\n"),
        _ => (text, "\r\n"),
    };
    let mut bytes = unescape(text)?;
    bytes.extend_from_slice(end.as_bytes());
    Ok(bytes)
}

/// The text for `bytes`, so that [`line_bytes`] gives them again.
fn line_text(bytes: &[u8]) -> String {
    let (bytes, end) = if let Some(line) = bytes.strip_suffix(b"\r\n") {
        (line, "")
    } else if let Some(line) = bytes.strip_suffix(b"\n") {
        (line, "$")
    } else {
        (bytes, "~")
    };
    let escape = |&byte: &u8| match byte {
        b' '..=b'}' if byte != b'\\' && byte != b'$' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    let text: String = bytes.iter().map(escape).collect();
    text + end
}

/// Resolves `\xNN`, `\t`, `\r` and `\0`.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let (byte, length) = match after.as_bytes().first() {
            Some(b't') => (b'\t', 1),
            Some(b'r') => (b'\r', 1),
            Some(b'0') => (0, 1),
            Some(b'x') => {
                let digits = after.get(1..3).ok_or("two digits follow \\x")?;
                let byte = u8::from_str_radix(digits, 16).map_err(|error| error.to_string())?;
                (byte, 3)
            }
            _ => return Err(format!("no such escape: \\{after}")),
        };
        bytes.push(byte);
        rest = &after[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}
