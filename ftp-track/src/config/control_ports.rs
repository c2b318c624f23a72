//! Where FTP control connections arrive, as the file says it.

use std::{num::NonZeroU16, ops::Range};

use ftp_track_common::rule::CONTROL_PORTS;
use toml::Spanned;

use super::{document::Problems, settings::sorted};

/// The ports of a list, sorted, each once.
pub fn numbers(ports: &[Spanned<NonZeroU16>]) -> Vec<u16> {
    sorted(ports.iter().map(|port| *port.get_ref()))
}

/// Notes ports beyond those that a rule holds.
pub fn check_count(ports: &[Spanned<NonZeroU16>], problems: &Problems) {
    let is_too_many = |i: &usize| numbers(&ports[..=*i]).len() > CONTROL_PORTS;
    if let Some(i) = (0..ports.len()).find(is_too_many) {
        let message = format!("there are at most {CONTROL_PORTS} control ports");
        problems.add(ports[i].span(), message);
    }
}

/// Notes ports of a rule that are too many or too few; `at` is the rule.
pub fn check(ports: &[Spanned<NonZeroU16>], at: Range<usize>, problems: &Problems) {
    if ports.is_empty() {
        problems.add(
            at,
            "a rule without control ports is for nothing; leave the list out",
        );
    }
    check_count(ports, problems);
}
