//! BPF type format: what the kernel says of its functions and structures
//! (Documentation/bpf/btf.rst), as far as it is needed here.
//!
//! A module's BTF goes on where that of vmlinux ends, with its numbers and with its strings.

/// `BTF_MAGIC`, little endian machines first.
const MAGIC: u16 = 0xeb9f;
/// Length of `struct btf_type`.
const TYPE: usize = 12;
/// Length of `struct btf_member`.
const MEMBER: usize = 12;

const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const TYPEDEF: u32 = 8;
const RESTRICT: u32 = 11;
const FUNCTION: u32 = 12;
const TYPE_TAG: u32 = 18;

/// The types of vmlinux, or of a module on top of them.
pub struct Btf<'a> {
    base: Option<&'a Self>,
    types: Vec<u8>,
    strings: Vec<u8>,
    /// Where each type begins.
    places: Vec<usize>,
    /// Number of the first type.
    first: u32,
    /// Offset of the first string.
    first_string: usize,
}

/// Head of a type.
#[derive(Clone, Copy)]
struct Head {
    name: u32,
    info: u32,
    /// Size, or number of another type.
    of: u32,
}

impl Head {
    fn kind(self) -> u32 {
        self.info >> 24 & 0x7f
    }

    /// Members, parameters and the like.
    fn count(self) -> usize {
        (self.info & 0xff_ffff) as usize
    }

    /// Length of what follows the head.
    fn rest(self) -> Option<usize> {
        Some(match self.kind() {
            // Pointers, forward declarations, typedefs, qualifiers, functions, floats, type tags.
            2 | 7..=RESTRICT | FUNCTION | 16 | TYPE_TAG => 0,
            // Integers, variables, declaration tags.
            1 | 14 | 17 => 4,
            ARRAY => 12,
            STRUCT | UNION => self.count() * MEMBER,
            // Enumerations, function prototypes.
            6 | 13 => self.count() * 8,
            // Data sections, enumerations of 64 bits.
            15 | 19 => self.count() * 12,
            _ => return None,
        })
    }
}

impl<'a> Btf<'a> {
    /// Reads the BTF of vmlinux, or of a module whose numbers go on after `base`.
    pub fn parse(bytes: &[u8], base: Option<&'a Self>) -> Result<Self, String> {
        let half = bytes.get(..2).ok_or("too short")?;
        if u16::from_ne_bytes([half[0], half[1]]) != MAGIC {
            return Err("another byte order, or no BTF".to_owned());
        }
        let section = |at: usize| {
            let header = word(bytes, 4)? as usize;
            let start = header.checked_add(word(bytes, at)? as usize)?;
            let end = start.checked_add(word(bytes, at + 4)? as usize)?;
            Some(bytes.get(start..end)?.to_vec())
        };
        let mut btf = Self {
            base,
            types: section(8).ok_or("no types")?,
            strings: section(16).ok_or("no strings")?,
            places: Vec::new(),
            first: base.map_or(1, |base| base.first + base.places.len() as u32),
            first_string: base.map_or(0, |base| base.strings.len()),
        };
        let mut place = 0;
        while place < btf.types.len() {
            let head = head(&btf.types, place).ok_or("the last type is cut off")?;
            let rest = head.rest();
            let rest = rest.ok_or_else(|| format!("a type of unknown kind {}", head.kind()))?;
            btf.places.push(place);
            place += TYPE + rest;
        }
        Ok(btf)
    }

    /// Number of the function called `name` that is defined here, not in the base.
    pub fn function(&self, name: &str) -> Option<u32> {
        self.find(|head| head.kind() == FUNCTION && self.string(head.name) == name.as_bytes())
    }

    /// Offset in bytes of a field (`a.b.c`) in the structure called `name`, here or in the base.
    pub fn field(&self, name: &str, path: &str) -> Option<u32> {
        let is_it = |head: Head| {
            head.kind() == STRUCT && head.count() != 0 && self.string(head.name) == name.as_bytes()
        };
        let Some(mut at) = self.find(is_it) else {
            return self.base?.field(name, path);
        };
        let mut offset = 0;
        for part in path.split('.') {
            let (bits, of) = self.member(at, part)?;
            offset += bits;
            at = of;
        }
        (offset % 8 == 0).then_some(offset / 8)
    }

    fn find(&self, is_it: impl Fn(Head) -> bool) -> Option<u32> {
        let mut places = self.places.iter();
        let index = places.position(|place| head(&self.types, *place).is_some_and(&is_it))?;
        Some(self.first + index as u32)
    }

