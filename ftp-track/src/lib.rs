//! Daemon and command line of ftp-track.
#![deny(unsafe_code)]

pub mod kernel;
