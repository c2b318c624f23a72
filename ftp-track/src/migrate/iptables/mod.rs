//! The rules of iptables and ip6tables, in both of their kinds.

mod listing;
mod words;

use std::{collections::HashMap, path::Path};

use super::{
    Change, Obstacle, Role, Rule,
    kernel::read,
    program::{self},
};
use listing::{Line, lines};

/// What iptables have to do with the helper.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Iptables {
    /// In the order of the listings.
    pub rules: Vec<Rule>,
    /// Rules that translate addresses.
    pub translations: Vec<String>,
    /// Rules that put connections into a zone.
    pub zones: Vec<String>,
}

/// A family's program, and the file in which the kernel names the tables of its older kind.
const FAMILIES: [(&str, &str); 2] = [
    ("iptables", "/proc/net/ip_tables_names"),
    ("ip6tables", "/proc/net/ip6_tables_names"),
];

impl Iptables {
    /// Asks the programs of both families and kinds. `foreign`: nft shows rules of the newer kind,
    /// so that its program is needed.
    pub fn look(foreign: bool, unseen: &mut Vec<Obstacle>) -> Self {
        let mut found = Self::default();
        for (family, tables) in FAMILIES {
            match save(family, "nft", "nf_tables") {
                Ok((program, text)) => found.add(&program, &text),
                // Without a rule that nft cannot show there is nothing of this kind.
                Err(Obstacle::Missing(_)) if !foreign => {}
                Err(obstacle) => unseen.push(obstacle),
            }
            match read(Path::new(tables)) {
                // Without tables there is no rule of this kind, and nothing to ask.
                Ok(names) if names.as_deref().unwrap_or_default().trim().is_empty() => {}
                Ok(_) => match save(family, "legacy", "legacy") {
                    Ok((program, text)) => found.add(&program, &text),
                    Err(obstacle) => unseen.push(obstacle),
                },
                Err(error) => unseen.push(Obstacle::refused(tables, error)),
            }
        }
        found
    }

    fn add(&mut self, program: &str, text: &str) {
        let lines = lines(text);
        let established: Vec<(&str, &str)> = lines
            .iter()
            .filter(|line| line.accepts_established())
            .map(Line::chain)
            .collect();
        let shown = |line: &Line| format!("{program} -t {}: {}", line.table, line.text);
        let translations = lines.iter().filter(|line| line.translates());
        self.translations.extend(translations.map(shown));
        let zones = lines.iter().filter(|line| line.sets_zone());
        self.zones.extend(zones.map(shown));
        // How many rules of a chain are gone already, when they go from first to last.
        let mut gone: HashMap<(&str, &str), usize> = HashMap::new();
        for line in &lines {
            let has_established = established.contains(&line.chain());
            let Some(mut rule) = examine(program, line, has_established) else {
                continue;
            };
            let gone = gone.entry(line.chain()).or_default();
            if matches!(rule.role, Role::Assigns | Role::Accepts) {
                let number = line.number - *gone;
                match line.without_helper() {
                    Some(rest) => rule.remove = Some(line.replace(program, number, &rest)),
                    None => {
                        rule.remove = Some(line.delete(program, number));
                        *gone += 1;
                    }
                }
            }
            self.rules.push(rule);
        }
    }
}

fn examine(program: &str, line: &Line, has_established: bool) -> Option<Rule> {
    let role = if line.assigns_ftp() {
        Role::Assigns
    } else if line.matches_ftp() {
        match line.target() {
            Some("ACCEPT") if !line.is_negated("--helper") => Role::Accepts,
            _ => Role::Mentions,
        }
    } else if line.accepts_only_related() && !has_established {
        Role::Related
    } else {
        return None;
    };
    let established = matches!(role, Role::Accepts | Role::Related) && !has_established;
    Some(Rule {
        role,
        firewall: program.to_owned(),
        place: format!("{} {} rule {}", line.table, line.name, line.number),
        text: line.text.clone(),
        ports: line.ports(),
        local: matches!(line.name.as_str(), "INPUT" | "OUTPUT"),
        remove: None,
        established: established.then(|| accept_established(program, line)),
    })
}

fn accept_established(program: &str, line: &Line) -> Change {
    let rule = "-m conntrack --ctstate ESTABLISHED -m comment --comment ftp-track -j ACCEPT";
    let (table, chain) = (&line.table, &line.name);
    Change::new(
        // First in the chain, so that the numbers of the others do not matter.
        format!("{program} -t {table} -I {chain} {rule}"),
        format!("{program} -t {table} -D {chain} {rule}"),
    )
}

