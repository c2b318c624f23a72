//! stderr as systemd's journal takes it: a line is a message, and begins with its priority (sd-daemon(3)).

use std::{env, fmt::Display, io};

use nix::sys::stat::fstat;

/// How urgent a message is: the numbers of syslog(3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Priority {
    /// LOG_ERR
    Error = 3,
    /// LOG_WARNING
    Warning = 4,
    /// LOG_INFO
    Information = 6,
    /// LOG_DEBUG
    Debug = 7,
}

impl Priority {
    /// The message with the priority in front of each of its lines.
    pub fn mark(self, message: &str) -> String {
        let number = self as u8;
        let lines = message.lines().map(|line| format!("<{number}>{line}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Whether the journal reads stderr. A variable alone does not say so: it is handed on to processes whose
/// stderr is something else (systemd.exec(5)).
pub fn reads_stderr() -> bool {
    let Ok(stream) = env::var("JOURNAL_STREAM") else {
        return false;
    };
    fstat(io::stderr()).is_ok_and(|stderr| is_stream(&stream, stderr.st_dev, stderr.st_ino))
}

/// `device:inode`, both decimal.
fn is_stream(stream: &str, device: impl Display, inode: impl Display) -> bool {
    stream == format!("{device}:{inode}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams() {
        assert!(is_stream("8:1234", 8, 1234));
        for other in ["8:1235", "9:1234", "8", "", "8:1234:"] {
            assert!(!is_stream(other, 8, 1234), "{other:?}");
        }
    }

    #[test]
    fn every_line_is_marked() {
        assert_eq!(Priority::Warning.mark("one"), "<4>one");
        assert_eq!(Priority::Error.mark("one\ntwo\n"), "<3>one\n<3>two");
    }
}
