//! The client's lines: one command each (RFC 959, 4.1 and 5.3).

use bytemuck::{Pod, Zeroable};

use crate::{
    address::Address,
    extended::ExtendedAddress,
    host_port::{HostPort, Progress},
    telnet::Telnet,
    verb::{self, Verb},
};

/// What the engine needs to know of a complete command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// An empty line. Some servers answer it, most do not: it is not counted as a command.
    Empty,
    /// PORT with a well-formed address and port.
    Port(Address, u16),
    /// EPRT with a well-formed address and port.
    Eprt(Address, u16),
    /// PORT whose argument does not parse.
    MalformedPort,
    /// EPRT whose argument does not parse.
    MalformedEprt,
    /// PASV.
    Pasv,
    /// EPSV with any argument but ALL; the server judges the argument.
    Epsv,
    /// EPSV ALL (RFC 2428, 4).
    EpsvAll,
    /// AUTH (RFC 2228).
    Auth,
    /// REIN.
    Rein,
    /// QUIT.
    Quit,
    /// ABOR.
    Abor,
    /// Any other verb of FTP.
    Other,
    /// A first word that is no verb of FTP.
    Unknown,
    /// A first word that ends with a colon, as a header of HTTP, SIP or RTSP does.
    Header,
}

const VERB: u8 = 0;
const GAP: u8 = 1;
const ARGUMENT: u8 = 2;
const AFTER_ARGUMENT: u8 = 3;
const BROKEN: u8 = 4;
/// The rest of a line whose start was not seen.
const SKIPPED: u8 = 5;

const ALL: u32 = u32::from_be_bytes([0, b'A', b'L', b'L']);

/// Push parser for the client's side of a control connection.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct CommandLine {
    host_port: HostPort,
    extended: ExtendedAddress,
    verb: u32,
    /// The first letters of EPSV's argument.
    word: u32,
    letters: u8,
    word_letters: u8,
    phase: u8,
    /// The last byte of the first word is a colon.
    colon: u8,
    telnet: Telnet,
}

impl CommandLine {
    /// Takes one byte; true when it ended a line and [`CommandLine::finish`] is due.
    #[inline(always)]
    pub fn feed(&mut self, byte: u8) -> bool {
        let Some(byte) = self.telnet.feed(byte) else {
            return false;
        };
        if byte == b'\n' {
            return true;
        }
        match self.phase {
            VERB => self.feed_verb(byte),
            GAP if is_space(byte) || byte == b'\r' => {}
            GAP | ARGUMENT => {
                self.phase = ARGUMENT;
                self.feed_argument(byte);
            }
            AFTER_ARGUMENT if !is_space(byte) && byte != b'\r' => self.phase = BROKEN,
            _ => {}
        }
        false
    }

    /// Whether nothing changes up to the next line end or Telnet sequence, whatever comes.
    #[inline(always)]
    pub const fn ignores_text(&self) -> bool {
        let text = match self.phase {
            ARGUMENT => {
                self.verb != verb::PORT.0 && self.verb != verb::EPRT.0 && self.verb != verb::EPSV.0
            }
            BROKEN | SKIPPED => true,
            _ => false,
        };
        text && self.telnet.is_between()
    }

    #[inline(always)]
    fn feed_verb(&mut self, byte: u8) {
        if is_space(byte) || byte == b'\r' {
            self.end_verb();
            return;
        }
        self.colon = (byte == b':') as u8;
        if self.letters < 5 {
            self.verb = self.verb << 8 | byte.to_ascii_uppercase() as u32;
            // NUL is no letter: it would look like the padding of a shorter verb.
            self.letters = if byte == 0 { 5 } else { self.letters + 1 };
        }
    }

    #[inline(always)]
    fn end_verb(&mut self) {
        self.phase = GAP;
        if self.letters == 0 || self.letters > 4 {
            self.verb = 0;
            return;
        }
        while self.letters < 4 {
            self.verb <<= 8;
            self.letters += 1;
        }
    }