/// What a family's `save` of one kind prints, and the name of the program that changes its rules.
///
/// Distributions call it `iptables-nft-save`, or have one kind only and call it `iptables-save`.
fn save(family: &str, kind: &str, mark: &str) -> Result<(String, String), Obstacle> {
    let special = format!("{family}-{kind}-save");
    match program::read(&special, &[]) {
        Err(Obstacle::Missing(_)) => {}
        other => return other.map(|text| (format!("{family}-{kind}"), text)),
    }
    let plain = format!("{family}-save");
    let version = match program::read(&plain, &["-V"]) {
        Err(Obstacle::Missing(_)) => return Err(Obstacle::Missing(special)),
        other => other?,
    };
    // Before 1.8 there was the older kind only, and it did not say so.
    let is_legacy = !version.contains("nf_tables");
    if is_legacy == (mark == "legacy") {
        Ok((family.to_owned(), program::read(&plain, &[])?))
    } else {
        Err(Obstacle::Missing(special))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = include_str!("../testdata/iptables-save");

    fn found() -> Iptables {
        let mut found = Iptables::default();
        found.add("iptables-nft", TEXT);
        found
    }

    #[test]
    fn roles() {
        let rules = found().rules;
        let roles: Vec<_> = rules
            .iter()
            .map(|rule| (rule.role, rule.place.as_str(), rule.ports.as_slice()))
            .collect();
        assert_eq!(
            roles,
            [
                (Role::Assigns, "raw PREROUTING rule 1", &[21][..]),
                (Role::Assigns, "raw PREROUTING rule 3", &[21, 2121]),
                (Role::Assigns, "raw PREROUTING rule 4", &[990]),
                (Role::Related, "filter INPUT rule 1", &[]),
                (Role::Accepts, "filter FORWARD rule 2", &[]),
                (Role::Mentions, "filter FORWARD rule 3", &[]),
                (Role::Mentions, "filter FORWARD rule 4", &[]),
            ]
        );
    }

    #[test]
    fn commands() {
        let rules = found().rules;
        let changes: Vec<_> = rules
            .iter()
            .filter_map(|rule| rule.remove.as_ref())
            .collect();
        let expect = [
            (
                r#"iptables-nft -t raw -D PREROUTING -p tcp -m tcp --dport 21 -m comment --comment 'a "quoted" it'\''s \ back' -j CT --helper ftp"#,
                r#"iptables-nft -t raw -I PREROUTING 1 -p tcp -m tcp --dport 21 -m comment --comment 'a "quoted" it'\''s \ back' -j CT --helper ftp"#,
            ),
            (
                "iptables-nft -t raw -D PREROUTING -p tcp -m multiport --dports 21,2121 -j CT --helper ftp",
                "iptables-nft -t raw -I PREROUTING 2 -p tcp -m multiport --dports 21,2121 -j CT --helper ftp",
            ),
            (
                "iptables-nft -t raw -R PREROUTING 2 -p tcp -m tcp --dport 990 -j CT --zone 7",
                "iptables-nft -t raw -R PREROUTING 2 -p tcp -m tcp --dport 990 -j CT --helper ftp --zone 7",
            ),
            (
                "iptables-nft -t filter -D FORWARD -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT",
                "iptables-nft -t filter -I FORWARD 2 -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT",
            ),
        ];
        assert_eq!(changes.len(), expect.len(), "{changes:#?}");
        for (change, (apply, undo)) in changes.into_iter().zip(expect) {
            assert_eq!(change, &Change::new(apply.to_owned(), undo.to_owned()));
        }
    }

    #[test]
    fn established_where_nothing_accepts_it() {
        let rules = found().rules;
        let chains: Vec<_> = rules
            .iter()
            .filter(|rule| rule.established.is_some())
            .map(|rule| rule.place.as_str())
            .collect();
        assert_eq!(chains, ["filter INPUT rule 1"]);
    }

    #[test]
    fn what_else_matters() {
        let found = found();
        assert_eq!(
            found.translations,
            ["iptables-nft -t nat: -A POSTROUTING -o wan -j MASQUERADE"]
        );
        assert_eq!(
            found.zones,
            [
                "iptables-nft -t raw: -A PREROUTING -p tcp -m tcp --dport 990 -j CT --helper ftp --zone 7"
            ]
        );
    }
}
