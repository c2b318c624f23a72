//! A `[[group]]` of the file: interfaces that are treated alike.

use std::{collections::HashMap, ops::Range};

use toml::Spanned;

use super::{
    InterfaceName, Mode,
    document::{Problems, Section, position},
};

/// The group as it is written.
#[derive(Debug)]
pub struct GroupText {
    at: Range<usize>,
    name: Option<Spanned<String>>,
    interfaces: Vec<Spanned<InterfaceName>>,
    mode: Option<Spanned<Mode>>,
}

/// Interfaces that are treated alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its interfaces, at least one.
    pub interfaces: Vec<InterfaceName>,
    /// What happens to packets that come in by them; `None` is what [`super::Settings::mode`] says.
    pub mode: Option<Mode>,
}

/// The name of the group of the interfaces that are in no `[[group]]`.
pub const GENERAL: &str = "default";

impl GroupText {
    /// Reads it.
    pub fn read(mut section: Section<'_>) -> Self {
        let group = Self {
            at: section.at(),
            name: section.get("name"),
            interfaces: section.list("interfaces").unwrap_or_default(),
            mode: section.get("mode"),
        };
        section.finish();
        group
    }

    fn complete(&self, number: usize) -> Group {
        let name = self.name.as_ref().map(|name| name.get_ref().clone());
        let interfaces = self.interfaces.iter();
        Group {
            name: name.unwrap_or_else(|| number.to_string()),
            interfaces: interfaces.map(|name| name.get_ref().clone()).collect(),
            mode: self.mode.as_ref().map(|mode| *mode.get_ref()),
        }
    }
}

/// All groups: the `general` one first, unless it has no interface. An interface that is in two is
/// noted; `text` is the file.
pub fn complete(
    general: Group,
    groups: &[GroupText],
    text: &str,
    problems: &Problems,
) -> Vec<Group> {
    let mut homes: HashMap<InterfaceName, String> = HashMap::new();
    for name in &general.interfaces {
        homes.insert(name.clone(), "among the general `interfaces`".to_owned());
    }
    let mut names = vec![GENERAL.to_owned()];
    for group in groups {
        if group.interfaces.is_empty() {
            problems.add(group.at.clone(), "a group needs interfaces = [\"IF\"]");
        }
        if let Some(name) = &group.name {
            if names.contains(name.get_ref()) {
                problems.add(name.span(), "another group has that name");
            }
            names.push(name.get_ref().clone());
        }
        let home = format!("in the group in line {}", position(text, group.at.start).0);
        for interface in &group.interfaces {
            let before = homes.insert(interface.get_ref().clone(), home.clone());
            if let Some(before) = before {
                let message = format!("{} is {before} already", interface.get_ref());
                problems.add(interface.span(), message);
            }
        }
    }
    let written = groups.iter().enumerate();
    let mut all: Vec<Group> = written.map(|(i, group)| group.complete(i + 1)).collect();
    if !general.interfaces.is_empty() {
        all.insert(0, general);
    }
    all
}
