//! A `[[group]]` of the file: interfaces that are treated alike.

use std::{collections::HashMap, ops::Range};

use ftp_track_common::config::PORT_LISTS;
use toml::Spanned;

use super::{
    InterfaceName, Mode, NotTcp, Zone,
    document::{Problems, Section, position},
    enforced::Enforced,
    settings::distinct,
};
use crate::escape;

/// The group as it is written.
#[derive(Debug)]
pub struct GroupText {
    at: Range<usize>,
    name: Option<Spanned<String>>,
    interfaces: Vec<Spanned<InterfaceName>>,
    mode: Option<Spanned<Mode>>,
    enforced: Enforced,
    zone: Option<Spanned<Zone>>,
}

/// Interfaces that are treated alike.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its interfaces, at least one.
    pub interfaces: Vec<InterfaceName>,
    /// What happens to packets that come in by them; `None` is what [`super::Settings::mode`] says.
    pub mode: Option<Mode>,
    /// Where new connections are allowed, sorted; `None` is what [`super::Settings::allow_ports`] says.
    pub allow_ports: Option<Vec<u16>>,
    /// `None` is what [`super::Settings::not_tcp`] says.
    pub not_tcp: Option<NotTcp>,
    /// The conntrack zone of connections that come in by them; 0 is the default one.
    pub zone: u16,
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
            enforced: Enforced::read(&mut section),
            zone: section.get("zone"),
        };
        section.finish();
        group
    }

    fn complete(&self, number: usize) -> Group {
        let name = self.name.as_ref().map(|name| name.get_ref().clone());
        let interfaces = self.interfaces.iter();
        Group {
            name: name.unwrap_or_else(|| number.to_string()),
            interfaces: distinct(interfaces.map(|name| name.get_ref().clone())),
            mode: self.mode(),
            allow_ports: self.enforced.allow_ports(),
            not_tcp: self.enforced.not_tcp(),
            zone: self.zone.as_ref().map_or(0, |zone| zone.get_ref().number()),
        }
    }

    /// The mode that it names, if it does.
    pub fn mode(&self) -> Option<Mode> {
        self.mode.as_ref().map(|mode| *mode.get_ref())
    }

    fn check(&self, problems: &Problems) {
        if let Some(name) = &self.name {
            let text = name.get_ref();
            if text.is_empty() || escape::one_line(text) != *text {
                let message = "a group's name is not empty, and has nothing that steers a terminal";
                problems.add(name.span(), message);
            }
        }
        if let Some(mode) = self.mode().filter(|mode| *mode != Mode::Enforce) {
            self.enforced.refuse(mode, "this group", problems);
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
        group.check(problems);
        let home = format!("in the group in line {}", position(text, group.at.start).0);
        for interface in &group.interfaces {
            let before = homes.insert(interface.get_ref().clone(), home.clone());
            if let Some(before) = before.filter(|before| *before != home) {
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

/// Notes lists of allowed ports beyond those that the kernel programs hold; `general` is one.
pub fn check_lists(general: &[u16], groups: &[GroupText], problems: &Problems) {
    let mut lists = vec![general.to_vec()];
    for group in groups {
        let Some(list) = group
            .enforced
            .allow_ports()
            .filter(|list| !lists.contains(list))
        else {
            continue;
        };
        lists.push(list);
        if lists.len() == PORT_LISTS + 1 {
            let message = format!(
                "there are at most {PORT_LISTS} different lists of allow_ports, the general one \
                 included"
            );
            problems.add(group.at.clone(), message);
        }
    }
}