    /// Offset in bits and type of a member, also of one in a nameless structure or union.
    fn member(&self, number: u32, name: &str) -> Option<(u32, u32)> {
        let (owner, place) = self.get(number)?;
        let head = head(&owner.types, place)?;
        match head.kind() {
            STRUCT | UNION => {}
            TYPEDEF..=RESTRICT | TYPE_TAG => return self.member(head.of, name),
            _ => return None,
        }
        (0..head.count()).find_map(|index| {
            let at = place + TYPE + index * MEMBER;
            let [called, of, mut offset] = words(&owner.types, at)?;
            if head.info >> 31 != 0 {
                // The upper byte is the width of a bit field.
                offset &= 0xff_ffff;
            }
            if called == 0 {
                let (inner, of) = self.member(of, name)?;
                return Some((offset + inner, of));
            }
            (self.string(called) == name.as_bytes()).then_some((offset, of))
        })
    }

    /// Where a type is, by its number.
    fn get(&self, number: u32) -> Option<(&Self, usize)> {
        match number.checked_sub(self.first) {
            Some(index) => Some((self, *self.places.get(index as usize)?)),
            None => self.base?.get(number),
        }
    }

    fn string(&self, offset: u32) -> &[u8] {
        match (offset as usize).checked_sub(self.first_string) {
            Some(at) => {
                let rest = self.strings.get(at..).unwrap_or_default();
                rest.split(|byte| *byte == 0).next().unwrap_or_default()
            }
            None => self.base.map_or(&[], |base| base.string(offset)),
        }
    }
}

fn head(types: &[u8], at: usize) -> Option<Head> {
    let [name, info, of] = words(types, at)?;
    Some(Head { name, info, of })
}

fn words(bytes: &[u8], at: usize) -> Option<[u32; 3]> {
    Some([word(bytes, at)?, word(bytes, at + 4)?, word(bytes, at + 8)?])
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(word.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// BTF by hand: types as words, and strings by their offsets.
    fn blob(types: &[u32], strings: &[u8]) -> Vec<u8> {
        let length = types.len() as u32 * 4;
        let header = [24, 0, length, length, strings.len() as u32];
        let mut bytes = MAGIC.to_ne_bytes().to_vec();
        bytes.extend([1, 0]);
        for word in header.iter().chain(types) {
            bytes.extend(word.to_ne_bytes());
        }
        bytes.extend(strings);
        bytes
    }

    const fn kind(kind: u32, count: u32) -> u32 {
        kind << 24 | count
    }

    /// 1: int; 2: union { int b }; 3: struct s { int a; union { int b } }, at 4 bytes each;
    /// 4: function f.
    fn base() -> Vec<u8> {
        let types = [
            vec![0, kind(1, 0), 4, 32],
            vec![0, kind(UNION, 1), 4, 3, 1, 0],
            vec![5, kind(STRUCT, 2), 8, 1, 1, 0, 0, 2, 32],
            vec![7, kind(FUNCTION, 0), 1],
        ];
        blob(&types.concat(), b"\0a\0b\0s\0f\0")
    }

    #[test]
    fn of_vmlinux() {
        let btf = Btf::parse(&base(), None).unwrap();
        assert_eq!(btf.function("f"), Some(4));
        assert_eq!(btf.function("s"), None);
        assert_eq!(btf.field("s", "a"), Some(0));
        assert_eq!(btf.field("s", "b"), Some(4), "in a nameless union");
        assert_eq!(btf.field("s", "a.b"), None);
        assert_eq!(btf.field("t", "a"), None);
    }

    #[test]
    fn of_a_module() {
        let bytes = base();
        let base = Btf::parse(&bytes, None).unwrap();
        // 5: typedef of s; 6: struct m { <5> s; } at 16 bytes; 7: function g. Strings go on at 9.
        let types = [
            vec![5, kind(TYPEDEF, 0), 3],
            vec![9, kind(STRUCT, 1), 24, 5, 5, 128],
            vec![11, kind(FUNCTION, 0), 1],
        ];
        let bytes = blob(&types.concat(), b"m\0g\0");
        let module = Btf::parse(&bytes, Some(&base)).unwrap();
        assert_eq!(module.function("g"), Some(7));
        assert_eq!(module.function("f"), None, "that is vmlinux's");
        assert_eq!(module.field("m", "s.b"), Some(20));
        assert_eq!(module.field("s", "b"), Some(4));
    }

    #[test]
    fn what_cannot_be_read() {
        let good = base();
        for length in 0..good.len() {
            // Whatever is cut off, nothing panics.
            _ = Btf::parse(&good[..length], None);
        }
        assert!(Btf::parse(&good[..20], None).is_err());
        let strange = blob(&[0, kind(99, 0), 0], b"\0");
        let error = Btf::parse(&strange, None).err().unwrap();
        assert!(error.contains("unknown kind 99"), "{error}");
        let endless = blob(&[1, kind(TYPEDEF, 0), 1], b"\0t\0");
        assert!(Btf::parse(&endless, None).is_ok());
    }
}
