//! What the kernel has to have. Features are tried, not derived from the version: distributions
//! bring them to older kernels.

use aya::{
    maps::MapType,
    programs::ProgramType,
    sys::{BpfHelper, is_helper_supported, is_map_supported},
};

use super::Error;

enum Feature {
    Map(MapType),
    Helper(BpfHelper),
}

struct Requirement {
    feature: Feature,
    name: &'static str,
    since: &'static str,
}

/// In the order of the versions, so that the oldest gap is named.
const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        feature: Feature::Map(MapType::RingBuf),
        name: "the BPF ring buffer",
        since: "5.8",
    },
    Requirement {
        feature: Feature::Helper(BpfHelper::BPF_FUNC_loop),
        name: "bpf_loop",
        since: "5.17",
    },
    Requirement {
        feature: Feature::Helper(BpfHelper::BPF_FUNC_xdp_load_bytes),
        name: "bpf_xdp_load_bytes",
        since: "5.18",
    },
];

/// Fails with the first feature that is missing. Where a feature cannot be tried, loading decides.
pub fn check() -> Result<(), Error> {
    for requirement in REQUIREMENTS {
        let supported = match requirement.feature {
            Feature::Map(map) => is_map_supported(map).unwrap_or(true),
            Feature::Helper(helper) => {
                is_helper_supported(ProgramType::Xdp, helper).unwrap_or(true)
            }
        };
        if !supported {
            return Err(Error::TooOld {
                feature: requirement.name,
                since: requirement.since,
                release: release(),
            });
        }
    }
    Ok(())
}

fn release() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease")
        .map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}
