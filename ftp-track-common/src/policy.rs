//! All rules, and which of them counts for a control connection.
//!
//! There are two places for the rules. The daemon writes a new policy into the one that is not in
//! force, and then its generation into the settings, whose lowest bit says which place is in force:
//! so a policy takes effect as a whole, and at once.

use bytemuck::{Pod, Zeroable};

use crate::{address::Address, rule::Rule};

/// Rules of one policy, at most.
pub const MAX_RULES: usize = 255;
/// Slots for one policy.
const SLOTS: usize = 256;
/// The place of the empty rule, which admits nothing: for control connections to which no rule
/// applies any more. It lies behind the last rule of every policy.
pub const NOWHERE: u8 = 255;
/// Entries of the map of rules: two policies.
pub const RULE_SLOTS: usize = 2 * SLOTS;
/// Generations are counted in so many bits.
const GENERATION: u32 = 0x00ff_ffff;

/// The rule that a control connection is under: its place in its policy (the low byte), and that
/// policy's generation. All zero is none: generations begin at 1.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Pod, Zeroable)]
pub struct Binding(u32);

impl Binding {
    /// The rule at `place` of the policy of `generation`.
    #[inline(always)]
    pub const fn new(generation: u32, place: u8) -> Self {
        Self((generation & GENERATION) << 8 | place as u32)
    }

    /// Whether it is of the policy of `generation`.
    #[inline(always)]
    pub const fn is_of(self, generation: u32) -> bool {
        self.0 >> 8 == generation & GENERATION
    }

    /// The policy's generation.
    #[inline(always)]
    pub const fn generation(self) -> u32 {
        self.0 >> 8
    }

    /// The rule's place in its policy.
    #[inline(always)]
    pub const fn place(self) -> u8 {
        self.0 as u8
    }

    /// The rule's slot in the map.
    #[inline(always)]
    pub const fn slot(self) -> u32 {
        slot(self.generation(), self.place() as u32)
    }
}

/// The generation after `generation`; never 0.
pub const fn next_generation(generation: u32) -> u32 {
    let next = (generation + 1) & GENERATION;
    // Two on, so that it has the other place.
    if next == 0 { 2 } else { next }
}

/// The slot in the map of the rule at `place` in the policy of `generation`.
#[inline(always)]
pub const fn slot(generation: u32, place: u32) -> u32 {
    (generation & 1) * SLOTS as u32 + place
}

/// The place of the rule for the control connections from `client` to `port` of `server`, among
/// rules in the order of [`Rule::precedence`].
pub fn find(rules: &[Rule], client: &Address, server: &Address, port: u16) -> Option<usize> {
    let mut rules = rules.iter();
    rules.position(|rule| rule.applies(client, server, port))
}
