//! Conversations of a fixed number of inputs.

use fastrand::Rng;
use ftp_track_common::tuple::Direction;

use super::{
    line::{self, Asked},
    wire::Wire,
};
use crate::support::{
    agreement,
    connection::{CLIENT_V4, CLIENT_V6, SECOND, SERVER_V4, SERVER_V6},
    transcript::{Transcript, Turn},
};

/// Inputs of a conversation.
pub const INPUTS: u64 = 32;
/// Every such conversation goes through the reference too.
const COMPARED: u64 = 64;

/// Conversations, one after the other.
pub struct Dialogue {
    random: Rng,
    wire: Wire,
    v6: bool,
    asked: Asked,
    client_finished: bool,
    recording: bool,
    /// Expectations made so far.
    pub made: u64,
    /// Which input of the conversation is being sent.
    pub at: u64,
    /// The input itself.
    pub input: Vec<u8>,
    /// Whether to record all conversations.
    pub record: bool,
    /// The last session that was recorded from its start.
    pub transcript: Transcript,
}

impl Default for Dialogue {
    fn default() -> Self {
        Self {
            random: Rng::with_seed(0),
            wire: Wire::open(CLIENT_V4, SERVER_V4),
            v6: false,
            asked: Asked::Nothing,
            client_finished: false,
            recording: false,
            made: 0,
            at: 0,
            input: Vec::new(),
            record: false,
            transcript: Transcript::default(),
        }
    }
}

impl Dialogue {
    /// Plays a conversation; panics if anything does not hold.
    pub fn play(&mut self, seed: u64, conversation: u64) {
        let mixed = seed ^ conversation.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.random = Rng::with_seed(Rng::with_seed(mixed).u64(..));
        let compared = conversation.is_multiple_of(COMPARED);
        self.open(compared || self.record);
        for at in 0..INPUTS {
            self.at = at;
            self.turn();
        }
        self.close();
        if compared {
            let choices: Vec<u8> = (0..self.random.u8(0..40))
                .map(|_| self.random.u8(..))
                .collect();
            agreement::on_transcript(&self.transcript, &choices);
        }
    }

    /// The next session. Of a conversation that is compared, only the first one is.
    fn open(&mut self, recording: bool) {
        self.v6 = self.random.u8(0..4) == 0;
        self.wire = if self.v6 {
            Wire::open(CLIENT_V6, SERVER_V6)
        } else {
            Wire::open(CLIENT_V4, SERVER_V4)
        };
        self.asked = Asked::Nothing;
        self.client_finished = false;
        self.recording = recording;
        if recording {
            self.transcript = Transcript {
                v6: self.v6,
                ..Transcript::default()
            };
        }
    }

    fn close(&mut self) {
        self.wire.close();
        self.made += u64::from(self.wire.session.conversation.expectations);
    }

    fn turn(&mut self) {
        if !self.wire.session.is_readable() && self.random.u8(0..16) != 0 {
            self.close();
            self.open(self.record);
        }
        self.happen();
        let likely = self.random.u8(0..8) != 0;
        let awaits_greeting = self.wire.session.conversation.awaits_greeting();
        let from_server = self.client_finished
            || if awaits_greeting {
                self.random.u8(0..32) != 0
            } else {
                (self.asked != Asked::Nothing) == likely
            };
        self.input.clear();
        let direction = if from_server {
            if awaits_greeting && likely {
                line::greeting(&mut self.random, &mut self.input);
            } else {
                line::server(&mut self.random, self.asked, &mut self.input);
            }
            self.asked = Asked::Nothing;
            Direction::FromServer
        } else {
            self.asked = line::client(&mut self.random, self.v6, &mut self.input);
            Direction::FromClient
        };
        if self.random.u8(0..4) == 0 {
            line::mutate(&mut self.random, &mut self.input);
        }
        self.note(|input| Turn::Bytes(direction, input.to_vec()));
        self.wire.send(&mut self.random, direction, &self.input);
    }

    /// Now and then time goes by, or a side has no more to say.
    fn happen(&mut self) {
        match self.random.u16(..) {
            0..64 => {
                self.note(|_| Turn::Wait(11));
                self.wire.now += 11 * SECOND;
            }
            64..128 if !self.client_finished => {
                self.note(|_| Turn::Fin(Direction::FromClient));
                self.wire.finish(Direction::FromClient);
                self.client_finished = true;
            }
            128..160 => {
                self.note(|_| Turn::Fin(Direction::FromServer));
                self.wire.finish(Direction::FromServer);
            }
            _ => {}
        }
    }

    fn note(&mut self, turn: impl FnOnce(&[u8]) -> Turn) {
        if self.recording {
            self.transcript.push(turn(&self.input));
        }
    }
}
