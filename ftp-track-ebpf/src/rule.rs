//! Which rule of the policy counts.

use aya_ebpf::{cty::c_void, helpers::generated};
use ftp_track_common::{
    address::Address,
    config::Config,
    layout::SessionEntry,
    policy::{self, Binding, MAX_RULES, NOWHERE},
    reason::Reason,
    rule::Rule,
    tuple::SessionKey,
};

use crate::{map::RULES, scratch};

/// A search through the rules.
#[repr(C)]
struct Search {
    key: *const SessionKey,
    generation: u32,
    /// The place of the first rule that applies, [`NOWHERE`] before it is found.
    found: u32,
}

/// The rule for a control connection; `None` when its port is none of control between these two.
#[inline(always)]
pub fn find(key: &SessionKey, config: &Config) -> Option<Binding> {
    // SAFETY: the key is a reference.
    let place = unsafe { ftp_track_find_rule(key, config.generation, config.rules) };
    (place != NOWHERE as u64).then_some(Binding::new(config.generation, place as u8))
}

/// The place of the first rule that applies, or [`NOWHERE`]. A global function: see
/// [`crate::feed`].
///
/// # Safety
/// `key` must be null or valid.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftp_track_find_rule(
    key: *const SessionKey,
    generation: u32,
    rules: u32,
) -> u64 {
    if key.is_null() {
        return NOWHERE as u64;
    }
    let mut search = Search {
        key,
        generation,
        found: NOWHERE as u32,
    };
    // SAFETY: `step` takes what `bpf_loop` gives it: the index and this context.
    unsafe {
        generated::bpf_loop(
            rules.min(MAX_RULES as u32),
            step as *mut c_void,
            (&raw mut search).cast(),
            0,
        );
    }
    (search.found & 0xff) as u64
}

/// Looks at one rule. Returns 1 to stop.
extern "C" fn step(place: u32, search: &mut Search) -> i64 {
    let Some(rule) = RULES.get(policy::slot(search.generation, place)) else {
        return 1;
    };
    // SAFETY: `ftp_track_find_rule` has looked at the pointer, which outlives the search.
    let key = unsafe { &*search.key };
    if rule.applies(&key.client, &key.server, key.server_port) {
        search.found = place;
        return 1;
    }
    0
}

/// The rule that a binding is to; reports name it from now on.
#[inline(always)]
pub fn get(binding: Binding) -> Option<&'static Rule> {
    name(binding);
    RULES.get(binding.slot())
}

/// The rule that reports name.
#[inline(always)]
pub fn name(binding: Binding) {
    if let Some(place) = scratch::binding() {
        *place = binding;
    }
}

/// The rule of a session, of the policy in force: looked for again when there is a new one. A
/// session to which no rule applies any more has the empty rule, which admits nothing.
#[inline(always)]
pub fn of(entry: *mut SessionEntry, config: &Config) -> Option<&'static Rule> {
    // SAFETY: the entry is a live map value; the binding is one aligned word.
    unsafe {
        let binding = &raw const (*entry).session.binding;
        if !binding.read_volatile().is_of(config.generation) {
            bind(entry, config);
        }
        get(binding.read_volatile())
    }
}

/// The rule for everybody.
#[inline(always)]
pub fn general(config: &Config) -> Option<&'static Rule> {
    get(Binding::new(
        config.generation,
        config.rules.wrapping_sub(1) as u8,
    ))
}

/// Binds a session to its rule.
#[inline(never)]
fn bind(entry: *mut SessionEntry, config: &Config) {
    // SAFETY: the entry is a live map value; its key does not change while it is in its map.
    let place = unsafe {
        let key = &raw const (*entry).session.key;
        ftp_track_find_rule(key, config.generation, config.rules)
    };
    let binding = Binding::new(config.generation, place as u8);
    let Some(rule) = RULES.get(binding.slot()) else {
        return;
    };
    // SAFETY: the entry is a live map value; both are single aligned words, and every CPU that
    // comes here writes the same.
    unsafe {
        if rule.session_idle != 0 {
            (*entry).session.idle = rule.session_idle;
        }
        (*entry).session.binding = binding;
    }
}

/// What the rule says of [`scratch::command`], as the number of a reason: see
/// [`Rule::judge_command`]. `own` is the client's address. A global function: see [`crate::feed`].
///
/// # Safety
/// Both pointers must be null or valid.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftp_track_judge_command(rule: *const Rule, own: *const Address) -> u64 {
    // SAFETY: the caller gives valid pointers, if they are not null.
    match unsafe { (rule.as_ref(), own.as_ref(), scratch::command()) } {
        (Some(rule), Some(own), Some(command)) => rule.judge_command(command, own) as u64,
        _ => Reason::PolicyChanged as u64,
    }
}

/// What the rule says of [`scratch::reply`], as the number of a reason: see [`Rule::judge_reply`]. A
/// global function: see [`crate::feed`].
///
/// # Safety
/// `rule` must be null or valid.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftp_track_judge_reply(rule: *const Rule) -> u64 {
    // SAFETY: the caller gives a valid pointer, if it is not null.
    match unsafe { (rule.as_ref(), scratch::reply()) } {
        (Some(rule), Some(reply)) => rule.judge_reply(reply) as u64,
        _ => Reason::PolicyChanged as u64,
    }
}

/// What the rule says of a data connection to `port` that comes from `source_port`, as the number of
/// a reason: see [`Rule::judge`]. A global function: see [`crate::feed`].
///
/// # Safety
/// `rule` must be null or valid.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftp_track_judge_flow(
    rule: *const Rule,
    active: u32,
    port: u32,
    source_port: u32,
) -> u64 {
    // SAFETY: the caller gives a valid pointer, if it is not null.
    let Some(rule) = (unsafe { rule.as_ref() }) else {
        return Reason::PolicyChanged as u64;
    };
    let active = active != 0;
    if active && !rule.admits_source(source_port as u16) {
        return Reason::SourcePort as u64;
    }
    rule.judge(active, port as u16) as u64
}

/// What the rule says of a data connection with a `third` host, as the number of a reason. A global
/// function: see [`crate::feed`].
///
/// # Safety
/// Both pointers must be null or valid.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftp_track_judge_third(rule: *const Rule, third: *const Address) -> u64 {
    // SAFETY: the caller gives valid pointers, if they are not null.
    match unsafe { (rule.as_ref(), third.as_ref()) } {
        (Some(rule), Some(third)) if rule.admits_third(third) => 0,
        _ => Reason::Stranger as u64,
    }
}
