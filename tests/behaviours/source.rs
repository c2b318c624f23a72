//! The sources of the tests, as far as their names go.

use std::fs;
use std::path::{Path, PathBuf};

use super::document::Reference;

/// The directories of the levels.
const DIRECTORIES: [&str; 3] = [
    "ftp-track-common/tests/engine",
    "tests/tables",
    "tests/namespaces",
];
/// What the tests are run with.
const HARNESS: &str = "harness/";

/// A test function with its source, up to the next one.
pub struct Test {
    /// The function's name.
    pub name: String,
    text: String,
}

impl Test {
    /// Whether `name` is the function's, or that of one of its rows.
    pub fn is_meant_by(&self, name: &str) -> bool {
        self.name == name || self.text.contains(&format!("\"{name}\""))
    }
}

struct File {
    level: usize,
    name: String,
    text: String,
}

/// The sources of all levels.
pub struct Sources(Vec<File>);

impl Sources {
    /// Reads those below the repository's `root`.
    pub fn below(root: &Path) -> Self {
        let mut files = Vec::new();
        for (level, directory) in DIRECTORIES.iter().enumerate() {
            let directory = root.join(directory);
            let before = files.len();
            for path in rust_files(&directory) {
                let name = path
                    .strip_prefix(&directory)
                    .unwrap_or(&path)
                    .with_extension("");
                let name = name.to_string_lossy();
                let name = name.strip_suffix("/mod").unwrap_or(&name).to_owned();
                if !name.starts_with(HARNESS) {
                    let text = fs::read_to_string(&path).expect("a source that can be read");
                    files.push(File { level, name, text });
                }
            }
            assert!(files.len() > before, "no tests in {}", directory.display());
        }
        Self(files)
    }

    /// Whether there is a test, or a row of one, with this name.
    pub fn has(&self, level: usize, reference: &Reference) -> bool {
        let name = &reference.name;
        let file = self
            .0
            .iter()
            .find(|file| file.level == level && file.name == reference.file);
        file.is_some_and(|file| {
            let function = format!("fn {name}(");
            // Macros make tests from `name: Arguments;` and `Argument: name, name;`.
            let from_macro = [':', ',', ';'].map(|end| format!(" {name}{end}"));
            let row = format!("\"{name}\"");
            let is_identifier = !name.contains(' ');
            file.text.contains(&function)
                || file.text.contains(&row)
                || (is_identifier && from_macro.iter().any(|text| file.text.contains(text)))
        })
    }

    /// Every test with its level and file.
    pub fn tests(&self) -> impl Iterator<Item = (usize, &str, Test)> {
        self.0
            .iter()
            .flat_map(|file| tests(&file.text).map(|test| (file.level, file.name.as_str(), test)))
    }
}

/// The test functions of a source. Those that a macro makes have no name here.
fn tests(text: &str) -> impl Iterator<Item = Test> {
    let parts = text.split("#[test]").skip(1);
    parts.filter_map(|part| {
        let (_, rest) = part.split_once("fn ")?;
        let (name, _) = rest.split_once('(')?;
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_name.then(|| Test {
            name: name.to_owned(),
            text: part.to_owned(),
        })
    })
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(&directory).unwrap_or_else(|error| {
            panic!("{}: {error}", directory.display());
        });
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn names() {
    let text = "#[test]\nfn one() { row(\"a name\") }\n#[test]\nfn $name() {}\n#[test]\n#[ignore]\nfn two() {}";
    let found: Vec<Test> = tests(text).collect();
    let names: Vec<&str> = found.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(names, ["one", "two"]);
    assert!(found[0].is_meant_by("one") && found[0].is_meant_by("a name"));
    assert!(!found[1].is_meant_by("a name"));
}
