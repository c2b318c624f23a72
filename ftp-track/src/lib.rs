//! Daemon and command line of ftp-track.
//!
//! The way of the data: [`config`] → [`daemon`] loads the [`kernel`] programs and keeps their
//! [`map`]s → [`view`] turns maps and events into what people and programs read → [`cli`].
#![deny(unsafe_code)]

pub mod cause;
pub mod cli;
pub mod clock;
pub mod config;
pub mod conntrack;
pub mod control;
pub mod daemon;
pub mod escape;
pub mod exit;
pub mod instance;
pub mod journald;
pub mod kernel;
pub mod manage;
pub mod map;
pub mod metrics;
pub mod migrate;
pub mod record;
mod syscall;
pub mod view;
