//! What was perhaps meant.

/// How alike two words have to be (Jaro-Winkler, 0 to 1) to be offered.
const ALIKE: f64 = 0.8;

/// `; did you mean ...?` with the word of `known` that is most like `written`, or nothing.
pub fn suggestion(written: &str, known: &[&str]) -> String {
    let likeness = |word: &&str| (strsim::jaro_winkler(word, written), (*word).to_owned());
    let near = known
        .iter()
        .map(likeness)
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    near.map_or_else(String::new, |(_, word)| format!("; did you mean `{word}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let known = ["observe", "enforce"];
        assert_eq!(suggestion("enforced", &known), "; did you mean `enforce`?");
        assert_eq!(suggestion("obsreve", &known), "; did you mean `observe`?");
        assert_eq!(suggestion("xyz", &known), "");
        assert_eq!(suggestion("", &known), "");
    }
}
