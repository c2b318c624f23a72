//! The programs that building and testing call, and the packages that they come from.

use ftp_track_tests::process;

use super::Scope;

struct Program {
    name: &'static str,
    package: &'static str,
    scope: Scope,
}

const fn program(name: &'static str, package: &'static str, scope: Scope) -> Program {
    Program {
        name,
        package,
        scope,
    }
}

/// Servers are not here: they are unpacked, because one of them at a time can be installed.
const PROGRAMS: &[Program] = &[
    program("cc", "gcc", Scope::Build),
    program("c++", "g++", Scope::Build),
    program("qemu-system-x86_64", "qemu-system-x86", Scope::Build),
    program("xz", "xz-utils", Scope::Build),
    program("ip", "iproute2", Scope::Lab),
    program("nft", "nftables", Scope::Lab),
    program("iptables-nft", "iptables", Scope::Lab),
    program("iptables-legacy", "iptables", Scope::Lab),
    program("dbus-daemon", "dbus", Scope::Lab),
    program("pkaction", "polkitd", Scope::Lab),
    program("ethtool", "ethtool", Scope::Lab),
    program("bpftool", "bpftool", Scope::Lab),
    program("nsenter", "util-linux", Scope::Lab),
    program("timeout", "coreutils", Scope::Lab),
    program("curl", "curl", Scope::Lab),
    program("lftp", "lftp", Scope::Lab),
    program("tnftp", "tnftp", Scope::Lab),
    program("ncftpget", "ncftp", Scope::Lab),
    program("wget", "wget", Scope::Lab),
    program("python3", "python3", Scope::Lab),
];

/// Packages of programs that are not found.
pub(super) fn missing_packages(scope: Scope) -> Vec<&'static str> {
    let wanted = PROGRAMS
        .iter()
        .filter(|program| scope == Scope::Lab || program.scope == scope);
    let mut packages: Vec<_> = wanted
        .filter(|program| process::find_program(program.name).is_none())
        .map(|program| program.package)
        .collect();
    packages.dedup();
    if scope == Scope::Lab && !has_venv() {
        packages.push("python3-venv");
    }
    packages
}

/// Debian's python3 comes without what makes environments.
fn has_venv() -> bool {
    let mut python = process::command("python3");
    process::run(python.args(["-c", "import venv, ensurepip"])).is_ok()
}
