//! `docs/behaviours.md` against the tests that it names. Needs no root.

mod document;
mod source;

use document::{Document, LEVELS};
use source::Sources;

const RULES: usize = 17;

fn read() -> (Document, Sources) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let path = format!("{root}/docs/behaviours.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    (document, Sources::below(root.as_ref()))
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn every_test_that_is_named_exists() {
    let (document, sources) = read();
    let mut missing = Vec::new();
    for (level, reference) in document.references() {
        if !sources.has(level, reference) {
            missing.push(format!(
                "{}: `{}: {}`",
                LEVELS[level], reference.file, reference.name
            ));
        }
    }
    assert_none("docs/behaviours.md names tests that do not exist", &missing);
}

#[test]
fn every_rule_is_tested_at_every_level() {
    let (document, _) = read();
    let mut missing = Vec::new();
    for rule in 1..=RULES {
        let title = format!("Rule {rule}:");
        let sections: Vec<_> = document
            .sections
            .iter()
            .filter(|section| section.title.starts_with(&title))
            .collect();
        for (level, name) in LEVELS.iter().enumerate() {
            let rows = sections.iter().flat_map(|section| &section.rows);
            if rows.into_iter().all(|row| row.tests[level].is_empty()) {
                missing.push(format!("rule {rule} has no {name} test"));
            }
        }
    }
    assert_none("docs/behaviours.md has gaps", &missing);
}

#[test]
fn every_test_is_named() {
    let (document, sources) = read();
    let mut missing = Vec::new();
    for (level, file, test) in sources.tests() {
        let named = document.references().any(|(at, reference)| {
            at == level && reference.file == file && test.is_meant_by(&reference.name)
        });
        if !named {
            missing.push(format!("{}: `{file}: {}`", LEVELS[level], test.name));
        }
    }
    assert_none(
        "tests that no row of docs/behaviours.md names; name each, or one of its rows, in the row of \
         the behaviour that it shows",
        &missing,
    );
}

#[test]
fn every_behaviour_has_a_test_and_a_name_of_its_own() {
    let (document, _) = read();
    let rows: Vec<_> = document
        .sections
        .iter()
        .flat_map(|section| section.rows.iter().map(move |row| (&section.title, row)))
        .collect();
    let without = rows
        .iter()
        .filter(|(_, row)| row.tests.iter().all(Vec::is_empty))
        .map(|(_, row)| row.name.clone());
    assert_none("behaviours without a test", &without.collect::<Vec<_>>());
    for (number, (title, row)) in rows.iter().enumerate() {
        let twice = rows[..number]
            .iter()
            .any(|(other, before)| other == title && before.name == row.name);
        assert!(!twice, "{title}: {} is there twice", row.name);
    }
    assert!(rows.len() >= 120, "only {} behaviours", rows.len());
}
