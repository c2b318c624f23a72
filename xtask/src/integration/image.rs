//! A kernel's packages: which, and what is in them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::archive::{Archive, Package, Purpose, is_older};
use super::kernel::{Kernel, Series};

/// An unpacked kernel.
#[derive(Debug, Clone)]
pub struct Image {
    /// What is booted.
    pub vmlinuz: PathBuf,
    /// The folder with its modules.
    pub modules: PathBuf,
}

impl Image {
    /// Finds the newest package of a kernel, fetches it unless it is there, and unpacks it.
    ///
    /// # Errors
    /// When Debian has no such kernel.
    pub fn fetch(kernel: &Kernel) -> Result<Self> {
        let archive = Archive::open(Purpose::Kernels, kernel.architecture)?;
        let found = find(&archive, kernel)?;
        let tree = super::folder().join("kernels").join(&found.release);
        if Self::open(&tree).is_err() {
            archive
                .unpack(&found.packages, &tree)
                .with_context(|| format!("cannot fetch Linux {}", found.release))?;
        }
        Self::open(&tree)
    }

    fn open(tree: &Path) -> Result<Self> {
        let modules = ["usr/lib/modules", "lib/modules"]
            .into_iter()
            .find_map(|folder| only_entry(&tree.join(folder)))
            .with_context(|| format!("no modules in {}", tree.display()))?;
        let vmlinuz = [tree.join("boot"), modules.clone()]
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .find(|path| {
                let name = path.file_name().unwrap_or_default();
                name.to_string_lossy().starts_with("vmlinu")
            })
            .with_context(|| format!("no vmlinuz in {}", tree.display()))?;
        let builtin = modules.join("modules.builtin");
        ensure!(builtin.is_file(), "no {}", builtin.display());
        Ok(Self { vmlinuz, modules })
    }
}

fn only_entry(folder: &Path) -> Option<PathBuf> {
    Some(fs::read_dir(folder).ok()?.next()?.ok()?.path())
}

#[derive(Debug, PartialEq)]
struct Found {
    /// As `uname -r` says it.
    release: String,
    packages: Vec<Package>,
}

/// Debian packs a kernel in one package (linux-image-RELEASE), and since 6.19 in several:
/// linux-binary-RELEASE (or -unsigned- while it waits for its signature), linux-modules-RELEASE, and
/// linux-base-RELEASE with the list of what is built in.
const ONE: &str = "linux-image-";
const MODULES: &str = "linux-modules-";
const BASE: &str = "linux-base-";
const BINARIES: [&str; 2] = ["linux-binary-", "linux-binary-unsigned-"];

fn find(archive: &Archive, kernel: &Kernel) -> Result<Found> {
    let ending = format!("-{}", kernel.suffix());
    let packages =
        archive.packages(|name| name.starts_with("linux-") && name.ends_with(&ending))?;
    choose(&packages, kernel)
}

/// The newest whole kernel of the line.
fn choose(packages: &[Package], kernel: &Kernel) -> Result<Found> {
    let mut best: Option<(&str, Found)> = None;
    for package in packages {
        let Some(found) = whole(package, packages) else {
            continue;
        };
        let is_wanted = version(&found.release, &kernel.suffix())
            .is_some_and(|version| is_of(version, &kernel.series));
        if is_wanted
            && best
                .as_ref()
                .is_none_or(|(version, _)| is_older(version, &package.version))
        {
            best = Some((&package.version, found));
        }
    }
    let (_, found) = best.with_context(|| {
        format!(
            "Debian's suites have no kernel {kernel}; their lists are below {}",
            super::folder().join("apt").display()
        )
    })?;
    ensure!(!found.packages.is_empty(), "a kernel without packages");
    Ok(found)
}

/// The kernel that a package brings, alone or with another.
fn whole(package: &Package, packages: &[Package]) -> Option<Found> {
    let named = |name: String| {
        packages
            .iter()
            .find(|other| other.name == name && other.version == package.version)
            .cloned()
    };
    if let Some(release) = package.name.strip_prefix(MODULES) {
        let binary = BINARIES
            .iter()
            .find_map(|prefix| named(format!("{prefix}{release}")))?;
        return Some(Found {
            release: release.to_owned(),
            packages: vec![package.clone(), binary, named(format!("{BASE}{release}"))?],
        });
    }
    let release = package.name.strip_prefix(ONE)?;
    // Of what is in several packages this is an empty one.
    let is_one = !packages
        .iter()
        .any(|other| other.name.strip_prefix(MODULES) == Some(release));
    is_one.then(|| Found {
        release: release.to_owned(),
        packages: vec![package.clone()],
    })
}

