//! The recipes of `docs/firewall.md`, to be run exactly as they stand there.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::lab::{Host, Lab};
use crate::process;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/firewall.md");

/// The blocks in `language` (`nft`, `sh`) of the section headed `section`, in their order.
///
/// # Errors
/// When there are none: a recipe that is not run is worth nothing.
pub fn blocks(section: &str, language: &str) -> Result<Vec<String>> {
    let text = fs::read_to_string(DOCUMENT).with_context(|| DOCUMENT.to_owned())?;
    let found = blocks_of(&text, section, language);
    ensure!(
        !found.is_empty(),
        "{DOCUMENT} has no {language} block in section {section}"
    );
    Ok(found)
}

/// Gives the gateway's nftables the rules of a section, as [`blocks`] has them.
pub fn load(lab: &Lab, section: &str) -> Result<()> {
    for block in blocks(section, "nft")? {
        let mut nft = lab.namespace(Host::Gateway).command("nft");
        process::run_with_input(nft.args(["-f", "-"]), &block)?;
    }
    Ok(())
}

fn blocks_of(text: &str, section: &str, language: &str) -> Vec<String> {
    let (heading, fence) = (format!("## {section}"), format!("```{language}"));
    let lines = text.lines().skip_while(|line| *line != heading).skip(1);
    let mut lines = lines.take_while(|line| !line.starts_with("## "));
    let mut blocks = Vec::new();
    while lines.by_ref().any(|line| line == fence) {
        let block = lines.by_ref().take_while(|line| *line != "```");
        blocks.push(block.flat_map(|line| [line, "\n"]).collect());
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_section() {
        let text = "## a\n```nft\n1\n2\n```\n```sh\n3\n```\n```nft\n4\n```\n## b\n```nft\n5\n```\n";
        assert_eq!(blocks_of(text, "a", "nft"), ["1\n2\n", "4\n"]);
        assert_eq!(blocks_of(text, "a", "sh"), ["3\n"]);
        assert_eq!(blocks_of(text, "b", "nft"), ["5\n"]);
        assert!(blocks_of(text, "c", "nft").is_empty());
    }
}
