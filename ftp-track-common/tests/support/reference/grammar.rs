//! Numbers and addresses of PORT, EPRT, 227 and 229.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A decimal number of at least one digit, at most `limit`.
pub fn number(text: &[u8], limit: u64) -> Option<u16> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let significant = std::str::from_utf8(text).ok()?.trim_start_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    // Too long for 64 bits is too large as well.
    let value: u64 = significant.parse().ok()?;
    (value <= limit).then_some(value as u16)
}

/// The argument of PORT: six numbers and nothing else.
pub fn host_port(argument: &[u8]) -> Option<(Ipv4Addr, u16)> {
    let mut numbers = Vec::new();
    for (i, part) in argument.split(|&byte| byte == b',').enumerate() {
        let spaces = part.iter().take_while(|&&byte| byte == b' ').count();
        let part = if i == 0 { part } else { &part[spaces..] };
        numbers.push(number(part, 255)? as u8);
    }
    let [a, b, c, d, high, low] = numbers[..] else {
        return None;
    };
    Some((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
}

/// The port of the first good run of six numbers in the text of a 227.
pub fn passive_port(text: &[u8]) -> Option<u16> {
    let mut rest = text;
    loop {
        let start = rest.iter().position(u8::is_ascii_digit)?;
        let (run, after) = take_run(&rest[start..]);
        if run.len() >= 6 {
            let numbers: Vec<_> = run[..6].iter().map(|text| number(text, 255)).collect();
            if let [_, _, _, _, Some(high), Some(low)] = numbers[..]
                && numbers.iter().all(Option::is_some)
            {
                return Some(high * 256 + low);
            }
        }
        rest = after;
    }
}

/// Numbers separated by a comma and any spaces, as many as there are, and what follows.
fn take_run(text: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut run = Vec::new();
    let mut rest = text;
    loop {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        run.push(&rest[..digits]);
        rest = &rest[digits..];
        let Some(after) = rest.strip_prefix(b",") else {
            return (run, rest);
        };
        let spaces = after.iter().take_while(|&&byte| byte == b' ').count();
        if !after.get(spaces).is_some_and(u8::is_ascii_digit) {
            return (run, rest);
        }
        rest = &after[spaces..];
    }
}

/// The argument of EPRT: `<d>family<d>address<d>port<d>`.
pub fn extended_address(argument: &[u8]) -> Option<(IpAddr, u16)> {
    let delimiter = *argument.first().filter(|byte| byte.is_ascii_graphic())?;
    let fields: Vec<&[u8]> = argument.split(|&byte| byte == delimiter).collect();
    let [b"", family, address, port, b""] = fields[..] else {
        return None;
    };
    let address = std::str::from_utf8(address).ok()?;
    let address = match number(family, 255)? {
        1 => IpAddr::V4(dotted(address)?),
        2 => IpAddr::V6(colons(address)?),
        _ => return None,
    };
    Some((address, number(port, 65_535)?))
}

/// A dotted IPv4 address; other than the standard library's, its numbers may have leading zeros.
pub fn dotted(text: &str) -> Option<Ipv4Addr> {
    let parts: Option<Vec<u16>> = text
        .split('.')
        .map(|part| number(part.as_bytes(), 255))
        .collect();
    let [a, b, c, d] = parts?[..] else {
        return None;
    };
    Some(Ipv4Addr::new(a as u8, b as u8, c as u8, d as u8))
}

/// An IPv6 address, by the standard library; numbers of a dotted tail may have leading zeros.
pub fn colons(text: &str) -> Option<Ipv6Addr> {
    let tail = text.rfind(':')? + 1;
    if text[tail..].contains('.') {
        let plain = dotted(&text[tail..])?;
        return format!("{}{plain}", &text[..tail]).parse().ok();
    }
    text.parse().ok()
}

/// The port of the first whole `(<d>family<d>address<d>port<d>)` in the text of a 229; family and
/// address may be missing.
pub fn extended_port(text: &[u8]) -> Option<u16> {
    let ends = (0..text.len()).filter(|&i| text[i] == b')');
    for end in ends {
        let starts = (0..end).filter(|&i| text[i] == b'(');
        for start in starts {
            if let Some(port) = group(&text[start + 1..end]) {
                return Some(port);
            }
        }
    }
    None
}

fn group(inside: &[u8]) -> Option<u16> {
    let (&delimiter, rest) = inside.split_first()?;
    let (&last, fields) = rest.split_last()?;
    if !delimiter.is_ascii_graphic() || last != delimiter {
        return None;
    }
    let fields: Vec<&[u8]> = fields.split(|&byte| byte == delimiter).collect();
    let [family, address, port] = fields[..] else {
        return None;
    };
    let is_address = |byte: &u8| byte.is_ascii_hexdigit() || b".:".contains(byte);
    if !family.iter().all(u8::is_ascii_digit) || !address.iter().all(is_address) {
        return None;
    }
    number(port, 65_535)
}
