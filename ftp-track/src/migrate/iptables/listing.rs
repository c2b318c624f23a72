//! What `iptables-save` prints.

use std::collections::HashMap;

use super::{super::ports, Change, words::words};

/// A rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// `raw`, `filter`.
    pub table: String,
    /// The chain.
    pub name: String,
    /// The rule's number in its chain, from 1.
    pub number: usize,
    /// The line.
    pub text: String,
    /// The words after the chain.
    words: Vec<String>,
}

/// The rules, in their order.
pub fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut table = String::new();
    let mut counts: HashMap<(String, String), usize> = HashMap::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            table = name.to_owned();
        }
        let mut words = words(line);
        if words.len() < 2 || words[0] != "-A" {
            continue;
        }
        let name = words.remove(1);
        words.remove(0);
        let count = counts.entry((table.clone(), name.clone())).or_default();
        *count += 1;
        lines.push(Line {
            table: table.clone(),
            name,
            number: *count,
            text: line.to_owned(),
            words,
        });
    }
    lines
}

const ESTABLISHED: &str = "ESTABLISHED";

impl Line {
    /// Table and chain.
    pub fn chain(&self) -> (&str, &str) {
        (&self.table, &self.name)
    }

    /// The value of an option.
    fn value(&self, option: &str) -> Option<&str> {
        let at = self.words.iter().position(|word| word == option)?;
        self.words.get(at + 1).map(String::as_str)
    }

    /// Whether the option has a `!` before it.
    pub fn is_negated(&self, option: &str) -> bool {
        let at = self.words.iter().position(|word| word == option);
        at.is_some_and(|at| at > 0 && self.words[at - 1] == "!")
    }

    /// Where it sends what it matches.
    pub fn target(&self) -> Option<&str> {
        self.value("-j").or_else(|| self.value("-g"))
    }

    fn has_match(&self, name: &str) -> bool {
        self.words.windows(2).any(|pair| pair == ["-m", name])
    }

    /// Whether it gives the helper to connections.
    pub fn assigns_ftp(&self) -> bool {
        self.target() == Some("CT")
            && !self.has_match("helper")
            && self.value("--helper").is_some_and(is_ftp)
    }

    /// Whether it asks for the helper by its name.
    pub fn matches_ftp(&self) -> bool {
        self.has_match("helper") && self.value("--helper").is_some_and(is_ftp)
    }

    /// Whether it translates addresses.
    pub fn translates(&self) -> bool {
        self.table == "nat"
            && matches!(
                self.target(),
                Some("MASQUERADE" | "SNAT" | "DNAT" | "REDIRECT" | "NETMAP")
            )
    }

    /// Whether it puts connections into a zone.
    pub fn sets_zone(&self) -> bool {
        let options = ["--zone", "--zone-orig", "--zone-reply"];
        self.target() == Some("CT") && options.iter().any(|option| self.value(option).is_some())
    }

    /// The states that it asks for.
    fn states(&self) -> Vec<&str> {
        let option = ["--ctstate", "--state"]
            .into_iter()
            .find(|option| self.value(option).is_some() && !self.is_negated(option));
        let states = option.and_then(|option| self.value(option));
        states.map_or_else(Vec::new, |states| states.split(',').collect())
    }

    /// Whether it accepts whatever is established.
    pub fn accepts_established(&self) -> bool {
        let others = self.words.iter().enumerate().filter(|(index, word)| {
            let option = index
                .checked_sub(1)
                .map(|before| self.words[before].as_str());
            match option {
                Some("-j" | "--ctstate" | "--state" | "--comment") => false,
                Some("-m") => !matches!(word.as_str(), "conntrack" | "state" | "comment"),
                _ => !matches!(
                    word.as_str(),
                    "-m" | "-j" | "--ctstate" | "--state" | "--comment"
                ),
            }
        });
        self.target() == Some("ACCEPT")
            && self.states().contains(&ESTABLISHED)
            && others.count() == 0
    }

