//! The daemon: loads the kernel programs, attaches them, expires entries, hands out events.

mod attachment;
mod audience;
mod census;
mod error;
mod interface;
mod journal;
mod link;
mod privilege;
mod programs;
mod pump;
mod requirement;
mod service;
mod slot;
mod sweep;
mod tc;
mod tracker;
mod verifier;
mod watch;

pub use self::{error::Error, journal::start as start_journal, service::run};
