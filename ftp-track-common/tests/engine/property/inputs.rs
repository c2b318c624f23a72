//! A start of what `cargo xtask fuzz --inputs` does at length.

use crate::inputs::{Dialogue, INPUTS};

#[test]
fn many() {
    let mut dialogue = Dialogue::default();
    let conversations = 200_000 / INPUTS;
    for conversation in 0..conversations {
        dialogue.play(1, conversation);
    }
    // They reach what they are for.
    assert!(dialogue.made > conversations, "only {} made", dialogue.made);
}
