//! The kernel programs as they were built with this binary.

/// The object file: the programs and, as BTF, their maps.
pub static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/ftp-track-ebpf"));

/// Name of the XDP program in the object.
pub const XDP_PROGRAM: &str = "ftp_track_xdp";
/// Name of the program at the TC ingress hook.
pub const TC_INGRESS_PROGRAM: &str = "ftp_track_tc_ingress";
/// Name of the program at the TC ingress hook that forwards what XDP has let through.
pub const TC_FORWARD_PROGRAM: &str = "ftp_track_tc_forward";
/// Name of the program at the TC egress hook.
pub const TC_EGRESS_PROGRAM: &str = "ftp_track_tc_egress";
/// Name of the program that iptables asks.
pub const RELATED_PROGRAM: &str = "ftp_track_related";
/// All programs of the object.
pub const PROGRAMS: &[&str] = &[
    XDP_PROGRAM,
    TC_INGRESS_PROGRAM,
    TC_FORWARD_PROGRAM,
    TC_EGRESS_PROGRAM,
    RELATED_PROGRAM,
];
/// Name of the program that [`XDP_PROGRAM`] calls in conntrack mode. It cannot be loaded as it is:
/// see [`crate::conntrack`].
pub const XDP_CONNTRACK_PROGRAM: &str = "ftp_track_conntrack_xdp";
/// Name of the program that [`TC_INGRESS_PROGRAM`] calls in conntrack mode; likewise.
pub const TC_CONNTRACK_PROGRAM: &str = "ftp_track_conntrack_tc";
