//! The FTP tracking engine and everything that the kernel programs and user space must agree on.
//!
//! The crate is `no_std`, allocates nothing, has no `unsafe` of its own and takes the time as an
//! argument, so that one source runs in the kernel, in unit and property tests and in fuzzers.
//! It knows neither packets nor maps. A control connection's bytes go this way:
//!
//! [`sequence`] (each byte once, in order) → [`telnet`] → [`command`] or [`reply`] →
//! [`conversation`] (who asked what, what was answered) → [`expectation`] → [`flow`] → [`event`].
#![no_std]
#![deny(unsafe_code)]

pub mod address;
pub mod attempt;
pub mod client;
pub mod command;
pub mod config;
pub mod conversation;
pub mod ends;
pub mod event;
pub mod expectation;
pub mod extended;
pub mod flow;
pub mod handshake;
pub mod history;
pub mod host_port;
pub mod interface;
pub mod invitation;
pub mod kept;
pub mod kfunc;
pub mod layout;
pub mod number;
pub mod outcome;
pub mod policy;
pub mod prefix;
pub mod reason;
pub mod reply;
pub mod request;
pub mod route;
pub mod rule;
pub mod seat;
pub mod segment;
pub mod sequence;
pub mod session;
pub mod telnet;
pub mod tuple;
pub mod verb;
