//! The rules of nftables.

mod expression;
mod listing;
mod ruleset;

use super::{
    Change, Obstacle, Role, Rule,
    change::quoted,
    program::{self, read},
};
use ruleset::{Place, Ruleset};

/// What nftables have to do with the helper.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Nft {
    /// Rules first, then objects, each in the order of the listing.
    pub rules: Vec<Rule>,
    /// Rules that translate addresses.
    pub translations: Vec<String>,
    /// Rules that put connections into a zone.
    pub zones: Vec<String>,
    /// Rules that nft cannot show whole, because iptables made them.
    pub foreign: usize,
}

/// Asks nft, and understands what it says.
pub fn look() -> Result<Nft, Obstacle> {
    let json = program::read("nft", &["-j", "list", "ruleset"])?;
    let text = read("nft", &["-s", "-a", "list", "ruleset"])?;
    understand(&json, &text)
        .map_err(|error| Obstacle::refused("what `nft -j list ruleset` prints", error))
}

fn understand(json: &str, text: &str) -> serde_json::Result<Nft> {
    let ruleset = Ruleset::parse(json)?;
    let texts = listing::rules(text);
    let mut nft = Nft::default();
    for (index, rule) in ruleset.rules.iter().enumerate() {
        let text = texts
            .get(&(rule.table(), rule.handle))
            .map_or("", String::as_str);
        if expression::is_foreign(&rule.expr) {
            nft.foreign += 1;
            continue;
        }
        if expression::translates(&rule.expr) {
            nft.translations.push(format!("{rule}: {text}"));
        }
        if expression::sets_zone(&rule.expr) {
            nft.zones.push(format!("{rule}: {text}"));
        }
        if let Some(found) = examine(&ruleset, index, text) {
            nft.rules.push(found);
        }
    }
    for object in ruleset.helpers.iter().filter(|object| object.is_ftp()) {
        nft.rules.push(Rule {
            role: Role::Object,
            firewall: "nft".to_owned(),
            place: object.to_string(),
            text: object.definition(),
            ports: Vec::new(),
            local: false,
            remove: Some(Change::new(
                format!("nft delete ct helper {}", object.address()),
                format!(
                    "nft add ct helper {} {}",
                    object.address(),
                    quoted(&object.body())
                ),
            )),
            established: None,
        });
    }
    Ok(nft)
}

/// What the rule has to do with the helper, if anything.
fn examine(ruleset: &Ruleset, index: usize, text: &str) -> Option<Rule> {
    let rule = &ruleset.rules[index];
    let assigned = expression::assigned(&rule.expr);
    let matched = expression::matched(&rule.expr);
    let is_ftp = |name: &String| ruleset.is_ftp_object(rule, name);
    let (role, remove) = if assigned.iter().any(is_ftp) {
        let alone = assigned.iter().all(is_ftp);
        let remove = alone.then(|| remove(ruleset, index, text)).flatten();
        (Role::Assigns, remove)
    } else if matched.iter().any(|name| expression::is_ftp(name)) {
        let alone = matched.iter().all(|name| expression::is_ftp(name));
        if alone && expression::accepts(&rule.expr) {
            (Role::Accepts, Some(delete(ruleset, index, text)))
        } else {
            (Role::Mentions, None)
        }
    } else if expression::accepts_only_related(&rule.expr) {
        (Role::Related, None)
    } else {
        return None;
    };
    let established =
        matches!(role, Role::Accepts | Role::Related) && !ruleset.chain_accepts_established(rule);
    if role == Role::Related && !established {
        return None;
    }
    Some(Rule {
        role,
        firewall: "nft".to_owned(),
        place: rule.to_string(),
        text: text.to_owned(),
        ports: expression::ports(&rule.expr, |name| ruleset.is_ftp_object(rule, name)),
        local: ruleset.is_local(rule),
        remove,
        established: established.then(|| accept_established(rule)),
    })
}

/// How to remove the helper from a rule: with the rule if it does nothing else.
fn remove(ruleset: &Ruleset, index: usize, text: &str) -> Option<Change> {
    let rule = &ruleset.rules[index];
    if expression::only_assigns(&rule.expr) {
        return Some(delete(ruleset, index, text));
    }
    let rest = expression::without_assignment(text)?;
    let chain = rule.chain_address();
    let find = format!(
        "nft -s -a list chain {chain} | grep -F {} | grep -o '[0-9]*$' | head -n 1",
        quoted(&format!("{rest} # handle "))
    );
    Some(Change::new(
        format!(
            "nft replace rule {chain} handle {} {}",
            rule.handle,
            quoted(&rest)
        ),
        // A rule that was replaced has a new handle.
        format!(
            "nft replace rule {chain} handle \"$({find})\" {}",
            quoted(text)
        ),
    ))
}

fn delete(ruleset: &Ruleset, index: usize, text: &str) -> Change {
    let rule = &ruleset.rules[index];
    let chain = rule.chain_address();
    let text = quoted(text);
    let undo = match ruleset.kept_before(index) {
        Some(before) => format!("nft add rule {chain} handle {} {text}", before.handle),
        None => format!("nft insert rule {chain} {text}"),
    };
    Change::new(
        format!("nft delete rule {chain} handle {}", rule.handle),
        undo,
    )
}

