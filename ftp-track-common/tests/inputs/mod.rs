//! Very many inputs for the engine, one after the other and without a map around it.
//!
//! An input is a line of either side, made from the grammar and often damaged, in one to three
//! segments that may come twice, overlap or come out of order. A conversation is [`INPUTS`] of
//! them. Everything follows from a seed and the number of the conversation.

mod dialogue;
mod ledger;
mod line;
mod wire;

pub use dialogue::{Dialogue, INPUTS};
