//! Commands, and the commands that take them back.

use std::borrow::Cow;

/// Shell commands that change something, and those that change it back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// Done in this order.
    pub apply: Vec<String>,
    /// Done in this order, when all that came after `apply` has been taken back.
    pub undo: Vec<String>,
}

impl Change {
    /// One command each way.
    pub fn new(apply: String, undo: String) -> Self {
        Self {
            apply: vec![apply],
            undo: vec![undo],
        }
    }

    /// This, then `other`; the way back is `other`'s first.
    pub fn then(&mut self, other: Self) {
        self.apply.extend(other.apply);
        self.undo.splice(0..0, other.undo);
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> Cow<'_, str> {
    shell_words::quote(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_in_reverse() {
        let mut change = Change::new("a".into(), "un-a".into());
        change.then(Change::new("b".into(), "un-b".into()));
        assert_eq!(change.apply, ["a", "b"]);
        assert_eq!(change.undo, ["un-b", "un-a"]);
    }
}
