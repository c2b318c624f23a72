//! Generators of single lines: plausible ones, and such that are nearly so.

use proptest::{collection::vec, prelude::*, sample::select};

/// A number around every limit, or what is nearly one.
pub fn number() -> BoxedStrategy<String> {
    prop_oneof![
        4 => (0..300u32).prop_map(|number| number.to_string()),
        2 => (65_500..65_600u32).prop_map(|number| number.to_string()),
        2 => (0..70_000u32).prop_map(|number| number.to_string()),
        1 => any::<u128>().prop_map(|number| number.to_string()),
        1 => (0..512u64).prop_map(|number| (number + (1 << 32)).to_string()),
        1 => (0..12usize, 0..300u32).prop_map(|(zeros, number)| {
            format!("{}{number}", "0".repeat(zeros))
        }),
        1 => select(vec!["", "-1", "+1", " 1", "1 ", "0x10", "1.0", "256", "65535", "65536"])
            .prop_map(str::to_owned),
    ]
    .boxed()
}

/// One of six numbers of an address and port; most are good.
fn octet() -> BoxedStrategy<String> {
    prop_oneof![
        40 => any::<u8>().prop_map(|octet| octet.to_string()),
        2 => any::<u8>().prop_map(|octet| format!("00{octet}")),
        1 => number(),
    ]
    .boxed()
}

fn separator() -> BoxedStrategy<&'static str> {
    prop_oneof![
        60 => Just(","),
        3 => Just(", "),
        1 => select(vec![",  ", " ,", ".", ";", "", ",,", ",\t", ",\r"]),
    ]
    .boxed()
}

/// Numbers and what stands between them.
fn numbers() -> BoxedStrategy<String> {
    let count = prop_oneof![12 => Just(6usize), 1 => 0..9usize];
    count
        .prop_flat_map(|count| vec((octet(), separator()), count))
        .prop_map(|parts| {
            let text: String = parts.iter().flat_map(|(n, s)| [n.as_str(), s]).collect();
            let last = parts.last().map_or(0, |(_, separator)| separator.len());
            text[..text.len() - last].to_owned()
        })
        .boxed()
}

pub fn port_command() -> BoxedStrategy<String> {
    let verb =
        prop_oneof![8 => Just("PORT "), 1 => select(vec!["port\t", "PORT  ", "PORTX ", "PORT"])];
    let end =
        prop_oneof![8 => Just("\r"), 1 => select(vec!["", " \r", "x\r", " x\r", ",\r", "\r\r"])];
    (verb, numbers(), end)
        .prop_map(|(verb, numbers, end)| format!("{verb}{numbers}{end}"))
        .boxed()
}

fn noise() -> BoxedStrategy<String> {
    prop_oneof![
        3 => Just(String::new()),
        3 => select(vec!["Entering Passive Mode (", "ok (", "=", "(", "[", "Mode 1,2 ", "1,2,3,4,5,"])
            .prop_map(str::to_owned),
        2 => select(vec![")", ").", ") 42", " (|||1|)", ",", ",1", ",300", "\r"]).prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
        1 => numbers(),
    ]
    .boxed()
}

pub fn passive_reply() -> BoxedStrategy<String> {
    (noise(), numbers(), noise(), numbers(), noise(), 0..3u8)
        .prop_map(|(a, first, b, second, c, how)| match how {
            0 => format!("227 {a}{first}{b}{second}{c}"),
            _ => format!("227 {a}{first}{b}\r"),
        })
        .boxed()
}

