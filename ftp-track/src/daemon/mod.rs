//! The daemon: loads the kernel programs, attaches them, expires entries, hands out events.

mod attachment;
mod audience;
mod census;
mod clsact;
mod desk;
mod error;
mod exporter;
mod features;
mod follower;
mod inheritance;
mod interface;
mod journal;
mod link;
mod log;
mod memory;
mod mode;
mod notify;
mod pinned;
mod privilege;
mod programs;
mod pump;
mod remark;
mod requirement;
mod revocation;
mod service;
mod signals;
mod slot;
mod socket;
mod sweep;
mod tc;
mod tracker;
mod verifier;
mod watch;
#[cfg(test)]
mod written;

pub use self::{
    error::Error, log::start as start_log, pinned::clear, service::run, tracker::Ending,
};
