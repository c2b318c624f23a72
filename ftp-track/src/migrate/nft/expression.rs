//! What a rule's expressions do (libnftables-json(5), statements and expressions).

use serde_json::Value;

use super::super::ports;

/// Statements that look, count or write down, and change nothing.
const HARMLESS: &[&str] = &["match", "counter", "log", "limit"];

/// Statements that translate addresses.
const TRANSLATIONS: &[&str] = &["masquerade", "snat", "dnat", "redirect"];

fn statement<'a>(expr: &'a [Value], name: &str) -> Option<&'a Value> {
    expr.iter().find_map(|item| item.get(name))
}

/// Whether iptables made the rule, so that nft does not show all of it.
pub fn is_foreign(expr: &[Value]) -> bool {
    statement(expr, "xt").is_some()
}

/// Whether it translates addresses.
pub fn translates(expr: &[Value]) -> bool {
    TRANSLATIONS
        .iter()
        .any(|name| statement(expr, name).is_some())
}

/// Whether it puts connections into a zone.
pub fn sets_zone(expr: &[Value]) -> bool {
    statement(expr, "mangle").is_some_and(|mangle| mangle["key"]["ct"]["key"] == "zone")
}

/// Whether it accepts.
pub fn accepts(expr: &[Value]) -> bool {
    statement(expr, "accept").is_some()
}

/// Whether it does nothing but assign a helper.
pub fn only_assigns(expr: &[Value]) -> bool {
    let mut names = expr
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|item| item.keys());
    names.all(|name| name == "ct helper" || HARMLESS.contains(&name.as_str()))
}

/// The text of a rule without `ct helper set "NAME"`.
pub fn without_assignment(text: &str) -> Option<String> {
    let (before, after) = text.split_once("ct helper set \"")?;
    let (_, rest) = after.split_once('"')?;
    let words = [before.trim_end(), rest.trim_start()];
    Some(words.join(" ").trim().to_owned())
}

/// Names of the helper objects that it assigns.
pub fn assigned(expr: &[Value]) -> Vec<String> {
    match statement(expr, "ct helper") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(choice) => {
            let pairs = choice.pointer("/map/data/set").and_then(Value::as_array);
            pairs
                .into_iter()
                .flatten()
                .filter_map(|pair| Some(pair.get(1)?.as_str()?.to_owned()))
                .collect()
        }
        None => Vec::new(),
    }
}

/// The match on `left`, for example on `{"ct": {"key": "state"}}`.
fn condition<'a>(expr: &'a [Value], pointer: &str, key: &str) -> Option<&'a Value> {
    let matches = expr.iter().filter_map(|item| item.get("match"));
    matches
        .into_iter()
        .find(|condition| condition.pointer(pointer).and_then(Value::as_str) == Some(key))
}

/// Names of the helpers that it asks for. One that is not a name stands for all others.
pub fn matched(expr: &[Value]) -> Vec<String> {
    let others = || std::iter::once("*".to_owned());
    if let Some(condition) = condition(expr, "/left/ct/key", "helper") {
        let names = words(&condition["right"]).into_iter();
        return if condition["op"] == "!=" {
            names.chain(others()).collect()
        } else {
            names.collect()
        };
    }
    // What a map does with the others is not asked: its rule stays.
    let map = statement(expr, "vmap").filter(|map| map["key"]["ct"]["key"] == "helper");
    let keys = map
        .into_iter()
        .flat_map(|map| elements(&map["data"]))
        .filter_map(|pair| Some(pair[0].as_str()?.to_owned()));
    let names: Vec<String> = keys.collect();
    if names.is_empty() {
        names
    } else {
        names.into_iter().chain(others()).collect()
    }
}

/// The kernel calls it `ftp`, and `ftp-2121` where another port was given to the module.
pub fn is_ftp(name: &str) -> bool {
    name == "ftp" || name.starts_with("ftp-")
}

/// A word, a list, or a set.
fn words(value: &Value) -> Vec<String> {
    let words = elements(value).iter();
    words
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect()
}

/// The states that it asks for, if it does.
fn states(expr: &[Value]) -> Option<Vec<String>> {
    let condition = condition(expr, "/left/ct/key", "state")?;
    (condition["op"] != "!=").then(|| words(&condition["right"]))
}

/// Whether it accepts whatever is established.
pub fn accepts_established(expr: &[Value]) -> bool {
    let conditions = expr.iter().filter(|item| item.get("match").is_some());
    if let Some(map) = statement(expr, "vmap") {
        let pairs = map.pointer("/data/set").and_then(Value::as_array);
        let accepted = |pair: &Value| pair[0] == "established" && pair[1].get("accept").is_some();
        return map["key"]["ct"]["key"] == "state"
            && conditions.count() == 0
            && pairs.into_iter().flatten().any(accepted);
    }
    accepts(expr)
        && conditions.count() == 1
        && states(expr).is_some_and(|states| states.iter().any(|state| state == "established"))
}

/// Whether it accepts what is related, and not what is established.
pub fn accepts_only_related(expr: &[Value]) -> bool {
    let has = |states: &[String], wanted: &str| states.iter().any(|state| state == wanted);
    accepts(expr)
        && states(expr)
            .is_some_and(|states| has(&states, "related") && !has(&states, "established"))
}

/// The destination ports that it names; in a map, those of the objects that `is_ftp` knows.
pub fn ports(expr: &[Value], is_ftp: impl Fn(&str) -> bool) -> Vec<u16> {
    let named = condition(expr, "/left/payload/field", "dport").map(|found| &found["right"]);
    let named = named.into_iter().flat_map(elements).flat_map(port);
    let map = statement(expr, "ct helper").and_then(|choice| choice.pointer("/map/data"));
    let pairs = map.into_iter().flat_map(elements);
    let mapped = pairs
        .filter(|pair| pair[1].as_str().is_some_and(&is_ftp))
        .flat_map(|pair| port(&pair[0]));
    named.chain(mapped).collect()
}

/// The elements of a set or a list, or the one value.
fn elements(value: &Value) -> &[Value] {
    let value = value.get("set").unwrap_or(value);
    value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn port(value: &Value) -> Vec<u16> {
    let number = |value: &Value| u16::try_from(value.as_u64()?).ok();
    match value.get("range") {
        Some(range) => match (number(&range[0]), number(&range[1])) {
            (Some(first), Some(last)) => ports::expand(first..=last),
            _ => Vec::new(),
        },
        None => number(value).into_iter().collect(),
    }
}
