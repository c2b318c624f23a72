//! The server's lines: replies of one or more lines (RFC 959, 4.2).

use bytemuck::{Pod, Zeroable};

use crate::{
    extended::ExtendedPort,
    host_port::{HostPort, Progress},
    telnet::Telnet,
};

/// What the engine needs to know of a line of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// The first or an inner line of a multi-line reply: the reply is not over.
    Unfinished,
    /// A line that is no reply although one was due.
    Malformed,
    /// The last line of a reply.
    Final {
        /// The reply code, 100 to 699.
        code: u16,
        /// The port that a 227 or 229 announces; `None` when the text holds none that is whole.
        port: Option<u16>,
    },
}

/// Code of the answer to PASV (RFC 959, 4.2.1).
pub const PASSIVE: u16 = 227;
/// Code of the answer to EPSV (RFC 2428, 3).
pub const EXTENDED_PASSIVE: u16 = 229;

const CODE: u8 = 0;
const SEPARATOR: u8 = 1;
const TEXT: u8 = 2;
/// A line that does not begin with a code and a separator.
const OTHER: u8 = 3;
/// The rest of a line whose start was not seen.
const SKIPPED: u8 = 4;

/// Push parser for the server's side of a control connection.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct ReplyLine {
    host_port: HostPort,
    extended: ExtendedPort,
    code: u16,
    /// The code of the multi-line reply that is open, or 0.
    open: u16,
    digits: u8,
    phase: u8,
    hyphen: u8,
    reserved: u8,
    telnet: Telnet,
}

impl ReplyLine {
    /// Takes one byte; true when it ended a line and [`ReplyLine::finish`] is due.
    #[inline(always)]
    pub fn feed(&mut self, byte: u8) -> bool {
        let Some(byte) = self.telnet.feed(byte) else {
            return false;
        };
        if byte == b'\n' {
            return true;
        }
        match self.phase {
            CODE => self.feed_code(byte),
            SEPARATOR => self.feed_separator(byte),
            TEXT => self.feed_text(byte),
            _ => {}
        }
        false
    }

    /// Whether nothing changes up to the next line end or Telnet sequence, whatever comes.
    #[inline(always)]
    pub const fn ignores_text(&self) -> bool {
        let text = match self.phase {
            CODE | SEPARATOR => false,
            TEXT => self.code != PASSIVE && self.code != EXTENDED_PASSIVE,
            _ => true,
        };
        text && self.telnet.is_between()
    }

    #[inline(always)]
    fn feed_code(&mut self, byte: u8) {
        let lowest = if self.digits == 0 { b'1' } else { b'0' };
        // 6yz are the protected replies of RFC 2228, 5.
        let highest = if self.digits == 0 { b'6' } else { b'9' };
        if byte < lowest || byte > highest {
            self.phase = OTHER;
            return;
        }
        self.code = self.code * 10 + (byte - b'0') as u16;
        self.digits += 1;
        if self.digits == 3 {
            self.phase = SEPARATOR;
        }
    }

    #[inline(always)]
    fn feed_separator(&mut self, byte: u8) {
        self.phase = match byte {
            b' ' | b'\r' => TEXT,
            b'-' => {
                self.hyphen = 1;
                OTHER
            }
            _ => OTHER,
        };
        self.extended.start();
    }

    #[inline(always)]
    fn feed_text(&mut self, byte: u8) {
        if self.code == PASSIVE {
            let _: Progress = self.host_port.feed(byte);
        } else if self.code == EXTENDED_PASSIVE {
            self.extended.feed(byte);
        }
    }

    /// What the line that has just ended was; the parser is ready for the next line.
    #[inline(always)]
    pub fn finish(&mut self) -> Reply {
        let mut reply = Reply::Unfinished;
        self.finish_into(&mut reply);
        reply
    }

    /// Like [`ReplyLine::finish`], into memory of the caller's; why, says
    /// [`crate::command::CommandLine::finish_into`].
    #[inline(always)]
    pub fn finish_into(&mut self, reply: &mut Reply) {
        self.classify(reply);
        self.restart();
    }

    #[inline(always)]
    fn classify(&mut self, reply: &mut Reply) {
        *reply = Reply::Unfinished;
        if self.phase == SKIPPED {
            return;
        }
        // A code and the line end without a separator ends a reply too.
        let ends = self.phase == TEXT || self.phase == SEPARATOR;
        if self.open != 0 {
            if !ends || self.code != self.open {
                return;
            }
            self.open = 0;
        } else if self.hyphen != 0 {
            self.open = self.code;
            return;
        } else if !ends {
            *reply = Reply::Malformed;
            return;
        }
        let code = self.code;
        *reply = Reply::Final { code, port: None };
        if code == PASSIVE {
            let _: Progress = self.host_port.feed(b'\r');
            if let Some((_, port)) = self.host_port.value() {
                let port = Some(port);
                *reply = Reply::Final { code, port };
            }
        } else if code == EXTENDED_PASSIVE
            && let Some(port) = self.extended.value()
        {
            let port = Some(port);
            *reply = Reply::Final { code, port };
        }
    }

    #[inline(always)]
    fn restart(&mut self) {
        self.host_port.start();
        self.extended.start();
        self.code = 0;
        self.digits = 0;
        self.phase = CODE;
        self.hyphen = 0;
    }

    /// Bytes were lost: what follows is ignored up to and including the next line end, and a
    /// multi-line reply that was open is taken to have ended.
    #[inline(always)]
    pub fn skip_to_line_end(&mut self) {
        self.restart();
        self.telnet = Telnet::default();
        self.open = 0;
        self.phase = SKIPPED;
    }
}
