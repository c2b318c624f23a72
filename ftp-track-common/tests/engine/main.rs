//! Rows and properties of the tracking engine.

mod conversation;
mod grammar;
mod property;
mod stream;

#[path = "../support/mod.rs"]
mod support;
