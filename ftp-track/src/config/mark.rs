//! The bits of a packet's mark that say that it is admitted.

use std::{fmt, str::FromStr};

/// Bits of `skb->mark`, written `VALUE[/MASK]` as nft and iptables do, decimal or with `0x`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    value: u32,
    mask: u32,
}

/// The text names no such bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidMark {
    /// No number, or one of more than 32 bits.
    #[error("a mark is VALUE or VALUE/MASK, of 32 bits, such as 0x200 or 0x200/0x300")]
    Number,
    /// Nothing would be marked.
    #[error("a mark of no bits marks nothing: VALUE must not be 0")]
    Zero,
    /// VALUE is not a part of MASK.
    #[error("VALUE has bits that MASK does not have")]
    OutsideMask,
}

impl Mark {
    /// The bits that are set.
    pub fn value(self) -> u32 {
        self.value
    }

    /// The bits that may be changed.
    pub fn mask(self) -> u32 {
        self.mask
    }
}

/// One bit that neither Kubernetes (bits 14 and 15) nor most VPN software uses.
impl Default for Mark {
    fn default() -> Self {
        Self {
            value: 0x200,
            mask: 0x200,
        }
    }
}

impl FromStr for Mark {
    type Err = InvalidMark;

    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        let (value, mask) = match text.split_once('/') {
            Some((value, mask)) => (number(value)?, number(mask)?),
            None => (number(text)?, number(text)?),
        };
        if value == 0 {
            return Err(InvalidMark::Zero);
        }
        if value & !mask != 0 {
            return Err(InvalidMark::OutsideMask);
        }
        Ok(Self { value, mask })
    }
}

fn number(text: &str) -> Result<u32, InvalidMark> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = digits.map_or((text, 10), |digits| (digits, 16));
    // A sign is no digit, though the standard library takes one.
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return Err(InvalidMark::Number);
    }
    u32::from_str_radix(digits, radix).map_err(|_| InvalidMark::Number)
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#x}/{:#x}", self.value, self.mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        use InvalidMark::{Number, OutsideMask, Zero};
        for (text, expect) in [
            ("0x200", Ok("0x200/0x200")),
            ("512", Ok("0x200/0x200")),
            ("0X200/0x300", Ok("0x200/0x300")),
            ("1/4294967295", Ok("0x1/0xffffffff")),
            ("0xffffffff", Ok("0xffffffff/0xffffffff")),
            ("0x100000000", Err(Number)),
            ("4294967296", Err(Number)),
            ("", Err(Number)),
            ("0x", Err(Number)),
            ("+1", Err(Number)),
            ("0x+1", Err(Number)),
            ("-1", Err(Number)),
            ("1/", Err(Number)),
            ("1/2/3", Err(Number)),
            ("a", Err(Number)),
            ("0", Err(Zero)),
            ("0/1", Err(Zero)),
            ("3/1", Err(OutsideMask)),
            ("1/0", Err(OutsideMask)),
        ] {
            let seen = text.parse::<Mark>().map(|mark| mark.to_string());
            assert_eq!(seen, expect.map(str::to_owned), "{text:?}");
        }
    }
}