/// An address of either family, or what is nearly one.
pub fn address() -> BoxedStrategy<String> {
    prop_oneof![
        3 => any::<[u8; 4]>().prop_map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
        3 => any::<[u16; 8]>().prop_map(|groups| std::net::Ipv6Addr::from(groups).to_string()),
        2 => vec(select(vec![0u16, 0, 1, 0xffff]), 8).prop_map(|groups| {
            let groups: [u16; 8] = groups.try_into().expect("eight");
            std::net::Ipv6Addr::from(groups).to_string()
        }),
        4 => "(:?[0-9a-fA-F]{1,4}(:[0-9a-f]{1,4}){0,5})?::?([0-9a-f]{1,4}:){0,3}([0-9]{1,3}[.]){0,3}[0-9]{0,3}",
        1 => "[0-9]{1,4}([.][0-9]{1,4}){2,4}",
        3 => "[0-9a-f:.]{0,24}",
    ]
    .boxed()
}

fn delimiter() -> BoxedStrategy<u8> {
    prop_oneof![6 => Just(b'|'), 2 => 33..=126u8, 1 => any::<u8>()].boxed()
}

/// Fields, each behind a delimiter, most with one at the end.
fn fields(fields: Vec<String>, delimiter: u8, closed: bool) -> Vec<u8> {
    let mut text = Vec::new();
    for field in fields {
        text.push(delimiter);
        text.extend_from_slice(field.as_bytes());
    }
    if closed {
        text.push(delimiter);
    }
    text.retain(|&byte| byte != b'\n');
    text
}

fn port_number() -> BoxedStrategy<String> {
    prop_oneof![5 => any::<u16>().prop_map(|port| port.to_string()), 1 => number()].boxed()
}

pub fn eprt_command() -> BoxedStrategy<Vec<u8>> {
    let family =
        prop_oneof![8 => Just("1"), 8 => Just("2"), 1 => select(vec!["", "3", "01", "257"])];
    let end = prop_oneof![8 => Just("\r"), 1 => select(vec!["", " \r", "x", " x", "\rx", "\r \r"])];
    let parts = (family, address(), port_number(), delimiter());
    (parts, end, proptest::bool::weighted(0.95))
        .prop_map(|((family, address, port, delimiter), end, closed)| {
            let parts = vec![family.to_owned(), address, port];
            let mut line = b"EPRT ".to_vec();
            line.extend(fields(parts, delimiter, closed));
            line.extend_from_slice(end.as_bytes());
            line
        })
        .boxed()
}

/// Groups like those of a 229, of which one or none is whole.
pub fn extended_reply() -> BoxedStrategy<String> {
    let inside = prop_oneof![
        6 => Just((String::new(), String::new())),
        1 => ("[0-9]{0,2}", address()),
    ];
    let mark = prop_oneof![6 => Just('|'), 1 => Just('('), 1 => Just(')'), 1 => (33..=126u8).prop_map(char::from)];
    let group = (mark, inside, port_number())
        .prop_map(|(d, (family, address), port)| format!("({d}{family}{d}{address}{d}{port}{d})"));
    let part = prop_oneof![
        4 => group,
        3 => "[(|)0-9 ]{0,8}",
        1 => "[ -~]{0,6}",
        1 => select(vec!["(|||", "((((", "|)", "()", "(||(", "Mode ("]).prop_map(str::to_owned),
    ];
    vec(part, 0..4)
        .prop_map(|parts| format!("229 {}\r", parts.concat()))
        .boxed()
}

/// Anything but a line end, with a liking for what means something.
pub fn bytes() -> BoxedStrategy<Vec<u8>> {
    let byte = prop_oneof![
        2 => any::<u8>(),
        2 => select(b"0123456789,()|. \r\t:".to_vec()),
        1 => select(b"\xff\xff\xff\xf0\xf2\xf4\xfa\xfb\xfe\0".to_vec()),
    ];
    let start = select(vec![
        "",
        "PORT ",
        "EPRT ",
        "EPSV ",
        "PASV",
        "227 ",
        "229 ",
        "2",
        "220-",
        "EPSV ALL",
        "EPRT |2|::",
    ]);
    (start, vec(byte, 0..30))
        .prop_map(|(start, bytes)| {
            let mut line = start.as_bytes().to_vec();
            line.extend(bytes);
            line.retain(|&byte| byte != b'\n');
            line
        })
        .boxed()
}
