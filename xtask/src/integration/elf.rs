//! What programs, libraries and kernel modules say that they need.

use anyhow::{Context, Result};
use object::Endianness;
use object::elf::{DT_NEEDED, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader};

type Header = FileHeader64<Endianness>;

/// A program's or library's needs.
#[derive(Debug, Default, PartialEq)]
pub struct Needs {
    /// The dynamic linker's path, for a program that is not static.
    pub interpreter: Option<String>,
    /// Names of libraries.
    pub libraries: Vec<String>,
}

/// Reads them from an ELF file.
pub fn needs(data: &[u8]) -> Result<Needs> {
    let header = Header::parse(data).context("no ELF file")?;
    let endian = header.endian()?;
    let mut needs = Needs::default();
    for program in header.program_headers(endian, data)? {
        if let Some(path) = program.interpreter(endian, data)? {
            needs.interpreter = Some(String::from_utf8_lossy(path).into_owned());
        }
    }
    let sections = header.sections(endian, data)?;
    if let Some((entries, strings)) = sections.dynamic(endian, data)? {
        let strings = sections.strings(endian, data, strings)?;
        for entry in entries {
            if entry.tag(endian) == DT_NEEDED {
                let name = entry.string(endian, strings)?;
                needs
                    .libraries
                    .push(String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    Ok(needs)
}

/// Modules that a kernel module wants to be loaded before it.
pub fn module_needs(data: &[u8]) -> Result<Vec<String>> {
    let header = Header::parse(data).context("no ELF file")?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let (_, section) = sections
        .section_by_name(endian, b".modinfo")
        .context("no section .modinfo")?;
    let text = String::from_utf8_lossy(section.data(endian, data)?).into_owned();
    Ok(listed(&text))
}

/// The names in `depends=` and in the `pre:` part of `softdep=`.
fn listed(modinfo: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in modinfo.split('\0') {
        if let Some(list) = entry.strip_prefix("depends=") {
            names.extend(list.split(','));
        } else if let Some(list) = entry.strip_prefix("softdep=")
            && let Some((_, before)) = list.split_once("pre:")
        {
            let before = before.split("post:").next().unwrap_or_default();
            names.extend(before.split_whitespace());
        }
    }
    let names = names.into_iter().filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modinfo() {
        for (text, expect) in [
            (
                "license=GPL\0depends=nf_defrag_ipv6,libcrc32c\0name=x\0",
                &["nf_defrag_ipv6", "libcrc32c"][..],
            ),
            ("depends=\0", &[]),
            (
                "softdep=pre: crc32c a post: b\0depends=c\0",
                &["crc32c", "a", "c"],
            ),
            ("softdep=post: b\0", &[]),
        ] {
            assert_eq!(listed(text), expect, "{text:?}");
        }
    }

    #[test]
    fn this_program_needs_libc() {
        let path = std::env::current_exe().expect("a path");
        let needs = needs(&std::fs::read(path).expect("a file")).expect("ELF");
        assert!(needs.interpreter.is_some());
        assert!(
            needs
                .libraries
                .iter()
                .any(|name| name.starts_with("libc.so"))
        );
    }
}
