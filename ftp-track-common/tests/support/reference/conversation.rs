//! Who asked what, and what was answered.

use std::{collections::VecDeque, net::IpAddr};

use ftp_track_common::tuple::Direction;

use super::line::{self, Command, Line};
use crate::support::transcript::Turn;

/// How many commands whose answer matters are remembered.
const REMEMBERED: usize = 32;

/// A command without answer.
struct Asked {
    /// Its name; empty when the answer does not matter.
    name: &'static str,
    port: u16,
    /// Why it makes no expectation whatever the server says.
    refusal: Option<&'static str>,
    /// It would matter, but there were too many.
    forgotten: bool,
}

impl Asked {
    fn matters(&self) -> bool {
        !self.name.is_empty()
    }

    fn is_active(&self) -> bool {
        ["PORT", "EPRT"].contains(&self.name)
    }

    fn is_passive(&self) -> bool {
        ["PASV", "EPSV"].contains(&self.name)
    }

    /// Why it ends what was set up before, if it does.
    fn ends(&self) -> Option<&'static str> {
        match self.name {
            "PORT" | "EPRT" | "PASV" | "EPSV" => Some("replaced"),
            "REIN" => Some("reinitialised"),
            "QUIT" => Some("quit"),
            _ => None,
        }
    }
}

/// What one line led to.
#[derive(Default)]
struct Effects {
    ended: Option<String>,
    refused: Option<String>,
    made: Option<String>,
    counted: Option<&'static str>,
}

/// A control connection from its first byte.
pub struct Reference {
    client: IpAddr,
    unfinished: [Vec<u8>; 2],
    multi_line: Option<u16>,
    greeted: bool,
    spoken: bool,
    epsv_all: bool,
    client_closed: bool,
    /// Nothing more is read: not FTP, encrypted, or closed.
    deaf: bool,
    queue: VecDeque<Asked>,
    pending: Option<(&'static str, u16)>,
    effects: Effects,
    notes: Vec<String>,
}

impl Reference {
    /// The control connection of a client.
    pub fn new(client: IpAddr) -> Self {
        Self {
            client,
            unfinished: [Vec::new(), Vec::new()],
            multi_line: None,
            greeted: false,
            spoken: false,
            epsv_all: false,
            client_closed: false,
            deaf: false,
            queue: VecDeque::new(),
            pending: None,
            effects: Effects::default(),
            notes: Vec::new(),
        }
    }

    /// What happened, in the words of the transcripts.
    pub fn notes(mut self, turns: &[Turn]) -> Vec<String> {
        for turn in turns {
            match turn {
                Turn::Bytes(direction, bytes) => self.bytes(*direction, bytes),
                Turn::Fin(Direction::FromClient) => {
                    self.client_closed = true;
                    self.end_if_over();
                }
                Turn::Fin(Direction::FromServer) => self.end("control_closed"),
                Turn::Rst(_) => self.end("control_reset"),
                Turn::Wait(_) => panic!("the reference has no clock"),
            }
            self.report();
        }
        self.notes
    }

    fn end(&mut self, reason: &'static str) {
        self.void(reason);
        self.deaf = true;
    }

    fn bytes(&mut self, direction: Direction, bytes: &[u8]) {
        if !self.greeted && direction == Direction::FromClient && !bytes.is_empty() {
            self.deaf = true;
        }
        for &byte in bytes {
            if self.deaf {
                return;
            }
            if byte != b'\n' {
                self.unfinished[direction as usize].push(byte);
                continue;
            }
            let line = std::mem::take(&mut self.unfinished[direction as usize]);
            match direction {
                Direction::FromClient => self.command(&line::command(&line)),
                Direction::FromServer => self.line(&line::reply(&line)),
            }
            self.report();
        }
    }

    fn report(&mut self) {
        let effects = std::mem::take(&mut self.effects);
        let counted = effects.counted.map(|reason| format!("counted {reason}"));
        let notes = [effects.ended, effects.refused, effects.made, counted];
        self.notes.extend(notes.into_iter().flatten());
    }

    /// Ends what is pending.
    fn void(&mut self, reason: &'static str) {
        // What is void before anyone heard of it never was.
        if let Some((name, port)) = self.pending.take()
            && self.effects.made.take().is_none()
        {
            self.effects.ended = Some(format!("ended {name} {port} {reason}"));
        }
    }

    fn refuse(&mut self, asked: &Asked, reason: &str) {
        let Asked { name, port, .. } = asked;
        self.effects.refused = Some(format!("refused {name} {port} {reason}"));
    }

