//! What `nft -j list ruleset` prints (libnftables-json(5)), as far as it matters.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::expression;

#[derive(Deserialize)]
struct Document {
    nftables: Vec<Item>,
}

/// An object with one member, whose name is its kind.
#[derive(Deserialize)]
struct Item {
    rule: Option<ListedRule>,
    chain: Option<Chain>,
    #[serde(rename = "ct helper")]
    helper: Option<HelperObject>,
}

#[derive(Deserialize)]
struct Chain {
    family: String,
    table: String,
    name: String,
    hook: Option<String>,
}

/// A rule.
#[derive(Deserialize)]
pub struct ListedRule {
    pub family: String,
    pub table: String,
    pub chain: String,
    pub handle: u64,
    #[serde(default)]
    pub expr: Vec<Value>,
}

/// The helper as an object, which rules assign by its name.
#[derive(Deserialize)]
pub struct HelperObject {
    family: String,
    table: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    protocol: String,
    l3proto: Option<String>,
}

/// Family and name of a table.
pub type Place = (String, String);

/// All of it.
pub struct Ruleset {
    pub rules: Vec<ListedRule>,
    pub helpers: Vec<HelperObject>,
    chains: Vec<Chain>,
}

impl Ruleset {
    pub fn parse(json: &str) -> serde_json::Result<Self> {
        let document: Document = serde_json::from_str(json)?;
        let mut ruleset = Self {
            rules: Vec::new(),
            helpers: Vec::new(),
            chains: Vec::new(),
        };
        for item in document.nftables {
            ruleset.rules.extend(item.rule);
            ruleset.helpers.extend(item.helper);
            ruleset.chains.extend(item.chain);
        }
        Ok(ruleset)
    }

    /// Whether the rule's table has an object of that name for FTP.
    pub fn is_ftp_object(&self, rule: &ListedRule, name: &str) -> bool {
        self.helpers.iter().any(|object| {
            object.is_ftp()
                && object.name == name
                && (&object.family, &object.table) == (&rule.family, &rule.table)
        })
    }

    /// Whether some rule of the same chain accepts whatever is established.
    pub fn chain_accepts_established(&self, rule: &ListedRule) -> bool {
        self.rules.iter().any(|other| {
            other.chain_address() == rule.chain_address()
                && expression::accepts_established(&other.expr)
        })
    }

    /// Whether the rule's chain is for the gateway's own connections.
    pub fn is_local(&self, rule: &ListedRule) -> bool {
        let chain = self.chains.iter().find(|chain| {
            (&chain.family, &chain.table, &chain.name) == (&rule.family, &rule.table, &rule.chain)
        });
        chain.is_some_and(|chain| matches!(chain.hook.as_deref(), Some("input" | "output")))
    }

    /// The nearest rule before this one in its chain that stays when the helper's are deleted.
    /// They are deleted from first to last and come back from last to first, so that this brings
    /// back the order too.
    pub fn kept_before(&self, index: usize) -> Option<&ListedRule> {
        let chain = self.rules[index].chain_address();
        let before = self.rules[..index].iter().rev();
        before
            .filter(|rule| rule.chain_address() == chain)
            .find(|rule| !self.is_deleted(rule))
    }

    fn is_deleted(&self, rule: &ListedRule) -> bool {
        let assigned = expression::assigned(&rule.expr);
        let matched = expression::matched(&rule.expr);
        let goes = |names: &[String], ftp: &dyn Fn(&String) -> bool| {
            !names.is_empty() && names.iter().all(ftp)
        };
        goes(&assigned, &|name| self.is_ftp_object(rule, name))
            || goes(&matched, &|name| expression::is_ftp(name)) && expression::accepts(&rule.expr)
    }
}

impl ListedRule {
    pub fn table(&self) -> Place {
        (self.family.clone(), self.table.clone())
    }

    /// Family, table and chain, as commands take them.
    pub fn chain_address(&self) -> String {
        format!("{} {} {}", self.family, self.table, self.chain)
    }
}

impl fmt::Display for ListedRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} handle {}", self.chain_address(), self.handle)
    }
}

impl HelperObject {
    pub fn is_ftp(&self) -> bool {
        self.kind == "ftp"
    }

    /// Family, table and name, as commands take them.
    pub fn address(&self) -> String {
        format!("{} {} {}", self.family, self.table, self.name)
    }

    /// What stands in its braces, with them.
    pub fn body(&self) -> String {
        let network = self
            .l3proto
            .as_ref()
            .map(|protocol| format!(" l3proto {protocol};"))
            .unwrap_or_default();
        format!(
            "{{ type \"{}\" protocol {};{network} }}",
            self.kind, self.protocol
        )
    }

    /// As a file has it.
    pub fn definition(&self) -> String {
        format!("ct helper {} {}", self.name, self.body())
    }
}

impl fmt::Display for HelperObject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {} ct helper {}",
            self.family, self.table, self.name
        )
    }
}
