//! Debian's packages, from suites that need not be the machine's own.
//!
//! apt does the work, with lists, caches and a (missing) system of its own below the target folder.
//! It checks the signature of each list, and each package by the hash in the list.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use ftp_track_tests::process;

use super::kernel::Architecture;
use crate::workspace;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const MAIN: &str = "http://deb.debian.org/debian";
const SECURITY: &str = "http://deb.debian.org/debian-security";
/// Lists older than this are read anew: kernels are replaced every few weeks.
const LISTS_KEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// What an archive is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Kernels of several releases.
    Kernels,
    /// Programs of one release.
    Programs,
    /// QEMU, newer than that release.
    Emulators,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Kernels => "kernels",
            Self::Programs => "programs",
            Self::Emulators => "emulators",
        }
    }

    /// Mirrors and their suites.
    fn suites(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Kernels => &[
                (
                    SECURITY,
                    "bullseye-security bookworm-security trixie-security",
                ),
                (MAIN, "trixie-backports"),
            ],
            Self::Programs => &[(MAIN, "bookworm")],
            Self::Emulators => &[(MAIN, "bookworm bookworm-backports")],
        }
    }

    /// The suite that is preferred; else the newest version counts, but none of the backports.
    fn preferred(self) -> Option<&'static str> {
        (self == Self::Emulators).then_some("bookworm-backports")
    }
}

/// A package of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// apt for one purpose and architecture.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
}

impl Archive {
    /// The archive, with lists that are not old.
    pub fn open(purpose: Purpose, architecture: Architecture) -> Result<Self> {
        ensure!(
            process::find_program("apt-get").is_some(),
            "this system has no apt-get, which fetches the kernels"
        );
        ensure!(
            Path::new(KEYRING).exists(),
            "{KEYRING} is missing; install the package debian-archive-keyring"
        );
        let name = format!("apt/{}-{architecture}", purpose.name());
        let archive = Self {
            folder: super::folder().join(name),
        };
        archive.configure(purpose, architecture)?;
        archive.update().with_context(|| {
            let suites: Vec<&str> = purpose.suites().iter().map(|(_, suite)| *suite).collect();
            format!(
                "apt cannot read Debian's {}: the machine has to reach deb.debian.org",
                suites.join(" ")
            )
        })?;
        Ok(archive)
    }

    fn configure(&self, purpose: Purpose, architecture: Architecture) -> Result<()> {
        for part in ["lists/partial", "cache/archives/partial", "packages"] {
            fs::create_dir_all(self.folder.join(part))?;
        }
        let sources: Vec<String> = purpose
            .suites()
            .iter()
            .map(|(mirror, suites)| {
                format!(
                    "Types: deb\nURIs: {mirror}\nSuites: {suites}\nComponents: main\n\
                     Architectures: {architecture}\nSigned-By: {KEYRING}\n"
                )
            })
            .collect();
        let folder = self.folder.display();
        let mut configuration = format!(
            "Dir::Etc::SourceList \"{folder}/debian.sources\";\n\
             Dir::Etc::SourceParts \"/dev/null\";\n\
             Dir::Etc::Preferences \"/dev/null\";\n\
             Dir::Etc::PreferencesParts \"/dev/null\";\n\
             Dir::State::Lists \"{folder}/lists\";\n\
             Dir::State::Status \"{folder}/status\";\n\
             Dir::Cache \"{folder}/cache\";\n\
             APT::Architecture \"{architecture}\";\n\
             APT::Architectures {{ \"{architecture}\"; }};\n\
             APT::Sandbox::User \"root\";\n\
             APT::Install-Recommends \"false\";\n\
             Acquire::Languages \"none\";\n\
             Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n\
             Debug::NoLocking \"true\";\n"
        );
        if let Some(suite) = purpose.preferred() {
            let _ = writeln!(configuration, "APT::Default-Release \"{suite}\";");
        }
        fs::write(self.folder.join("debian.sources"), sources.join("\n"))?;
        fs::write(self.folder.join("apt.conf"), configuration)?;
        // No package is installed in this system, so dependencies are resolved from nothing.
        fs::write(self.folder.join("status"), "")?;
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = process::command(program);
        command
            .env("APT_CONFIG", self.folder.join("apt.conf"))
            .env("LC_ALL", "C")
            .current_dir(self.folder.join("packages"));
        command
    }

    fn update(&self) -> Result<()> {
        let stamp = self.folder.join("updated");
        let is_fresh = fs::metadata(&stamp)
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|time| {
                SystemTime::now().duration_since(time).unwrap_or_default() < LISTS_KEEP
            });
        if is_fresh {
            return Ok(());
        }
        let mut apt = self.command("apt-get");
        // Otherwise apt is content with the lists it has.
        apt.args(["update", "--quiet", "--error-on=any"]);
        process::run(&mut apt)?;
        fs::write(stamp, "")?;
        Ok(())
    }

    /// Every package whose name `wanted` accepts, in every version.
    pub fn packages(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<Package>> {
        let text = process::run(self.command("apt-cache").arg("dumpavail"))?;
        let mut packages = Vec::new();
        for stanza in text.split("\n\n") {
            let field = |name| {
                stanza
                    .lines()
                    .find_map(|line: &str| line.strip_prefix(name))
            };
            let (Some(name), Some(version)) = (field("Package: "), field("Version: ")) else {
                continue;
            };
            if wanted(name) {
                packages.push(Package {
                    name: name.to_owned(),
                    version: version.to_owned(),
                });
            }
        }
        Ok(packages)
    }

    /// Fetches packages and unpacks them into `tree`, which is whole afterwards or not there.
    pub fn unpack(&self, packages: &[Package], tree: &Path) -> Result<()> {
        let names = packages
            .iter()
            .map(|package| format!("{}={}", package.name, package.version));
        let mut apt = self.command("apt-get");
        apt.args(["download", "--quiet"]).args(names);
        process::run(&mut apt).context("cannot download")?;
        self.unpack_all(&self.folder.join("packages"), tree)
    }

    /// As [`Archive::unpack`], by name and with all that the packages depend on.
    pub fn unpack_with_dependencies(&self, packages: &[&str], tree: &Path) -> Result<()> {
        let mut apt = self.command("apt-get");
        apt.args(["install", "--download-only", "--yes", "--quiet"])
            .args(packages);
        process::run(&mut apt).context("cannot download")?;
        self.unpack_all(&self.folder.join("cache/archives"), tree)
    }

    fn unpack_all(&self, debs: &Path, tree: &Path) -> Result<()> {
        let partial = tree.with_extension("partial");
        workspace::remove(&partial)?;
        fs::create_dir_all(&partial)?;
        for entry in fs::read_dir(debs)? {
            let deb = entry?.path();
            if deb.extension().is_some_and(|extension| extension == "deb") {
                process::run(
                    process::command("dpkg-deb")
                        .arg("-x")
                        .arg(&deb)
                        .arg(&partial),
                )?;
                fs::remove_file(&deb)?;
            }
        }
        workspace::remove(tree)?;
        fs::rename(&partial, tree)?;
        Ok(())
    }
}

/// Whether the version `left` is older than `right`, by Debian's rules.
pub fn is_older(left: &str, right: &str) -> bool {
    let mut dpkg = process::command("dpkg");
    process::run(dpkg.args(["--compare-versions", left, "lt", right])).is_ok()
}
