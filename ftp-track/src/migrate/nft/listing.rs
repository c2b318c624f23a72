//! The text of `nft -a list ruleset`: rules as a person writes them, found by their handles.

use std::collections::HashMap;

use super::Place;

const HANDLE: &str = " # handle ";

/// Every rule's text by its table and handle. A rule whose sets are long has several lines.
pub fn rules(text: &str) -> HashMap<(Place, u64), String> {
    let mut rules = HashMap::new();
    let mut table: Option<Place> = None;
    let mut pending = String::new();
    let mut in_chain = false;
    for line in text.lines().filter(|line| !line.is_empty()) {
        let depth = line.len() - line.trim_start_matches('\t').len();
        let line = line.trim();
        match depth {
            0 => {
                let mut words = line.split(' ').skip(1);
                table = match (line.starts_with("table "), words.next(), words.next()) {
                    (true, Some(family), Some(name)) => Some((family.to_owned(), name.to_owned())),
                    _ => None,
                };
            }
            1 => in_chain = line.starts_with("chain "),
            _ if in_chain => {
                if !pending.is_empty() {
                    pending.push(' ');
                }
                pending.push_str(line);
                let whole = pending.rsplit_once(HANDLE);
                let found = whole.and_then(|(rule, handle)| Some((rule, handle.parse().ok()?)));
                if let (Some(table), Some((rule, handle))) = (&table, found) {
                    rules.insert((table.clone(), handle), rule.to_owned());
                    pending.clear();
                } else if line.starts_with("type ") && line.ends_with(';') {
                    // The chain's own line has no handle.
                    pending.clear();
                }
            }
            _ => {}
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lines_and_tables() {
        let text = "table ip a { # handle 1\n\
                    \tset s { # handle 7\n\
                    \t\ttype inet_service\n\
                    \t}\n\n\
                    \tchain c { # handle 1\n\
                    \t\ttype filter hook forward priority filter; policy drop;\n\
                    \t\ttcp dport { 1, 2,\n\
                    \t\t\t     3 } accept # handle 4\n\
                    \t}\n\
                    }\n\
                    table ip6 a { # handle 2\n\
                    \tchain c { # handle 1\n\
                    \t\tcomment \"# handle 5\" # handle 4\n\
                    \t}\n\
                    }\n";
        let rules = rules(text);
        let rule = |family: &str| rules[&((family.to_owned(), "a".to_owned()), 4)].as_str();
        assert_eq!(rule("ip"), "tcp dport { 1, 2, 3 } accept");
        assert_eq!(rule("ip6"), "comment \"# handle 5\"");
        assert_eq!(rules.len(), 2);
    }
}