    /// Whether it accepts what is related, and not what is established.
    pub fn accepts_only_related(&self) -> bool {
        let states = self.states();
        self.target() == Some("ACCEPT")
            && states.contains(&"RELATED")
            && !states.contains(&ESTABLISHED)
    }

    /// The destination ports that it names.
    pub fn ports(&self) -> Vec<u16> {
        let options = ["--dport", "--dports"].into_iter();
        options
            .filter(|option| !self.is_negated(option))
            .filter_map(|option| self.value(option))
            .flat_map(ports::list)
            .collect()
    }

    /// The words without the helper, where the CT target does something else too.
    pub fn without_helper(&self) -> Option<Vec<String>> {
        let at = self.words.iter().position(|word| word == "CT")?;
        let (before, options) = self.words.split_at(at + 1);
        let helper = options.iter().position(|word| word == "--helper")?;
        let mut options = options.to_vec();
        options.drain(helper..(helper + 2).min(options.len()));
        (!options.is_empty()).then(|| [before, &options].concat())
    }

    /// Deletes it; it comes back as rule `number`.
    pub fn delete(&self, program: &str, number: usize) -> Change {
        let (place, rule) = (self.place(program), shell_words::join(&self.words));
        let chain = shell_words::quote(&self.name);
        Change::new(
            format!("{place} -D {chain} {rule}"),
            format!("{place} -I {chain} {number} {rule}"),
        )
    }

    /// Puts `rest` in its place, where it is rule `number`.
    pub fn replace(&self, program: &str, number: usize, rest: &[String]) -> Change {
        let command = |words: &[String]| {
            let chain = shell_words::quote(&self.name);
            let rule = shell_words::join(words);
            format!("{} -R {chain} {number} {rule}", self.place(program))
        };
        Change::new(command(rest), command(&self.words))
    }

    fn place(&self, program: &str) -> String {
        format!("{program} -t {}", self.table)
    }
}

/// The kernel calls it `ftp`, and `ftp-2121` where another port was given to the module.
fn is_ftp(name: &str) -> bool {
    name == "ftp" || name.starts_with("ftp-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(rule: &str) -> Line {
        let text = format!("*filter\n-A FORWARD {rule}\n");
        lines(&text).remove(0)
    }

    #[test]
    fn plain_acceptance_of_what_is_established() {
        for (rule, expect) in [
            ("-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", true),
            ("-m state --state ESTABLISHED -j ACCEPT", true),
            (
                "-m conntrack --ctstate ESTABLISHED -m comment --comment state -j ACCEPT",
                true,
            ),
            ("-i lan -m conntrack --ctstate ESTABLISHED -j ACCEPT", false),
            ("-m conntrack ! --ctstate ESTABLISHED -j ACCEPT", false),
            ("-m conntrack --ctstate RELATED -j ACCEPT", false),
            ("-m conntrack --ctstate ESTABLISHED -j DROP", false),
            (
                "-m conntrack --ctstate ESTABLISHED -m helper --helper ftp -j ACCEPT",
                false,
            ),
        ] {
            assert_eq!(line(rule).accepts_established(), expect, "{rule}");
        }
    }

    #[test]
    fn numbers_are_by_table_and_chain() {
        let text =
            "*raw\n:A - [0:0]\n-A A -j X\n-A B -j X\n-A A -j Y\nCOMMIT\n*filter\n-A A -j Z\n";
        let found: Vec<_> = lines(text)
            .iter()
            .map(|line| (line.table.clone(), line.name.clone(), line.number))
            .collect();
        let expect = [
            ("raw", "A", 1),
            ("raw", "B", 1),
            ("raw", "A", 2),
            ("filter", "A", 1),
        ];
        assert_eq!(
            found,
            expect.map(|(t, c, n)| (t.to_owned(), c.to_owned(), n))
        );
    }
}
