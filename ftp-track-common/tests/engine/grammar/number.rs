//! Decimal numbers: exact, or refused; nothing wraps.

use crate::support::agreement;

struct Row {
    text: &'static str,
    /// With the limit 255.
    octet: Option<u16>,
    /// With the limit 65535.
    port: Option<u16>,
}

const fn row(text: &'static str, octet: Option<u16>, port: Option<u16>) -> Row {
    Row { text, octet, port }
}

const ROWS: &[Row] = &[
    row("", None, None),
    row("0", Some(0), Some(0)),
    row("7", Some(7), Some(7)),
    row("00", Some(0), Some(0)),
    row("007", Some(7), Some(7)),
    row(
        "0000000000000000000000000000000000000255",
        Some(255),
        Some(255),
    ),
    row("255", Some(255), Some(255)),
    row("256", None, Some(256)),
    row("0256", None, Some(256)),
    row("999", None, Some(999)),
    row("1000", None, Some(1000)),
    row("65535", None, Some(65_535)),
    row("065535", None, Some(65_535)),
    row("65536", None, None),
    row("65537", None, None),
    row("65791", None, None),
    row("99999", None, None),
    row("100000", None, None),
    row("131072", None, None),
    row("4294967295", None, None),
    row("4294967296", None, None),
    row("4294967297", None, None),
    row("4294967551", None, None),
    row("4295032832", None, None),
    row("18446744073709551616", None, None),
    row("18446744073709551617", None, None),
    row("340282366920938463463374607431768211457", None, None),
];

#[test]
fn rows() {
    for Row { text, octet, port } in ROWS {
        let number = |limit| agreement::parse_number(text.as_bytes(), limit);
        assert_eq!(number(255), *octet, "{text}");
        assert_eq!(number(65_535), *port, "{text}");
        agreement::on_number(text.as_bytes());
    }
}

#[test]
fn every_number_below_the_limit_and_far_beyond() {
    for value in 0..200_000u64 {
        let text = value.to_string();
        let expect = |limit: u16| u16::try_from(value).ok().filter(|&value| value <= limit);
        for limit in [255, 1023, 65_535] {
            let number = agreement::parse_number(text.as_bytes(), limit);
            assert_eq!(number, expect(limit), "{text}");
        }
    }
}

#[test]
fn any_number_of_digits() {
    for length in 1..400 {
        let zeros = "0".repeat(length);
        assert_eq!(agreement::parse_number(zeros.as_bytes(), 255), Some(0));
        let nines = "9".repeat(length);
        let expect = (length <= 4).then(|| nines.parse().expect("small"));
        assert_eq!(agreement::parse_number(nines.as_bytes(), 65_535), expect);
    }
}
