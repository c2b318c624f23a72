//! Initial RAM file systems: archives of cpio's `newc` format (Linux,
//! Documentation/driver-api/early-userspace/buffer-format.rst), not compressed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

const MAGIC: &str = "070701";
const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const TRAILER: &str = "TRAILER!!!";

/// Files by their path in the archive, without a leading slash.
#[derive(Debug, Default)]
pub struct Archive {
    files: BTreeMap<String, Vec<u8>>,
    folders: BTreeSet<String>,
}

impl Archive {
    /// Adds a file; the folders above it come with it.
    pub fn add(&mut self, path: &str, contents: Vec<u8>) {
        let path = path.trim_start_matches('/');
        self.add_parents(path);
        self.files.insert(path.to_owned(), contents);
    }

    fn add_parents(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            self.folders.insert(path[..end].to_owned());
        }
    }

    /// Writes the archive.
    pub fn write(&self, mut to: impl Write) -> io::Result<()> {
        let mut number = 0;
        let mut next = || {
            number += 1;
            number
        };
        // A folder sorts before what is in it.
        for folder in &self.folders {
            entry(&mut to, next(), FOLDER, folder, &[])?;
        }
        for (path, contents) in &self.files {
            entry(&mut to, next(), PROGRAM, path, contents)?;
        }
        entry(&mut to, 0, 0, TRAILER, &[])?;
        to.flush()
    }
}

fn entry(
    to: &mut impl Write,
    number: u32,
    mode: u32,
    path: &str,
    contents: &[u8],
) -> io::Result<()> {
    let length = u32::try_from(contents.len()).map_err(io::Error::other)?;
    let path_length = u32::try_from(path.len() + 1).map_err(io::Error::other)?;
    // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor,
    // namesize, check.
    let fields = [number, mode, 0, 0, 1, 0, length, 0, 0, 0, 0, path_length, 0];
    let mut head = MAGIC.to_owned();
    fields
        .iter()
        .for_each(|field| head.push_str(&format!("{field:08x}")));
    head.push_str(path);
    head.push('\0');
    to.write_all(head.as_bytes())?;
    to.write_all(padding(head.len()))?;
    to.write_all(contents)?;
    to.write_all(padding(contents.len()))
}

/// Zeros up to the next multiple of four.
fn padding(length: usize) -> &'static [u8] {
    &[0; 3][..length.wrapping_neg() % 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_first_and_everything_is_aligned() {
        let mut archive = Archive::default();
        archive.add("/usr/bin/x", b"12345".to_vec());
        archive.add("init", Vec::new());
        let mut bytes = Vec::new();
        archive.write(&mut bytes).expect("memory");
        assert_eq!(bytes.len() % 4, 0);
        let text = String::from_utf8_lossy(&bytes);
        let place = |name: &str| text.find(name).unwrap_or_else(|| panic!("no {name}"));
        assert!(place("usr\0") < place("usr/bin\0"));
        assert!(place("usr/bin\0") < place("usr/bin/x\0"));
        assert!(place("usr/bin/x\0") < place(TRAILER));
        assert_eq!(text.matches(MAGIC).count(), 5);
        assert_eq!(place("12345") % 4, 0);
    }
}
