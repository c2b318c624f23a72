//! Whether docs/json.md names every member that is written.

const DOCUMENT: &str = include_str!("../../../docs/json.md");

const SOURCES: [&str; 11] = [
    include_str!("session.rs"),
    include_str!("expectation.rs"),
    include_str!("flow.rs"),
    include_str!("counters.rs"),
    include_str!("status.rs"),
    include_str!("explain/mod.rs"),
    include_str!("explain/note.rs"),
    include_str!("explain/attempt.rs"),
    include_str!("policy.rs"),
    include_str!("rule.rs"),
    include_str!("migration.rs"),
];

/// The public members of types that are serialised.
fn members(source: &str) -> Vec<&str> {
    let types = source.split("#[derive(").skip(1);
    let written = types.filter_map(|text| {
        let (traits, rest) = text.split_once(")]")?;
        let body = rest.split_once("\n}")?.0;
        traits.contains("Serialize").then_some(body)
    });
    let lines = written.flat_map(str::lines);
    lines
        .filter_map(|line| Some(line.trim().strip_prefix("pub ")?.split_once(": ")?.0))
        .collect()
}

#[test]
fn every_member_is_described() {
    let mut count = 0;
    for member in SOURCES.into_iter().flat_map(members) {
        let is_there = DOCUMENT.contains(&format!("`{member}`"))
            || DOCUMENT.contains(&format!("\"{member}\":"));
        assert!(is_there, "docs/json.md does not describe `{member}`");
        count += 1;
    }
    assert!(count > 100, "{count} members were found");
}
