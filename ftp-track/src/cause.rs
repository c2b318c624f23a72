//! An error with its causes.

use std::error::Error;

/// The error and its causes on one line, each said once.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Silent(#[source] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("outer ({0})")]
    struct Telling(#[source] io::Error);

    #[test]
    fn each_once() {
        assert_eq!(chain(&Silent(io::Error::other("inner"))), "outer: inner");
        assert_eq!(chain(&Telling(io::Error::other("inner"))), "outer (inner)");
    }
}
