//! Packets that are neither TCP nor ICMP.

/// What becomes of packets that are neither TCP nor ICMP, in enforce mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NotTcp {
    /// They pass.
    #[default]
    Pass,
    /// They are dropped.
    Drop,
}

impl NotTcp {
    /// The name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Drop => "drop",
        }
    }
}
