//! The words of a line that iptables-save has written.

/// The words. Double quotes hold a word together; a backslash takes the next character as it is.
///
/// A shell would leave some of the backslashes, so these are not a shell's words.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' => word.get_or_insert_default().extend(characters.next()),
            ' ' if !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (line, expect) in [
            ("", &[][..]),
            ("-A  FORWARD", &["-A", "FORWARD"]),
            (
                r#"--comment "a \"quoted\" it\'s \\ back" -j X"#,
                &["--comment", r#"a "quoted" it's \ back"#, "-j", "X"],
            ),
            (r#"--comment "" -j X"#, &["--comment", "", "-j", "X"]),
        ] {
            assert_eq!(words(line), expect, "{line}");
        }
    }
}
