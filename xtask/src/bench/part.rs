//! The parts of the benchmark: what is compared with what, and what is to be reached.

/// How a ratio is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// How many times as fast as the base: more is better.
    Speed,
    /// How many times the base's cost: less is better.
    Cost,
}

/// What a row is to reach.
#[derive(Debug)]
pub struct Target {
    /// The row; all rows when it is empty.
    pub row: &'static str,
    /// What it is compared with.
    pub base: &'static str,
    /// At least this, or at most, as the part's sense is.
    pub value: f64,
}

/// A part.
#[derive(Debug)]
pub struct Part {
    /// Its name on the command line.
    pub name: &'static str,
    /// How its ratios are read.
    pub sense: Sense,
    /// The rows with which all rows are compared.
    pub bases: &'static [&'static str],
    /// What is to be reached.
    pub targets: &'static [Target],
}

impl Part {
    /// What a row is to reach, compared with a base.
    pub fn target(&self, row: &str, base: &str) -> Option<f64> {
        let is_it = |target: &&Target| target.row == row && target.base == base;
        self.targets.iter().find(is_it).map(|target| target.value)
    }
}

const NF_CONNTRACK: &str = "nf_conntrack and helper";
const PLAIN: &str = "plain routing";
const REDIRECT: &str = "bare redirect";
const EMPTY: &str = "empty program";

/// All parts.
pub const PARTS: &[Part] = &[
    Part {
        name: "forward",
        sense: Sense::Speed,
        bases: &[NF_CONNTRACK, REDIRECT],
        targets: &[
            Target {
                row: "bypass",
                base: NF_CONNTRACK,
                value: 2.3,
            },
            Target {
                row: "bypass",
                base: REDIRECT,
                value: 0.85,
            },
        ],
    },
    Part {
        name: "other",
        sense: Sense::Cost,
        bases: &[EMPTY],
        targets: &[
            Target {
                row: "conntrack",
                base: EMPTY,
                value: 1.03,
            },
            Target {
                row: "bypass",
                base: EMPTY,
                value: 1.03,
            },
            Target {
                row: "mark",
                base: EMPTY,
                value: 1.03,
            },
            Target {
                row: "enforce",
                base: EMPTY,
                value: 1.03,
            },
            Target {
                row: "enforce by TC",
                base: EMPTY,
                value: 1.03,
            },
            Target {
                row: "enforce, not local",
                base: EMPTY,
                value: 1.03,
            },
            Target {
                row: "observe",
                base: EMPTY,
                value: 1.03,
            },
        ],
    },
    Part {
        name: "packet",
        sense: Sense::Cost,
        bases: &[EMPTY],
        targets: &[],
    },
    Part {
        name: "transfer",
        sense: Sense::Cost,
        bases: &[PLAIN, NF_CONNTRACK],
        targets: &[
            Target {
                row: "conntrack",
                base: PLAIN,
                value: 1.05,
            },
            Target {
                row: "conntrack",
                base: NF_CONNTRACK,
                value: 1.0,
            },
            Target {
                row: "conntrack by TC",
                base: PLAIN,
                value: 1.05,
            },
            Target {
                row: "conntrack by TC",
                base: NF_CONNTRACK,
                value: 1.0,
            },
        ],
    },
    Part {
        name: "bulk",
        sense: Sense::Speed,
        bases: &[PLAIN, NF_CONNTRACK],
        targets: &[
            Target {
                row: "conntrack by TC",
                base: PLAIN,
                value: 0.95,
            },
            Target {
                row: "enforce by TC",
                base: PLAIN,
                value: 0.95,
            },
            Target {
                row: "bypass by TC",
                base: PLAIN,
                value: 0.95,
            },
        ],
    },
    Part {
        name: "growth",
        sense: Sense::Cost,
        bases: &["1"],
        targets: &[],
    },
    Part {
        name: "parallel",
        sense: Sense::Cost,
        bases: &["one CPU"],
        targets: &[],
    },
];
