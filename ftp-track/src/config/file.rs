//! The configuration file: TOML, read as a whole.

use std::{
    fs,
    num::NonZeroU16,
    path::{Path, PathBuf},
};

use toml::{Spanned, de::DeTable};

use super::{
    Choice, Error, Fault,
    document::{Problems, Section, position},
    enforced::Enforced,
    group::GroupText,
    rule::Rule,
    terms::Terms,
};

/// The file as it is written. Every key may be left out.
#[derive(Debug, Default)]
pub struct File {
    path: PathBuf,
    pub(super) text: String,
    pub(super) choice: Choice,
    pub(super) control_ports: Vec<Spanned<NonZeroU16>>,
    pub(super) enforced: Enforced,
    pub(super) terms: Terms,
    pub(super) groups: Vec<GroupText>,
    pub(super) rules: Vec<Rule>,
    pub(super) problems: Problems,
}

impl File {
    /// Reads the file at `path`. What is wrong with its content is told by
    /// [`super::Settings::complete`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::parse(text, path))
    }

    /// Parses the text of the file at `path`.
    pub fn parse(text: String, path: &Path) -> Self {
        let problems = Problems::default();
        let (table, errors) = DeTable::parse_recoverable(&text);
        for error in &errors {
            problems.add(error.span().unwrap_or_default(), error.message());
        }
        let mut file = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        if errors.is_empty() {
            file.take(Section::new(table.get_ref(), table.span(), &problems));
        }
        Self {
            text,
            problems,
            ..file
        }
    }

    fn take(&mut self, mut section: Section<'_>) {
        let control_ports: Option<Vec<_>> = section.list("control_ports");
        self.enforced = Enforced::read(&mut section);
        self.choice = Choice {
            name: plain(section.get("name")),
            interfaces: plains(section.list("interfaces")),
            control_ports: plains(control_ports.clone()),
            allow_ports: self.enforced.ports().map(Iterator::collect),
            not_tcp: self.enforced.not_tcp(),
            hook: plain(section.get("hook")),
            local: plain(section.get("local")),
            mode: plain(section.get("mode")),
            mark: plain(section.get("mark")),
            keep: plain(section.get("keep")),
            wait_for_interfaces: plain(section.get("wait_for_interfaces")),
            metrics: plain(section.get("metrics")),
            max_sessions: plain(section.get("max_sessions")),
            max_flows: plain(section.get("max_flows")),
        };
        self.control_ports = control_ports.unwrap_or_default();
        self.terms = Terms::read(&mut section);
        self.groups = section
            .sections("group")
            .into_iter()
            .map(GroupText::read)
            .collect();
        self.rules = section
            .sections("rule")
            .into_iter()
            .map(Rule::read)
            .collect();
        section.finish();
    }

    /// The error that tells all `problems`, if there are any.
    pub(super) fn check(&self, problems: Problems) -> Result<(), Error> {
        let faults: Vec<Fault> = problems
            .into_sorted()
            .into_iter()
            .map(|problem| {
                let (line, column) = position(&self.text, problem.at.start);
                Fault {
                    path: self.path.clone(),
                    line,
                    column,
                    message: problem.message,
                }
            })
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(faults))
        }
    }
}

fn plain<T>(value: Option<Spanned<T>>) -> Option<T> {
    value.map(Spanned::into_inner)
}

fn plains<T>(values: Option<Vec<Spanned<T>>>) -> Option<Vec<T>> {
    Some(values?.into_iter().map(Spanned::into_inner).collect())
}
