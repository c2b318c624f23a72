//! Lines of both sides as a whole.

use std::net::IpAddr;

use super::grammar;

/// What a line of the client says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    Blank,
    /// PORT or EPRT; `None` when the argument does not parse.
    Active(&'static str, Option<(IpAddr, u16)>),
    /// Another command whose answer matters, by its name; `EPSV ALL` is one.
    Named(&'static str),
    Other,
    Unknown,
    /// `Host:` and the like.
    Header,
}

/// What a line of the server looks like by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// `nnn`, or `nnn` and text, with the port that a 227 or 229 holds.
    Complete(u16, Option<u16>),
    /// `nnn-`.
    Hyphen(u16),
    Other,
}

const NAMED: [&str; 6] = ["PASV", "EPSV", "AUTH", "REIN", "QUIT", "ABOR"];

/// RFC 959; 775; 2228; 2389, 2428, 2640, 3659, 7151; what servers added.
const OTHERS: &str = "\
    USER PASS ACCT CWD CDUP SMNT TYPE STRU MODE RETR STOR STOU APPE ALLO REST RNFR RNTO DELE RMD \
    MKD PWD LIST NLST SITE SYST STAT HELP NOOP XCUP XCWD XMKD XPWD XRMD ADAT PROT PBSZ CCC MIC \
    CONF ENC FEAT OPTS LPRT LPSV LANG MDTM MLSD MLST SIZE HOST CLNT CSID MFMT MFCT MFF HASH RANG \
    AVBL COMB DSIZ THMB XCRC XMD5 XSHA ESTP ESTA";

fn is_blank(byte: &u8) -> bool {
    b" \t\r".contains(byte)
}

fn trim_start(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| is_blank(byte)).count();
    &text[blanks..]
}

fn trim_end(text: &[u8]) -> &[u8] {
    let blanks = text.iter().rev().take_while(|byte| is_blank(byte)).count();
    &text[..text.len() - blanks]
}

/// The command of a line without its LF.
pub fn command(line: &[u8]) -> Command {
    let line = without_telnet(line);
    let end = line.iter().position(is_blank).unwrap_or(line.len());
    let (verb, rest) = line.split_at(end);
    let argument = trim_end(trim_start(rest));
    if verb.is_empty() && argument.is_empty() {
        return Command::Blank;
    }
    let verb = String::from_utf8_lossy(verb).to_ascii_uppercase();
    match verb.as_str() {
        "PORT" => {
            let target = grammar::host_port(argument).map(|(host, port)| (host.into(), port));
            Command::Active("PORT", target)
        }
        "EPRT" => Command::Active("EPRT", grammar::extended_address(argument)),
        "EPSV" if argument.eq_ignore_ascii_case(b"ALL") => Command::Named("EPSV ALL"),
        verb => match NAMED.into_iter().find(|&name| name == verb) {
            Some(name) => Command::Named(name),
            None if OTHERS.split(' ').any(|name| name == verb) => Command::Other,
            None if verb.ends_with(':') => Command::Header,
            None => Command::Unknown,
        },
    }
}

/// A line of the server without its LF.
pub fn reply(line: &[u8]) -> Line {
    let line = without_telnet(line);
    let Some((digits, rest)) = line.split_at_checked(3) else {
        return Line::Other;
    };
    let Some(code @ 100..=699) = grammar::number(digits, 999) else {
        return Line::Other;
    };
    match rest.split_first() {
        Some((b'-', _)) => Line::Hyphen(code),
        Some((b' ' | b'\r', text)) => Line::Complete(
            code,
            match code {
                227 => grammar::passive_port(text),
                229 => grammar::extended_port(text),
                _ => None,
            },
        ),
        Some(_) => Line::Other,
        None => Line::Complete(code, None),
    }
}

/// Takes Telnet commands out (RFC 854). A line end ends any of them, so a line is enough to see.
pub fn without_telnet(line: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = line;
    loop {
        rest = match rest {
            [] | [255] => return text,
            [255, 250, subnegotiation @ ..] => after_subnegotiation(subnegotiation),
            [255, 251..=254, _option, after @ ..] => after,
            [255, 251..=254] => return text,
            [255, 240..=249, after @ ..] => after,
            [255, byte, after @ ..] | [byte, after @ ..] => {
                text.push(*byte);
                after
            }
        };
    }
}

/// What comes after `IAC SE`, or after `IAC` and anything but a doubled `IAC`.
fn after_subnegotiation(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        rest = match rest {
            [] | [255] => return &[],
            [255, 255, after @ ..] => after,
            [255, _, after @ ..] => return after,
            [_, after @ ..] => after,
        };
    }
}
