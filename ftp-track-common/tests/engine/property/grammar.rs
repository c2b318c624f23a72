//! Numbers, addresses and single lines: the engine accepts what the reference accepts.

use proptest::prelude::*;

use super::{line, sample, share};
use crate::support::agreement;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn numbers(text in line::number()) {
        agreement::on_number(text.as_bytes());
    }

    #[test]
    fn addresses(text in line::address()) {
        agreement::on_address(text.as_bytes());
    }

    #[test]
    fn port_commands(text in line::port_command()) {
        agreement::on_command(text.as_bytes());
    }

    #[test]
    fn eprt_commands(text in line::eprt_command()) {
        agreement::on_command(&text);
    }

    #[test]
    fn passive_replies(text in line::passive_reply()) {
        agreement::on_reply(text.as_bytes());
    }

    #[test]
    fn extended_replies(text in line::extended_reply()) {
        agreement::on_reply(text.as_bytes());
    }

    #[test]
    fn arbitrary_lines(bytes in line::bytes()) {
        agreement::on_command(&bytes);
        agreement::on_reply(&bytes);
        agreement::on_address(&bytes);
        agreement::on_number(&bytes);
    }
}

/// Of each generator's values, enough are accepted and enough are not.
#[test]
fn generators_reach_both_sides() {
    let numbers = sample(&line::number(), 1_000);
    let shares = [
        (
            "number",
            share(&numbers, |text| agreement::on_number(text.as_bytes())),
        ),
        ("address", {
            let addresses = sample(&line::address(), 1_000);
            share(&addresses, |text| agreement::on_address(text.as_bytes()))
        }),
        ("PORT", {
            let commands = sample(&line::port_command(), 1_000);
            share(&commands, |text| agreement::on_command(text.as_bytes()))
        }),
        ("EPRT", {
            let commands = sample(&line::eprt_command(), 1_000);
            share(&commands, |text| agreement::on_command(text))
        }),
        ("227", {
            let replies = sample(&line::passive_reply(), 1_000);
            share(&replies, |text| agreement::on_reply(text.as_bytes()))
        }),
        ("229", {
            let replies = sample(&line::extended_reply(), 1_000);
            share(&replies, |text| agreement::on_reply(text.as_bytes()))
        }),
    ];
    for (name, share) in shares {
        assert!((15..=85).contains(&share), "{name}: {share} % are accepted");
    }
}