fn accept_established(rule: &ruleset::ListedRule) -> Change {
    let chain = rule.chain_address();
    let find = "sed -n 's/.*comment \"ftp-track\" # handle //p'";
    Change::new(
        format!(
            "nft insert rule {chain} handle {} 'ct state established accept comment \"ftp-track\"'",
            rule.handle
        ),
        format!("nft delete rule {chain} handle \"$(nft -a list chain {chain} | {find})\""),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = include_str!("../testdata/ruleset.json");
    const TEXT: &str = include_str!("../testdata/ruleset.nft");

    fn found() -> Nft {
        understand(JSON, TEXT).unwrap()
    }

    #[test]
    fn roles() {
        let rules = found().rules;
        let roles: Vec<_> = rules
            .iter()
            .map(|rule| (rule.role, rule.text.as_str(), rule.remove.is_some()))
            .collect();
        assert_eq!(
            roles,
            [
                (
                    Role::Assigns,
                    r#"tcp dport { 21, 2121 } ct helper set "ftp" comment "it's ours""#,
                    true
                ),
                (
                    Role::Assigns,
                    r#"ct helper set tcp dport map { 21 : "ftp", 5061 : "sip" }"#,
                    false
                ),
                (
                    Role::Assigns,
                    r#"iifname "lan" tcp dport 21-22 counter ct helper set "ftp""#,
                    true
                ),
                (
                    Role::Accepts,
                    r#"ct state related ct helper "ftp" accept"#,
                    true
                ),
                (
                    Role::Mentions,
                    r#"ct state related ct helper { "sip", "ftp" } accept"#,
                    false
                ),
                (
                    Role::Assigns,
                    r#"tcp dport 990 ct state new ct helper set "ftp" accept"#,
                    true
                ),
                (Role::Related, "ct state related accept", false),
                (
                    Role::Object,
                    r#"ct helper ftp { type "ftp" protocol tcp; l3proto inet; }"#,
                    true
                ),
            ]
        );
    }

    #[test]
    fn ports() {
        let rules = found().rules;
        let ports: Vec<_> = rules.iter().map(|rule| rule.ports.as_slice()).collect();
        let expect: [&[u16]; 5] = [&[21, 2121], &[21], &[21, 22], &[], &[]];
        assert_eq!(ports[..5], expect);
    }

    #[test]
    fn commands() {
        let rules = found().rules;
        let commands: Vec<_> = rules
            .iter()
            .filter_map(|rule| rule.remove.as_ref())
            .map(|change| (change.apply[0].as_str(), change.undo[0].as_str()))
            .collect();
        assert_eq!(
            commands,
            [
                (
                    "nft delete rule inet firewall assign handle 10",
                    r#"nft insert rule inet firewall assign 'tcp dport { 21, 2121 } ct helper set "ftp" comment "it'\''s ours"'"#
                ),
                (
                    "nft delete rule inet firewall assign handle 14",
                    r#"nft add rule inet firewall assign handle 13 'iifname "lan" tcp dport 21-22 counter ct helper set "ftp"'"#
                ),
                (
                    "nft delete rule inet firewall forward handle 17",
                    r#"nft add rule inet firewall forward handle 16 'ct state related ct helper "ftp" accept'"#
                ),
                (
                    "nft replace rule inet firewall forward handle 20 'tcp dport 990 ct state new accept'",
                    r#"nft replace rule inet firewall forward handle "$(nft -s -a list chain inet firewall forward | grep -F 'tcp dport 990 ct state new accept # handle ' | grep -o '[0-9]*$' | head -n 1)" 'tcp dport 990 ct state new ct helper set "ftp" accept'"#
                ),
                (
                    "nft delete ct helper inet firewall ftp",
                    r#"nft add ct helper inet firewall ftp '{ type "ftp" protocol tcp; l3proto inet; }'"#
                ),
            ]
        );
    }

    #[test]
    fn established_where_nothing_accepts_it() {
        let rules = found().rules;
        let changes: Vec<_> = rules
            .iter()
            .filter_map(|rule| rule.established.as_ref())
            .map(|change| change.apply[0].as_str())
            .collect();
        assert_eq!(
            changes,
            [
                "nft insert rule inet firewall output handle 24 'ct state established accept comment \"ftp-track\"'"
            ]
        );
    }

    #[test]
    fn what_else_matters() {
        let nft = found();
        assert_eq!(
            nft.translations,
            [r#"inet firewall nat handle 25: oifname "wan" masquerade"#]
        );
        assert_eq!(nft.foreign, 1);
        let local: Vec<bool> = nft.rules.iter().map(|rule| rule.local).collect();
        assert_eq!(
            local,
            [false, false, false, false, false, false, true, false]
        );
    }

    #[test]
    fn nonsense_is_no_empty_ruleset() {
        for json in ["", "{}", "{\"nftables\": 1}"] {
            assert!(understand(json, "").is_err(), "{json}");
        }
    }
}