    #[inline(always)]
    fn feed_argument(&mut self, byte: u8) {
        if self.verb == verb::PORT.0 {
            match self.host_port.feed(byte) {
                Progress::More => {}
                Progress::Complete if is_space(byte) || byte == b'\r' => {
                    self.phase = AFTER_ARGUMENT;
                }
                _ => self.phase = BROKEN,
            }
        } else if self.verb == verb::EPRT.0 {
            if byte == b'\r' {
                self.phase = AFTER_ARGUMENT;
            } else {
                self.extended.feed(byte);
            }
        } else if self.verb == verb::EPSV.0 {
            if is_space(byte) || byte == b'\r' {
                self.phase = AFTER_ARGUMENT;
            } else if self.word_letters < 4 {
                self.word = self.word << 8 | byte.to_ascii_uppercase() as u32;
                self.word_letters += 1;
            }
        }
    }

    /// The command of the line that has just ended; the parser is ready for the next line.
    #[inline(always)]
    pub fn finish(&mut self) -> Command {
        let mut command = Command::Empty;
        self.finish_into(&mut command);
        command
    }

    /// Like [`CommandLine::finish`], into memory of the caller's: a returned enum would pass
    /// through registers that hold nothing for most commands, and the kernel's verifier refuses to
    /// see those moved.
    #[inline(always)]
    pub fn finish_into(&mut self, command: &mut Command) {
        self.classify(command);
        self.restart();
    }

    #[inline(always)]
    fn classify(&mut self, command: &mut Command) {
        if self.phase == VERB && self.letters != 0 {
            self.end_verb();
        }
        let verb = Verb(self.verb);
        if verb == verb::PORT {
            self.port(command);
        } else if verb == verb::EPRT {
            self.eprt(command);
        } else {
            *command = self.plain(verb);
        }
    }

    /// A command without an argument that matters.
    #[inline(always)]
    fn plain(&self, verb: Verb) -> Command {
        let blank = self.letters == 0 && (self.phase == VERB || self.phase == GAP);
        if blank || self.phase == SKIPPED {
            Command::Empty
        } else if verb == verb::PASV {
            Command::Pasv
        } else if verb == verb::EPSV {
            if self.word == ALL && self.word_letters == 3 && self.phase != BROKEN {
                Command::EpsvAll
            } else {
                Command::Epsv
            }
        } else if verb == verb::AUTH {
            Command::Auth
        } else if verb == verb::REIN {
            Command::Rein
        } else if verb == verb::QUIT {
            Command::Quit
        } else if verb == verb::ABOR {
            Command::Abor
        } else if self.verb != 0 && verb.is_known() {
            Command::Other
        } else if self.colon != 0 {
            Command::Header
        } else {
            Command::Unknown
        }
    }

    #[inline(always)]
    fn port(&mut self, command: &mut Command) {
        *command = Command::MalformedPort;
        if self.phase == ARGUMENT && self.host_port.feed(b'\r') != Progress::Complete {
            return;
        }
        if let Some((address, port)) = self.host_port.value()
            && self.phase != BROKEN
        {
            *command = Command::Port(address, port);
        }
    }

    #[inline(always)]
    fn eprt(&mut self, command: &mut Command) {
        *command = Command::MalformedEprt;
        if let Some((address, port)) = self.extended.finish()
            && self.phase != BROKEN
        {
            *command = Command::Eprt(address, port);
        }
    }

    /// Ready for the next line.
    #[inline(always)]
    pub fn restart(&mut self) {
        self.host_port.start();
        self.extended.start();
        self.verb = 0;
        self.word = 0;
        self.letters = 0;
        self.word_letters = 0;
        self.colon = 0;
        self.phase = VERB;
    }

    /// Bytes were lost: what follows is ignored up to and including the next line end.
    #[inline(always)]
    pub fn skip_to_line_end(&mut self) {
        self.restart();
        self.telnet = Telnet::default();
        self.phase = SKIPPED;
    }

    /// Whether the parser stands at the start of a line.
    #[inline(always)]
    pub fn is_at_line_start(&self) -> bool {
        self.phase == VERB && self.letters == 0
    }
}

#[inline(always)]
const fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}
