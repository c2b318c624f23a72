//! How the process ends.

use std::{io, process::ExitCode};

use crate::{cli, config, daemon, instance, manage, map, migrate};

/// The exit status. Scripts rely on the numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// What was asked for was done. Also when the reader of our output had enough (`| head`).
    Success = 0,
    /// It failed.
    Failure = 1,
    /// The command line or the configuration is wrong; nothing was touched.
    Usage = 2,
    /// No tracker of that name runs, or one runs already, or the kernel refused.
    Refused = 3,
}

impl Exit {
    /// The status that an error leads to.
    pub fn of(error: &anyhow::Error) -> Self {
        if error.chain().any(is_reader_gone) {
            return Self::Success;
        }
        if let Some(error) = error.downcast_ref::<daemon::Error>() {
            return error.exit();
        }
        if let Some(error) = error.downcast_ref::<instance::Error>() {
            return error.exit();
        }
        if let Some(error) = error.downcast_ref::<migrate::Error>() {
            return error.exit();
        }
        if error.is::<config::Error>() || error.is::<cli::Misuse>() {
            return Self::Usage;
        }
        if let Some(refusal) = error.downcast_ref::<manage::Refusal>() {
            return match refusal {
                manage::Refusal::Map(_) => Self::Refused,
                _ => Self::Failure,
            };
        }
        if error.is::<map::Error>() {
            return Self::Refused;
        }
        Self::Failure
    }
}

fn is_reader_gone(cause: &(dyn std::error::Error + 'static)) -> bool {
    let inner = cause
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    inner.is_some_and(|error| error.is::<cli::ReaderGone>())
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn rows() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let gone = instance::Error::NotRunning {
            name: instance::Name::default(),
            others: Vec::new(),
        };
        for (name, error, expect) in [
            ("any", anyhow!("no"), Exit::Failure),
            (
                "who read our output",
                anyhow::Error::new(io::Error::new(broken().kind(), cli::ReaderGone))
                    .context("writing"),
                Exit::Success,
            ),
            (
                "a daemon that ends",
                anyhow::Error::new(broken()).context("asking"),
                Exit::Failure,
            ),
            ("disk", anyhow::Error::new(full), Exit::Failure),
            ("not running", gone.into(), Exit::Refused),
            ("usage", config::Error::NoInterface.into(), Exit::Usage),
            ("both", migrate::Error::Conflict.into(), Exit::Failure),
            (
                "not seen",
                migrate::Error::Unseen(String::new()).into(),
                Exit::Refused,
            ),
        ] {
            assert_eq!(Exit::of(&error), expect, "{name}");
        }
    }

    #[test]
    fn numbers() {
        let exits = [Exit::Success, Exit::Failure, Exit::Usage, Exit::Refused];
        assert_eq!(exits.map(|exit| exit as u8), [0, 1, 2, 3]);
    }
}
