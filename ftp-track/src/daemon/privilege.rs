//! What the process may do.

use caps::{CapSet, Capability};

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
