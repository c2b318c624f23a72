//! The kernels that ftp-track is tried on.

use std::fmt;

use clap::ValueEnum;

/// The machine that a kernel is for, as Debian calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// 64-bit x86.
    Amd64,
    /// 64-bit ARM.
    Arm64,
}

impl Architecture {
    /// The target of rustc.
    pub fn target(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// The name in folders of libraries and of compilers.
    pub fn triple(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-linux-gnu",
            Self::Arm64 => "aarch64-linux-gnu",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        })
    }
}

/// What Debian built a kernel for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Flavour {
    /// Virtual machines in a cloud: few drivers.
    Cloud,
    /// Everything else, with the drivers of network cards.
    Generic,
}

/// A line of kernels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Series {
    /// By its version, like `6.1`.
    Version(String),
    /// The newest there is.
    Newest,
}

/// What is expected of ftp-track on a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// It works.
    Work,
    /// It says what the kernel lacks.
    Refuse,
}

/// A kernel to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// Its line.
    pub series: Series,
    /// What it runs on.
    pub architecture: Architecture,
    /// What it was built for.
    pub flavour: Flavour,
    /// What is expected of ftp-track.
    pub duty: Duty,
}

/// The last line without `bpf_loop`.
const TOO_OLD: &str = "5.10";
/// The oldest line that works.
const OLDEST: &str = "6.1";
/// The lines between the oldest and the newest.
const BETWEEN: [&str; 2] = ["6.12", "6.18"];

impl Kernel {
    fn new(series: Series, architecture: Architecture, flavour: Flavour) -> Self {
        let refused = matches!(&series, Series::Version(version) if version == TOO_OLD);
        Self {
            series,
            architecture,
            flavour,
            duty: if refused { Duty::Refuse } else { Duty::Work },
        }
    }

    /// Whether it is tried with the network cards that QEMU emulates: a cloud has few of them.
    pub fn has_cards(&self) -> bool {
        self.flavour == Flavour::Generic && self.duty == Duty::Work
    }

    /// The end of its package's name.
    pub fn suffix(&self) -> String {
        match self.flavour {
            Flavour::Cloud => format!("cloud-{}", self.architecture),
            Flavour::Generic => self.architecture.to_string(),
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.series, self.suffix()))
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Version(version) => version,
            Self::Newest => "newest",
        })
    }
}

/// What a person calls a line: its version, `oldest` or `newest`.
fn series(name: &str) -> Series {
    match name {
        "oldest" => Series::Version(OLDEST.to_owned()),
        "newest" => Series::Newest,
        version => Series::Version(version.to_owned()),
    }
}

/// The whole matrix: every line for amd64, the oldest and the newest for arm64.
pub fn all() -> Vec<Kernel> {
    let version = |version: &&str| Series::Version((*version).to_owned());
    let mut lines = vec![version(&OLDEST)];
    lines.extend(BETWEEN.iter().map(version));
    lines.push(Series::Newest);
    let mut kernels = vec![Kernel::new(
        version(&TOO_OLD),
        Architecture::Amd64,
        Flavour::Cloud,
    )];
    for line in &lines {
        for flavour in [Flavour::Cloud, Flavour::Generic] {
            kernels.push(Kernel::new(line.clone(), Architecture::Amd64, flavour));
        }
    }
    for line in [&lines[0], &Series::Newest] {
        kernels.push(Kernel::new(
            line.clone(),
            Architecture::Arm64,
            Flavour::Cloud,
        ));
    }
    kernels
}

/// The kernels of the matrix that a person named; for a line that is not in it, its cloud kernels.
pub fn select(names: &[String], architecture: Option<Architecture>) -> Vec<Kernel> {
    let fits = |kernel: &Kernel| architecture.is_none_or(|wanted| kernel.architecture == wanted);
    if names.is_empty() {
        return all().into_iter().filter(fits).collect();
    }
    let mut kernels = Vec::new();
    for wanted in names.iter().map(|name| series(name)) {
        let known = all()
            .into_iter()
            .filter(|kernel| kernel.series == wanted && fits(kernel));
        let before = kernels.len();
        kernels.extend(known);
        if kernels.len() == before {
            let architecture = architecture.unwrap_or(Architecture::Amd64);
            kernels.push(Kernel::new(wanted, architecture, Flavour::Cloud));
        }
    }
    kernels
}

/// The oldest and the newest that ftp-track works on.
pub fn ends() -> Vec<Kernel> {
    [series("oldest"), Series::Newest]
        .map(|series| Kernel::new(series, Architecture::Amd64, Flavour::Cloud))
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kernels: &[Kernel]) -> Vec<String> {
        kernels.iter().map(Kernel::to_string).collect()
    }

    #[test]
    fn selections() {
        let arm = Some(Architecture::Arm64);
        for (wanted, architecture, expect) in [
            (
                &["oldest"][..],
                None,
                &["6.1-cloud-amd64", "6.1-amd64", "6.1-cloud-arm64"][..],
            ),
            (&["newest"], arm, &["newest-cloud-arm64"]),
            (&["6.12"], arm, &["6.12-cloud-arm64"]),
            (&["7.0"], None, &["7.0-cloud-amd64"]),
            (&["5.10"], None, &["5.10-cloud-amd64"]),
            (&[], arm, &["6.1-cloud-arm64", "newest-cloud-arm64"]),
        ] {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(names(&select(&wanted, architecture)), expect, "{wanted:?}");
        }
    }

    #[test]
    fn only_the_kernel_that_is_too_old_has_to_be_refused() {
        let refused = all().into_iter().filter(|k| k.duty == Duty::Refuse);
        let refused: Vec<Kernel> = refused.collect();
        assert_eq!(names(&refused), ["5.10-cloud-amd64"]);
    }
}
