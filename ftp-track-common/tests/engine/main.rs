//! Rows and properties of the tracking engine.

mod conversation;
mod grammar;
mod policy;
mod property;
mod stream;

#[path = "../inputs/mod.rs"]
mod inputs;
#[path = "../support/mod.rs"]
mod support;