    fn command(&mut self, command: &Command) {
        if *command == Command::Blank {
            return;
        }
        if *command == Command::Header || (!self.spoken && *command == Command::Unknown) {
            self.effects.counted = Some("not_ftp");
            self.end("not_ftp");
            return;
        }
        self.spoken = true;
        let mut asked = Asked {
            name: "",
            port: 0,
            refusal: None,
            forgotten: false,
        };
        match *command {
            Command::Active(name, None) => {
                asked.name = name;
                asked.refusal = Some("malformed_command");
            }
            Command::Active(name, Some((host, port))) => {
                asked.name = name;
                asked.port = port;
                if !self.is_client(host) {
                    asked.refusal = Some("bounce");
                } else if port < 1024 {
                    asked.refusal = Some("low_port");
                }
            }
            Command::Named(name) => asked.name = name,
            Command::Blank | Command::Other | Command::Unknown | Command::Header => {}
        }
        if let Some(reason) = asked.refusal {
            self.refuse(&asked, reason);
        }
        let remembered = self.queue.iter().filter(|asked| asked.matters()).count();
        if asked.matters() && remembered == REMEMBERED {
            self.refuse(&asked, "too_many_requests");
            self.effects.counted = Some("too_many_requests");
            asked.name = "";
            asked.forgotten = true;
        }
        self.queue.push_back(asked);
        self.end_if_over();
    }

    fn is_client(&self, host: IpAddr) -> bool {
        host.to_canonical() == self.client
    }

    /// Ends what is pending if the server now gets to a command that does so, or has answered
    /// everything that a client that is gone asked for.
    fn end_if_over(&mut self) {
        match self.queue.front() {
            Some(asked) => {
                if let Some(reason) = asked.ends() {
                    self.void(reason);
                }
            }
            None if self.client_closed => self.void("control_closed"),
            None => {}
        }
    }

    fn line(&mut self, line: &Line) {
        let (code, port) = match (self.multi_line, line) {
            (Some(open), Line::Complete(code, port)) if open == *code => (*code, *port),
            (Some(_), _) => return,
            (None, Line::Complete(code, port)) => (*code, *port),
            (None, Line::Hyphen(code)) => {
                self.multi_line = Some(*code);
                return;
            }
            (None, Line::Other) => {
                self.effects.counted = Some("not_a_reply");
                self.deaf = !self.greeted;
                return;
            }
        };
        self.multi_line = None;
        match code {
            100..200 => {}
            200..300 if !self.greeted => self.greeted = true,
            _ if !self.greeted => {
                self.effects.counted = Some("not_ftp");
                self.deaf = true;
            }
            421 => {
                self.queue.clear();
                self.void("service_closing");
            }
            227 | 229 => self.passive(port),
            _ => self.answer(code),
        }
        if code >= 200 && code != 421 && self.greeted && !self.deaf {
            self.end_if_over();
        }
    }

    /// Whether the command that is answered next may be one that was forgotten.
    fn answers_forgotten(&self) -> bool {
        let remembered = self.queue.front().is_some_and(Asked::matters);
        !remembered && self.queue.iter().any(|asked| asked.forgotten)
    }

    fn passive(&mut self, port: Option<u16>) {
        if self.answers_forgotten() {
            self.queue.pop_front();
            self.effects.counted = Some("too_many_requests");
            return;
        }
        let Some(place) = self.queue.iter().position(Asked::is_passive) else {
            self.effects.counted = Some("unrequested_passive");
            return;
        };
        let mut asked = self
            .queue
            .drain(..=place)
            .next_back()
            .expect("it was found");
        asked.port = port.unwrap_or(0);
        let refusal = match port {
            None => Some("malformed_reply"),
            Some(_) if self.epsv_all && asked.name == "PASV" => Some("after_epsv_all"),
            Some(0..1024) => Some("low_port"),
            Some(_) => None,
        };
        self.settle(&asked, refusal);
    }

    fn settle(&mut self, asked: &Asked, refusal: Option<&'static str>) {
        self.void("replaced");
        match refusal {
            Some(reason) => self.refuse(asked, reason),
            None => {
                self.pending = Some((asked.name, asked.port));
                self.effects.made = Some(format!("made {} {}", asked.name, asked.port));
            }
        }
    }

    fn answer(&mut self, code: u16) {
        if code == 234 && self.answers_forgotten() {
            self.end("secured_by_auth");
            return;
        }
        let ends_abort = code >= 400 || code == 225 || code == 226;
        let waits = self.queue.len() > 1;
        if waits && !ends_abort && self.queue[0].name == "ABOR" {
            self.queue.pop_front();
            self.end_if_over();
        }
        let Some(asked) = self.queue.pop_front() else {
            self.effects.counted = Some("stray_reply");
            return;
        };
        let stray = (asked.is_passive() && code < 400)
            || (asked.is_active() && (code == 225 || code == 226));
        if stray {
            self.effects.counted = Some("stray_reply");
            self.queue.push_front(asked);
        } else if asked.is_passive() {
            self.refuse(&asked, "refused_by_server");
        } else if asked.is_active() {
            self.answer_active(&asked, code);
        } else {
            match (asked.name, code) {
                ("AUTH", 234) => self.end("secured_by_auth"),
                ("EPSV ALL", 200..300) => self.epsv_all = true,
                ("REIN", 200..300) => self.epsv_all = false,
                _ => {}
            }
        }
    }

    fn answer_active(&mut self, asked: &Asked, code: u16) {
        if asked.refusal.is_some() {
            self.void("replaced");
        } else if code >= 300 {
            self.settle(asked, Some("refused_by_server"));
        } else if self.epsv_all {
            self.settle(asked, Some("after_epsv_all"));
        } else {
            self.settle(asked, None);
        }
    }
}
