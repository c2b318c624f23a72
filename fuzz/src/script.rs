//! The input of the `stream` target: a line that chooses the segments, then a transcript.

use ftp_track_common::tuple::Direction;

use crate::support::transcript::{Transcript, Turn};

/// Longer input only repeats itself.
const LONGEST: usize = 4096;

/// The choices and the transcript in `data`. Everything is one: a line without mark goes on with
/// the side before it.
pub fn read(data: &[u8]) -> Option<(&[u8], Transcript)> {
    if data.len() > LONGEST {
        return None;
    }
    let mut lines = data.split(|&byte| byte == b'\n');
    let choices = lines.next()?;
    let mut transcript = Transcript::default();
    let mut direction = Direction::FromServer;
    let mut client_finished = false;
    for line in lines {
        let line = match line {
            b"! ipv6" => {
                transcript.v6 = true;
                continue;
            }
            b"! fin client" if !client_finished => {
                transcript.push(Turn::Fin(Direction::FromClient));
                client_finished = true;
                continue;
            }
            b"! fin server" | b"! rst server" | b"! rst client" => {
                transcript.push(match line {
                    b"! fin server" => Turn::Fin(Direction::FromServer),
                    b"! rst server" => Turn::Rst(Direction::FromServer),
                    _ => Turn::Rst(Direction::FromClient),
                });
                break;
            }
            [b'>', b' ', rest @ ..] => {
                direction = Direction::FromClient;
                rest
            }
            [b'<', b' ', rest @ ..] => {
                direction = Direction::FromServer;
                rest
            }
            rest => rest,
        };
        if client_finished && direction == Direction::FromClient {
            continue;
        }
        let (line, end): (&[u8], &[u8]) = match line {
            [rest @ .., b'~'] => (rest, b""),
            [rest @ .., b'$'] => (rest, b"\n"),
            rest => (rest, b"\r\n"),
        };
        transcript.push(Turn::Bytes(direction, [line, end].concat()));
    }
    Some((choices, transcript))
}
