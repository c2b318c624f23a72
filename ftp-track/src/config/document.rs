//! A TOML document that is read key by key, so that everything that is wrong with it is told at once.

use std::{cell::RefCell, collections::BTreeSet, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{suggestion::suggestion, value::Value};

/// What is wrong with a part of the file, and a suggestion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where, in bytes.
    pub at: Range<usize>,
    /// What.
    pub message: String,
}

/// All that is wrong.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Notes one.
    pub fn add(&self, at: Range<usize>, message: impl Into<String>) {
        let message = message.into();
        self.0.borrow_mut().push(Problem { at, message });
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Them, in the order of their places.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.0.into_inner();
        problems.sort_by_key(|problem| problem.at.start);
        problems
    }
}

/// A table whose keys are asked for one by one; the others are unknown.
pub struct Section<'a> {
    table: &'a DeTable<'a>,
    at: Range<usize>,
    problems: &'a Problems,
    asked: BTreeSet<&'static str>,
}

impl<'a> Section<'a> {
    /// The table of a document, or of one of its values.
    pub fn new(table: &'a DeTable<'a>, at: Range<usize>, problems: &'a Problems) -> Self {
        Self {
            table,
            at,
            problems,
            asked: BTreeSet::new(),
        }
    }

    /// Where it is.
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }

    /// The value of `key` and its place. `None` when there is none, or when it is wrong.
    pub fn get<T: Value>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        let value = self.raw(key)?;
        let read = T::read(value, self.problems)?;
        Some(Spanned::new(value.span(), read))
    }

    /// The values of `key`: an array, or a single one. `None` when there is none, or one is wrong.
    pub fn list<T: Value>(&mut self, key: &'static str) -> Option<Vec<Spanned<T>>> {
        let value = self.raw(key)?;
        let read = |value: &Spanned<DeValue<'_>>| {
            let read = T::read(value, self.problems)?;
            Some(Spanned::new(value.span(), read))
        };
        match value.get_ref() {
            DeValue::Array(values) => {
                // All are read, so that all faults are noted.
                let read: Vec<_> = values.iter().map(read).collect();
                read.into_iter().collect()
            }
            _ => Some(vec![read(value)?]),
        }
    }

    /// As [`Self::list`], of which an empty one is wrong; `message` says why.
    pub fn filled<T: Value>(
        &mut self,
        key: &'static str,
        message: &str,
    ) -> Option<Vec<Spanned<T>>> {
        let values = self.list(key)?;
        if values.is_empty() {
            self.problems.add(self.raw(key)?.span(), message);
            return None;
        }
        Some(values)
    }

    /// The tables of `key`, written as `[[key]]`.
    pub fn sections(&mut self, key: &'static str) -> Vec<Section<'a>> {
        let Some(value) = self.raw(key) else {
            return Vec::new();
        };
        let wrong = |at| {
            let message = format!("`{key}` is written as a table of its own: [[{key}]]");
            self.problems.add(at, message);
        };
        let Some(values) = value.get_ref().as_array() else {
            wrong(value.span());
            return Vec::new();
        };
        let section = |value: &'a Spanned<DeValue<'a>>| match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(table, value.span(), self.problems)),
            _ => {
                wrong(value.span());
                None
            }
        };
        values.iter().filter_map(section).collect()
    }

    fn raw(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.insert(key);
        self.table.get(key)
    }

    /// Nothing else is asked for: what is left is unknown.
    pub fn finish(self) {
        let known: Vec<&str> = self.asked.iter().copied().collect();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if !self.asked.contains(name) {
                let meant = suggestion(name, &known);
                let message = format!("there is no key `{name}` here{meant}");
                self.problems.add(key.span(), message);
            }
        }
    }
}

/// Line and column of a byte, from 1.
pub fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |feed| feed + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions() {
        assert_eq!(position("ä = 1\nbc", 0), (1, 1));
        assert_eq!(position("ä = 1\nbc", 3), (1, 3));
        assert_eq!(position("ä = 1\nbc", 7), (2, 1));
        assert_eq!(position("a", 9), (1, 2));
    }
}
