//! The text of addresses, compared with the standard library.

use std::net::Ipv6Addr;

use ftp_track_common::address::{Address, FAMILY_V4, FAMILY_V6};

use crate::support::{agreement, connection::address};

const V6: &[&str] = &[
    "::",
    "::1",
    "1::",
    "1::1",
    "2001:db8::1",
    "2001:DB8::aBcD",
    "1:2:3:4:5:6:7:8",
    "0001:0002:0003:0004:0005:0006:0007:0008",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "1::3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "1:2:3:4:5:6::8",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "::1.2.3.4",
    "::ffff:1.2.3.4",
    "64:ff9b::192.0.2.33",
    "1:2:3:4:5:6:1.2.3.4",
    "1:2:3:4:5::1.2.3.4",
    "::2:3:4:5:6:1.2.3.4",
    "1::255.255.255.255",
    "fe80::1:2",
    // None of these is an address.
    "",
    ":",
    ":::",
    "::::",
    "1",
    "1:",
    ":1",
    "1:2",
    ":1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    ":2:3:4:5:6:7:8",
    "::1::",
    "1::2::3",
    "1:::2",
    "1:2:3:4::5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "12345::",
    "00001::",
    "::10000",
    "g::",
    "1::g",
    "1.2.3.4",
    "1.2.3.4::",
    "::1.2.3",
    "::1.2.3.",
    "::.1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.4:5",
    "::1.2.3.256",
    "::1.2.3.a",
    "::a.2.3.4",
    "::1a.2.3.4",
    "::1..3.4",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1:2:3:4:5:6:7::1.2.3.4",
    "1:2:3:4:5:6::1.2.3.4",
    "1:2:3:4:5:1.2.3.4",
    "::1%1",
    "[::1]",
    "::1/64",
    " ::1",
    "::1 ",
    "2001:db8:1",
    "2001.db8::1",
];

#[test]
fn as_the_standard_library_reads_them() {
    for text in V6 {
        let expect = text.parse::<Ipv6Addr>().ok().map(|v6| address(v6.into()));
        let parsed = agreement::parse_address(FAMILY_V6, text.as_bytes());
        assert_eq!(parsed, expect, "{text}");
        agreement::on_address(text.as_bytes());
    }
}

#[test]
fn leading_zeros_in_dotted_numbers() {
    for (text, good) in [
        ("::001.02.3.0004", true),
        ("::00000000000000000000001.2.3.4", true),
        ("::1.2.3.0256", false),
    ] {
        let expect = good.then(|| address("::1.2.3.4".parse().expect("an address")));
        let parsed = agreement::parse_address(FAMILY_V6, text.as_bytes());
        assert_eq!(parsed, expect, "{text}");
        agreement::on_address(text.as_bytes());
    }
}

#[test]
fn v4() {
    for (text, expect) in [
        ("1.2.3.4", Some([1, 2, 3, 4])),
        ("0.0.0.0", Some([0, 0, 0, 0])),
        ("255.255.255.255", Some([255, 255, 255, 255])),
        ("001.02.0003.4", Some([1, 2, 3, 4])),
        ("", None),
        (".", None),
        ("...", None),
        ("1", None),
        ("1.2.3", None),
        ("1.2.3.", None),
        (".1.2.3", None),
        ("1.2.3.4.", None),
        ("1.2.3.4.5", None),
        ("1..2.3", None),
        ("1.2.3.256", None),
        ("256.2.3.4", None),
        ("65537.2.3.4", None),
        ("4294967297.2.3.4", None),
        ("1.2.3.4294967300", None),
        ("1.2.3.-4", None),
        ("1.2.3.4 ", None),
        (" 1.2.3.4", None),
        ("1.2.3.f", None),
        ("a.2.3.4", None),
        ("1,2,3,4", None),
        ("::1.2.3.4", None),
        ("1:2.3.4.5", None),
    ] {
        let parsed = agreement::parse_address(FAMILY_V4, text.as_bytes());
        assert_eq!(parsed, expect.map(Address::from_v4), "{text}");
        agreement::on_address(text.as_bytes());
    }
}

#[test]
fn forms() {
    let v4 = Address::from_v4([10, 1, 2, 3]);
    assert!(v4.is_v4());
    assert_eq!(v4.v4(), Some([10, 1, 2, 3]));
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3];
    assert_eq!(v4.octets(), mapped);
    let v6 = address("2001:db8::a:1".parse().expect("an address"));
    assert!(!v6.is_v4());
    assert_eq!(v6.v4(), None);
    assert_eq!(Address::from_v6(v6.octets()), v6);
    assert!(v6.same(&v6) && !v6.same(&v4));
    assert!(v6.precedes(&v4) != v4.precedes(&v6) && !v4.precedes(&v4));
}
