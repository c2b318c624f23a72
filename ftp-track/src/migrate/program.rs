//! Programs that show what a machine has, and what keeps them from it.

use std::{
    env, io,
    process::{Command, Stdio},
};

/// Folders that a login without root's path lacks.
const SYSTEM_FOLDERS: &str = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";

/// Why something could not be looked at.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Obstacle {
    /// There is no such program.
    #[error("{0} is not installed")]
    Missing(String),
    /// It does not show what it should.
    #[error("{what}: {said}")]
    Refused {
        /// The program with its arguments, or the file.
        what: String,
        /// What it said.
        said: String,
    },
}

impl Obstacle {
    /// A file that cannot be read, or text that cannot be understood.
    pub fn refused(what: &str, said: impl ToString) -> Self {
        Self::Refused {
            what: what.to_owned(),
            said: said.to_string(),
        }
    }
}

/// What a program prints. Only for programs that show and change nothing.
pub fn read(program: &str, arguments: &[&str]) -> Result<String, Obstacle> {
    let what = [&[program], arguments].concat().join(" ");
    let path = env::var("PATH").unwrap_or_default();
    let output = Command::new(program)
        .args(arguments)
        .env("PATH", format!("{path}:{SYSTEM_FOLDERS}"))
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let first = said.lines().map(str::trim).find(|line| !line.is_empty());
            Err(Obstacle::refused(
                &what,
                first.map_or_else(|| output.status.to_string(), str::to_owned),
            ))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Obstacle::Missing(program.to_owned()))
        }
        Err(error) => Err(Obstacle::refused(&what, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        assert_eq!(read("echo", &["a", "b"]), Ok("a b\n".to_owned()));
        let missing = read("no-such-program", &[]);
        assert_eq!(missing, Err(Obstacle::Missing("no-such-program".into())));
        let failed = read("sh", &["-c", "echo; echo 'not allowed' >&2; exit 4"]);
        assert!(failed.unwrap_err().to_string().ends_with(": not allowed"));
        let silent = read("false", &[]).unwrap_err().to_string();
        assert_eq!(silent, "false: exit status: 1");
    }
}
