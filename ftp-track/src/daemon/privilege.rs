//! What the process may do.

use caps::{CapSet, Capability, CapsHashSet};
use nix::sys::prctl::set_no_new_privs;
use tracing::warn;

use super::Error;

/// The capabilities that are needed, and the one that stands for some of them.
const NEEDED: &[(Capability, Option<Capability>)] = &[
    (Capability::CAP_BPF, Some(Capability::CAP_SYS_ADMIN)),
    (Capability::CAP_NET_ADMIN, None),
    (Capability::CAP_PERFMON, Some(Capability::CAP_SYS_ADMIN)),
];

/// Fails with the names of the capabilities that are missing.
pub fn check() -> Result<(), Error> {
    // Where they cannot be read, the kernel has the last word.
    let missing =
        missing(|capability| caps::has_cap(None, CapSet::Effective, capability).unwrap_or(true));
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::Privilege {
        missing: missing.join(", "),
    })
}

/// Gives up every capability but those that are needed, and the ways to get others. None of those
/// can go: an interface that comes back has to be attached to (`CAP_NET_ADMIN`, `CAP_BPF`), perhaps
/// with a program that has not been verified yet (`CAP_PERFMON`).
pub fn reduce() {
    let has = |capability| caps::has_cap(None, CapSet::Effective, capability).unwrap_or(true);
    let keep: CapsHashSet = NEEDED
        .iter()
        .filter_map(|(capability, instead)| match has(*capability) {
            true => Some(*capability),
            false => *instead,
        })
        .collect();
    let reduce = |set| {
        let held = caps::read(None, set)?;
        caps::set(None, set, &held.intersection(&keep).copied().collect())
    };
    if let Err(error) = caps::clear(None, CapSet::Ambient)
        .and_then(|()| caps::clear(None, CapSet::Inheritable))
        .and_then(|()| reduce(CapSet::Effective))
        .and_then(|()| reduce(CapSet::Permitted))
    {
        warn!("capabilities that are not needed cannot be given up: {error}");
    }
    if let Err(error) = set_no_new_privs() {
        warn!("no_new_privs cannot be set: {error}");
    }
}

fn missing(has: impl Fn(Capability) -> bool) -> Vec<String> {
    let lacks = |(capability, instead): &&(Capability, Option<Capability>)| {
        !has(*capability) && !instead.is_some_and(&has)
    };
    let missing = NEEDED.iter().filter(lacks);
    missing
        .map(|(capability, _)| capability.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        use Capability::{CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, CAP_SYS_ADMIN};
        for (held, expect) in [
            (&[CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON][..], &[][..]),
            (&[CAP_SYS_ADMIN, CAP_NET_ADMIN], &[]),
            (&[CAP_SYS_ADMIN], &["CAP_NET_ADMIN"]),
            (&[CAP_NET_ADMIN], &["CAP_BPF", "CAP_PERFMON"]),
            (&[], &["CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON"]),
        ] {
            assert_eq!(
                missing(|capability| held.contains(&capability)),
                expect,
                "{held:?}"
            );
        }
    }
}
