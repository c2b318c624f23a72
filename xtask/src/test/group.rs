//! The groups of tests.

use std::time::Duration;

/// Commands that are run, counted and reported together.
pub(super) struct Group {
    pub(super) name: &'static str,
    /// Whether it makes network namespaces or loads kernel programs.
    pub(super) needs_root: bool,
    pub(super) count: Count,
    /// How long each command may take at most.
    pub(super) limit: Duration,
    /// Arguments of cargo.
    pub(super) commands: &'static [&'static [&'static str]],
}

/// What counts as one test.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// A test of libtest, from the line in which a test binary sums up.
    Tests,
    /// A command.
    Commands,
}

/// No command takes nearly as long.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// Emulation, on a machine that is slow or busy.
const EMULATED: Duration = Duration::from_secs(45 * 60);

pub(super) const GROUPS: &[Group] = &[
    Group {
        name: "lint",
        needs_root: false,
        count: Count::Commands,
        limit: LIMIT,
        commands: &[
            &["fmt", "--all", "--check"],
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
            // A target with `test = false` is not among all targets.
            &[
                "clippy",
                "--package",
                "ftp-track-tests",
                "--test",
                "tables",
                "--test",
                "namespaces",
                "--",
                "-D",
                "warnings",
            ],
            &[
                "doc",
                "--workspace",
                "--no-deps",
                "--config",
                "build.rustdocflags=['-Dwarnings']",
            ],
        ],
    },
    Group {
        name: "unit",
        needs_root: false,
        count: Count::Tests,
        limit: LIMIT,
        commands: &[&["test", "--workspace"]],
    },
    Group {
        name: "tables",
        needs_root: true,
        count: Count::Tests,
        limit: LIMIT,
        commands: &[&["test", "--package", "ftp-track-tests", "--test", "tables"]],
    },
    Group {
        name: "namespaces",
        needs_root: true,
        count: Count::Tests,
        limit: LIMIT,
        // What a matrix came to is in the output of its test.
        commands: &[&[
            "test",
            "--package",
            "ftp-track-tests",
            "--test",
            "namespaces",
            "--",
            "--show-output",
        ]],
    },
    Group {
        name: "vm",
        needs_root: false,
        count: Count::Tests,
        limit: EMULATED,
        commands: &[&[
            "run",
            "--quiet",
            "--package",
            "xtask",
            "--",
            "integration-test",
            "vm",
            "--ends",
            "--jobs=2",
        ]],
    },
];
