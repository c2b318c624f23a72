//! Files that bring the helper back when the machine starts, or a firewall is loaded again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Obstacle, kernel::read};

/// Files, and folders whose files are read, of Debian and its relatives, Fedora and its relatives,
/// and shorewall.
const PLACES: &[&str] = &[
    "/etc/nftables.conf",
    "/etc/nftables.d",
    "/etc/nftables",
    "/etc/iptables",
    "/etc/sysconfig/nftables.conf",
    "/etc/sysconfig/iptables",
    "/etc/sysconfig/ip6tables",
    "/etc/sysconfig/iptables-config",
    "/etc/sysconfig/ip6tables-config",
    "/etc/default/ufw",
    "/etc/ufw",
    "/etc/shorewall",
    "/etc/shorewall6",
    "/etc/modules",
    "/etc/modules-load.d",
    "/usr/lib/modules-load.d",
    "/etc/modprobe.d",
    "/etc/sysctl.conf",
    "/etc/sysctl.d",
];

/// Words that helpers bring into such a file. With `ftp` in the same line it is this helper.
const WORDS: &[&str] = &[
    "conntrack_ftp",
    "nat_ftp",
    "--helper",
    "ct helper",
    "protocol tcp",
    "CT:helper",
];

/// Gives helpers to connections without a rule, unless it is set to 0.
const AUTOMATIC: &str = "nf_conntrack_helper";

/// A line of a file that brings the helper back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BootLine {
    /// The file.
    pub path: PathBuf,
    /// The line's number, from 1.
    pub number: usize,
    /// The line.
    pub text: String,
}

/// Looks into all of them.
pub fn look(unseen: &mut Vec<Obstacle>) -> Vec<BootLine> {
    let mut lines = Vec::new();
    for path in PLACES.iter().flat_map(|place| files(Path::new(place))) {
        match read(&path) {
            Ok(text) => lines.extend(find(&path, &text.unwrap_or_default())),
            Err(error) => unseen.push(Obstacle::refused(&path.display().to_string(), error)),
        }
    }
    lines
}

fn files(place: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(place) else {
        return vec![place.to_owned()];
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

fn find(path: &Path, text: &str) -> Vec<BootLine> {
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        !line.starts_with(['#', ';']) && brings_the_helper(line)
    });
    lines
        .map(|(index, line)| BootLine {
            path: path.to_owned(),
            number: index + 1,
            text: line.trim().to_owned(),
        })
        .collect()
}

fn brings_the_helper(line: &str) -> bool {
    if line.contains(AUTOMATIC) {
        return !line.trim_end().ends_with('0');
    }
    line.contains("ftp") && WORDS.iter().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let text = "# nf_conntrack_ftp\n\
                    IPT_MODULES=\"nf_conntrack_ftp nf_nat_ftp\"\n\
                    -A PREROUTING -p tcp --dport 21 -j CT --helper ftp\n\
                    -A PREROUTING -p tcp --dport 6667 -j CT --helper irc\n\
                    net.netfilter.nf_conntrack_helper = 1\n\
                    net.netfilter.nf_conntrack_helper=0\n\
                    ct helper sip { type \"sip\" protocol udp; }\n\
                    type \"ftp\" protocol tcp;\n";
        let found = find(Path::new("/etc/default/ufw"), text);
        let numbers: Vec<usize> = found.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [2, 3, 5, 8]);
    }

    #[test]
    fn folders_and_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ftp.conf");
        fs::write(&file, "nf_conntrack_ftp\n").unwrap();
        assert_eq!(files(folder.path()), std::slice::from_ref(&file));
        assert_eq!(files(&file), [file]);
    }
}