/// The version in a release (`6.12.117+deb13` in `6.12.117+deb13-cloud-amd64`), if it is of that
/// flavour: `cloud-amd64` ends like `amd64`.
fn version<'a>(release: &'a str, suffix: &str) -> Option<&'a str> {
    let version = release.strip_suffix(suffix)?.strip_suffix('-')?;
    let begins = version.starts_with(|c: char| c.is_ascii_digit());
    let is_plain = |part: &str| !part.starts_with(|c: char| c.is_ascii_alphabetic());
    (begins && version.contains('.') && version.split('-').all(is_plain)).then_some(version)
}

fn is_of(version: &str, series: &Series) -> bool {
    match series {
        Series::Newest => true,
        Series::Version(wanted) => version
            .strip_prefix(wanted.as_str())
            .is_some_and(|rest| rest.starts_with(['.', '-', '+'])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::kernel;

    fn package(text: &str) -> Package {
        let (name, version) = text.split_once('=').expect("name=version");
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
        }
    }

    const LISTS: &[&str] = &[
        "linux-image-6.1.0-9-cloud-amd64=6.1.27-1",
        "linux-image-6.1.0-56-cloud-amd64=6.1.192-2",
        "linux-image-6.1.0-56-amd64=6.1.192-2",
        "linux-image-6.1.0-56-rt-amd64=6.1.192-2",
        "linux-image-6.1-cloud-amd64=6.1.192-2",
        "linux-image-cloud-amd64=7.2.13-1",
        "linux-image-6.18.15+deb13-cloud-amd64=6.18.15-1~bpo13+1",
        "linux-image-7.2.13+deb13-cloud-amd64=7.2.13-1~bpo13+1",
        "linux-base-7.2.13+deb13-cloud-amd64=7.2.13-1~bpo13+1",
        "linux-modules-7.2.13+deb13-cloud-amd64=7.2.13-1~bpo13+1",
        "linux-binary-7.2.13+deb13-cloud-amd64=7.2.13-1~bpo13+1",
        "linux-base-7.3.4+deb13-cloud-amd64=7.3.4-1~bpo13+1",
        "linux-modules-7.3.4+deb13-cloud-amd64=7.3.4-1~bpo13+1",
        "linux-binary-unsigned-7.3.4+deb13-cloud-amd64=7.3.4-1~bpo13+1",
        "linux-modules-7.4.1+deb13-cloud-amd64=7.4.1-1~bpo13+1",
    ];

    #[test]
    fn the_newest_whole_kernel_of_the_line_is_chosen() {
        let packages: Vec<Package> = LISTS.iter().map(|text| package(text)).collect();
        for (series, release, count) in [
            ("6.1", "6.1.0-56-cloud-amd64", 1),
            ("6.18", "6.18.15+deb13-cloud-amd64", 1),
            ("7.2", "7.2.13+deb13-cloud-amd64", 3),
            ("newest", "7.3.4+deb13-cloud-amd64", 3),
        ] {
            let wanted = kernel::select(&[series.to_owned()], None).remove(0);
            let found = choose(&packages, &wanted).expect(series);
            assert_eq!((&*found.release, found.packages.len()), (release, count));
        }
    }

    #[test]
    fn a_missing_kernel_is_an_error() {
        let packages: Vec<Package> = LISTS.iter().map(|text| package(text)).collect();
        let wanted = kernel::select(&["6.12".to_owned()], None).remove(0);
        let error = choose(&packages, &wanted).expect_err("6.12 is not there");
        assert!(error.to_string().contains("no kernel 6.12-cloud-amd64"));
    }

    #[test]
    fn flavours_are_told_apart() {
        for (release, suffix, expect) in [
            ("6.1.0-56-amd64", "amd64", Some("6.1.0-56")),
            ("6.1.0-56-cloud-amd64", "amd64", None),
            ("6.1.0-56-rt-amd64", "amd64", None),
            ("6.1.0-0.deb11.52-amd64", "amd64", Some("6.1.0-0.deb11.52")),
            ("amd64", "amd64", None),
        ] {
            assert_eq!(version(release, suffix), expect, "{release}");
        }
    }
}
