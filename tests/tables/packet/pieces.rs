//! Frames of several pieces, as drivers make them of large ones.

use ftp_track_common::{config::Mode, reason::Reason};

use super::{probe4, probe6};
use crate::harness::{
    frame::{HOP_BY_HOP, IPV4, IPV6, QINQ, VLAN, ethernet, extensions, options, tagged, v4, v6},
    namespace::LAN,
    pool,
    tracker::Verdict,
};

/// The first piece holds an Ethernet header at least.
const SHORTEST: usize = 14;

/// Wherever the first piece ends, also inside a header, the frame is read as a whole.
#[test]
fn every_place() {
    let v4_options = v4(super::CLIENT4, super::SERVER4, options(8), &probe4().tcp());
    let (first, bytes) = extensions(&[(HOP_BY_HOP, 1)], &probe6().tcp());
    let v6_extensions = v6(super::CLIENT6, super::SERVER6, first, &bytes);
    let mut tracker = pool::tracker();
    tracker.reset(Mode::Enforce);
    let tries = tracker.run_pieces(&probe4().frame(), SHORTEST, LAN);
    if tries.is_err() {
        println!("this kernel runs no frames of chosen pieces by hand");
        return;
    }
    for (name, frame) in [
        ("IPv4", probe4().frame()),
        ("IPv6", probe6().frame()),
        ("IPv4 with options", ethernet(IPV4, &v4_options)),
        (
            "IPv6 with extension headers",
            ethernet(IPV6, &v6_extensions),
        ),
        ("QinQ", tagged(&[QINQ, VLAN], IPV4, &probe4().packet())),
    ] {
        for first in SHORTEST..=frame.len() {
            tracker.reset(Mode::Enforce);
            let verdict = tracker.run_pieces(&frame, first, LAN);
            assert_eq!(verdict.ok(), Some(Verdict::Drop), "{name}, {first} bytes");
            assert_eq!(
                tracker.counts(),
                [(Reason::Unexpected, 1)],
                "{name}, {first}"
            );
        }
        for end in SHORTEST..frame.len() {
            tracker.reset(Mode::Enforce);
            let verdict = tracker.run_pieces(&frame[..end], SHORTEST, LAN);
            assert_eq!(verdict.ok(), Some(Verdict::Pass), "{name}, {end} in all");
            assert_eq!(tracker.counts(), [(Reason::Truncated, 1)], "{name}, {end}");
        }
    }
}
