//! A firewall's rule that has to do with the helper.

use super::Change;

/// What a rule has to do with the helper.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Gives the helper to control connections.
    Assigns,
    /// Accepts what the helper admitted, by the helper's name.
    Accepts,
    /// Names the helper for another purpose, or together with other helpers.
    Mentions,
    /// Accepts related connections, and established ones not in the same rule.
    Related,
    /// The helper as an object that rules can assign.
    Object,
}

/// A firewall's rule or object that has to do with the helper.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// What it has to do with it.
    pub role: Role,
    /// The program that shows it: `nft`, `iptables-legacy`.
    pub firewall: String,
    /// Where it is: `inet firewall assign handle 4`.
    pub place: String,
    /// The rule as it is listed.
    pub text: String,
    /// Control ports that it names.
    pub ports: Vec<u16>,
    /// Whether it sees the gateway's own connections (a hook for input or output).
    pub local: bool,
    /// How it is removed, where that can be said.
    pub remove: Option<Change>,
    /// What is to be put in before it, because what ftp-track admits is established and not
    /// related, and nothing here accepts that.
    pub established: Option<Change>,
}
