//! The document: sections with tables of behaviours.

/// The levels of tests, in the order of the columns.
pub const LEVELS: [&str; 3] = ["unit", "table", "namespace"];

/// A test, or a row of one.
#[derive(Debug)]
pub struct Reference {
    /// The file below the level's directory, without its ending.
    pub file: String,
    /// The function's or the row's name.
    pub name: String,
}

/// A behaviour.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// The tests that show it, at each level.
    pub tests: [Vec<Reference>; 3],
}

/// A table with its title.
#[derive(Debug)]
pub struct Section {
    /// The title.
    pub title: String,
    /// The behaviours.
    pub rows: Vec<Row>,
}

/// All of it.
#[derive(Debug)]
pub struct Document {
    /// The sections.
    pub sections: Vec<Section>,
}

impl Document {
    /// Reads the document's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut sections: Vec<Section> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let at = |what: &str| format!("line {}: {what}", number + 1);
            if let Some(title) = line.strip_prefix("## ") {
                sections.push(Section {
                    title: title.to_owned(),
                    rows: Vec::new(),
                });
            } else if line.starts_with("| **") {
                let section = sections.last_mut().ok_or(at("a row before any title"))?;
                section.rows.push(row(line).map_err(|error| at(&error))?);
            } else if line.starts_with('|')
                && !line.starts_with("|---")
                && !line.starts_with("| behaviour ")
            {
                return Err(at("a row begins with `| **name.** sentence`"));
            }
        }
        Ok(Self { sections })
    }

    /// Every test that is named, with its level.
    pub fn references(&self) -> impl Iterator<Item = (usize, &Reference)> {
        let rows = self.sections.iter().flat_map(|section| &section.rows);
        rows.flat_map(|row| {
            let levels = row.tests.iter().enumerate();
            levels.flat_map(|(level, tests)| tests.iter().map(move |test| (level, test)))
        })
    }
}

fn row(line: &str) -> Result<Row, String> {
    let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
    let [behaviour, _source, unit, table, namespace] = cells[..] else {
        return Err(format!("{} cells instead of 5", cells.len()));
    };
    let name = behaviour
        .trim()
        .strip_prefix("**")
        .and_then(|rest| rest.split_once(".**"));
    let (name, sentence) = name.ok_or("a row begins with `| **name.** sentence`")?;
    if sentence.trim().is_empty() {
        return Err(format!("{name} has no sentence"));
    }
    Ok(Row {
        name: name.to_owned(),
        tests: [
            references(unit)?,
            references(table)?,
            references(namespace)?,
        ],
    })
}

/// `file: name`, each in backticks.
fn references(cell: &str) -> Result<Vec<Reference>, String> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted
        .map(|text| {
            let (file, name) = text
                .split_once(": ")
                .ok_or(format!("`{text}` is no `file: name`"))?;
            Ok(Reference {
                file: file.to_owned(),
                name: name.to_owned(),
            })
        })
        .collect()
}

#[test]
fn rows() {
    let text = "## Rule 1: x\n| behaviour | source | unit | table | namespace |\n|---|---|---|---|---|\n\
                | **A name.** A sentence. | RFC 1 | `a/b: c, d: e`, `f: g` |  | `h: i` |\n";
    let document = Document::parse(text).unwrap();
    let row = &document.sections[0].rows[0];
    assert_eq!((row.name.as_str(), row.tests[1].len()), ("A name", 0));
    let named: Vec<_> = document
        .references()
        .map(|(level, test)| (level, test.file.as_str(), test.name.as_str()))
        .collect();
    assert_eq!(named, [(0, "a/b", "c, d: e"), (0, "f", "g"), (2, "h", "i")]);
    for wrong in [
        "| **A.** x | y | z |",
        "| A | x | y | z | a |",
        "| **A.** | x | | | |",
        "| **A.** x | y | `z` |  |  |",
    ] {
        assert!(
            Document::parse(&format!("## T\n{wrong}\n")).is_err(),
            "{wrong}"
        );
    }
}
