//! The way back, for rules that are hard to take out and to put back.

use ftp_track_tests::administrator::Administrator;
use ftp_track_tests::lab::{Host, Lab};
use ftp_track_tests::process;

use super::typed;

/// A rule set with everything that is hard to take out and to put back. An object comes back as the
/// last of its table; objects have no order that matters.
const HARD: &str = r#"
table inet hard {
    ct helper voice { type "sip" protocol udp; }
    ct helper ftp-standard { type "ftp" protocol tcp; }
    chain prerouting {
        type filter hook prerouting priority 0; policy accept;
        tcp dport 21 ct helper set "ftp-standard" comment "it's first"
        udp dport 5060 ct helper set "voice"
        iifname "lan" tcp dport { 2121, 2122 } ct helper set "ftp-standard"
        tcp dport 990 counter ct helper set "ftp-standard"
    }
    chain forward {
        type filter hook forward priority 0; policy drop;
        iifname "wan" ct state established accept
        ct state related ct helper "ftp" accept
        tcp dport 990 ct state new ct helper set "ftp-standard" accept
        tcp dport 21 ct state new accept
    }
}
"#;

/// Every rule that was taken out comes back to its place.
#[test]
fn the_way_back_restores_hard_rules() {
    let lab = Lab::new().unwrap();
    let mut nft = lab.namespace(Host::Gateway).command("nft");
    process::run_with_input(nft.args(["-f", "-"]), HARD).unwrap();
    let mut administrator = Administrator::new(&lab).unwrap();
    let raw = "-t raw -A PREROUTING -p tcp --dport";
    for rule in [
        "21 -j CT --helper ftp",
        "22 -j ACCEPT",
        "2121 -j CT --helper ftp --zone 7",
        "2122 -j CT --helper ftp",
    ] {
        for program in ["iptables-nft", "ip6tables-legacy"] {
            administrator
                .types(&format!("{program} {raw} {rule}"))
                .unwrap();
        }
    }
    let listing = || {
        let mut text = typed(&lab, "nft", &["-s", "list", "ruleset"]);
        for save in ["iptables-nft-save", "ip6tables-legacy-save"] {
            let saved = typed(&lab, save, &[]);
            text.extend(saved.lines().filter(|line| line.starts_with("-A ")));
        }
        text
    };
    let before = listing();
    let steps = administrator.plan().unwrap();
    let is_rule = |line: &&String| !line.starts_with("ftp-track ");
    for line in steps.iter().flat_map(|step| &step.apply).filter(is_rule) {
        administrator.types(line).unwrap();
    }
    let without = listing();
    for word in [
        "type \"ftp\"",
        "ct helper \"ftp\"",
        "ftp-standard",
        "CT --helper ftp",
    ] {
        assert!(
            before.contains(word) && !without.contains(word),
            "{word}: {without}"
        );
    }
    for word in [
        "voice",
        "tcp dport 990 ct state new accept",
        "CT --zone 7",
        "comment \"ftp-track\"",
    ] {
        assert!(without.contains(word), "{word}: {without}");
    }
    let back = steps.iter().rev().flat_map(|step| &step.undo);
    for line in back.filter(is_rule) {
        administrator.types(line).unwrap();
    }
    assert_eq!(listing(), before);
}
