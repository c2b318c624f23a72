//! The tables in the document.

use std::fs;

use anyhow::{Context, Result};

use crate::workspace;

const FILE: &str = "docs/benchmarks.md";

/// Puts a part's table where the last one stands.
pub fn replace(part: &str, machine: &str, table: &str) -> Result<()> {
    let path = workspace::root().join(FILE);
    let before = fs::read_to_string(&path).with_context(|| format!("cannot read {FILE}"))?;
    let table = anstream::adapter::strip_str(table).to_string();
    let after = replaced(&before, part, &format!("{machine}\n\n{table}"));
    let after = after.with_context(|| {
        format!("{FILE} has no place for {part}: write `<!-- {part} -->` and `<!-- end -->`")
    })?;
    fs::write(&path, after).with_context(|| format!("cannot write {FILE}"))
}

/// The document with this text in a part's place; `None` when it has no such place.
fn replaced(document: &str, part: &str, text: &str) -> Option<String> {
    let mark = format!("<!-- {part} -->\n");
    let (head, rest) = document.split_once(&mark)?;
    let (_, tail) = rest.split_once("<!-- end -->")?;
    Some(format!(
        "{head}{mark}```text\n{text}```\n<!-- end -->{tail}"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::part_names;
    use super::*;

    #[test]
    fn one_place_is_replaced() {
        let document = "a\n<!-- x -->\nold\n<!-- end -->\nb\n<!-- y -->\n<!-- end -->\n";
        let after = "a\n<!-- x -->\n```text\nnew\n```\n<!-- end -->\nb\n<!-- y -->\n<!-- end -->\n";
        assert_eq!(replaced(document, "x", "new\n").as_deref(), Some(after));
        assert_eq!(replaced(document, "z", "new\n"), None);
    }

    #[test]
    fn the_document_has_a_place_for_each_part() {
        let document = fs::read_to_string(workspace::root().join(FILE)).unwrap();
        for part in part_names() {
            assert!(replaced(&document, part, "").is_some(), "{part}");
        }
    }
}
