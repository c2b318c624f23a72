//! What the tracker has to do, once more and naively: over whole strings, with the standard
//! library's parsers, collections and time to spare. Nothing here is shared with the engine.

mod conversation;
pub mod grammar;
pub mod line;

pub use conversation::Reference;
