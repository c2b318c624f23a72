//! Frames that end too early, at every length.

use ftp_track_common::{config::Mode, reason::Reason};

use super::{CLIENT4, CLIENT6, Outcome, Row, SERVER4, SERVER6, check, probe4, probe6};
use crate::harness::{
    frame::{
        AUTHENTICATION, HOP_BY_HOP, IPV4, IPV6, PPPOE, QINQ, VLAN, ethernet, extensions, options,
        pppoe, tagged, v4, v6,
    },
    pool,
};

/// Nothing shorter can be given to a program.
const SHORTEST: usize = 14;

#[test]
fn every_length() {
    let v4_options = v4(CLIENT4, SERVER4, options(8), &probe4().tcp());
    let (first, bytes) = extensions(&[(HOP_BY_HOP, 1), (AUTHENTICATION, 4)], &probe6().tcp());
    let v6_extensions = v6(CLIENT6, SERVER6, first, &bytes);
    let frames = [
        ("IPv4", probe4().frame()),
        ("IPv6", probe6().frame()),
        ("IPv4 with options", ethernet(IPV4, &v4_options)),
        (
            "IPv6 with extension headers",
            ethernet(IPV6, &v6_extensions),
        ),
        ("QinQ", tagged(&[QINQ, VLAN], IPV4, &probe4().packet())),
        (
            "PPPoE in a VLAN",
            tagged(&[VLAN], PPPOE, &pppoe(0x57, &probe6().packet())[14..]),
        ),
    ];
    let mut tracker = pool::tracker();
    let mut failures = Vec::new();
    let mut rows = 0;
    for (name, whole) in frames {
        for length in SHORTEST..=whole.len() {
            rows += 1;
            // The probe has neither options nor payload.
            let outcome = if length < whole.len() {
                Outcome::Unread(Reason::Truncated)
            } else {
                Outcome::Read
            };
            let row = Row {
                name,
                frame: whole[..length].to_vec(),
                outcome,
            };
            tracker.reset(Mode::Enforce);
            if let Err(failure) = check(&mut tracker, Mode::Enforce, &row) {
                failures.push(format!("{name}, {length} bytes: {failure}"));
            }
        }
    }
    println!("{rows} rows");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
