//! A stricter policy that is to end what runs (`ftp-track reload --apply-to-flows`).

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::{self, wait_until};
use ftp_track_tests::server::{CONTROL_PORT, Server, ServerKind};
use ftp_track_tests::tracker::{Listing, Tracker, ask, command};
use ftp_track_tests::transfer::Mode;

use super::upload::Upload;

const PATIENCE: Duration = Duration::from_secs(60);
const STRICT: &str = "[[rule]]\nserver = ['198.51.100.0/24', '2001:db8:2::/64']\n\
                      active = false\npassive = false\n";

fn write(lab: &Lab, mode: &str, rules: &str) -> PathBuf {
    let path = lab.folder().join("ftp-track.toml");
    let text = format!(
        "interfaces = ['lan', 'wan']\nmode = '{mode}'\ncontrol_ports = [{CONTROL_PORT}]\n{rules}"
    );
    fs::write(&path, text).unwrap();
    path
}

/// Default-deny, with a counter of what it refuses.
fn guard(lab: &Lab) {
    let rules = format!(
        "table inet filter {{\n counter refused {{ }}\n chain forward {{\n\
         type filter hook forward priority filter; policy drop;\n\
         ct state established,related accept\n\
         tcp dport {CONTROL_PORT} ct state new accept\n\
         meta mark & 0x200 == 0x200 accept\n\
         meta l4proto icmpv6 accept\n\
         meta l4proto tcp counter name refused drop\n }}\n}}\n"
    );
    let path = lab.folder().join("rules.nft");
    fs::write(&path, rules).unwrap();
    let gateway = lab.namespace(Host::Gateway);
    process::run(gateway.command("nft").arg("-f").arg(&path)).unwrap();
}

/// Packets that the firewall has refused.
fn refused(lab: &Lab) -> u64 {
    let mut nft = lab.namespace(Host::Gateway).command("nft");
    let text =
        process::run(nft.args(["-j", "list", "counter", "inet", "filter", "refused"])).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut objects = json["nftables"].as_array().unwrap().iter();
    let counter = objects.find_map(|object| object["counter"]["packets"].as_u64());
    counter.unwrap()
}

fn ends(mode: &str, transfer: Mode, family: Family) {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, family).unwrap();
    let behind_firewall = mode != "enforce";
    if behind_firewall {
        guard(&lab);
    }
    let mut run = command(&lab, "run").unwrap();
    run.arg("--config").arg(write(&lab, mode, ""));
    let tracker = Tracker::start_as(&lab, run).unwrap();
    let mut upload = Upload::start(&lab, &server, transfer, family);
    assert!(upload.goes_on(), "{mode}");
    let said = ask(&lab, "reload --apply-to-flows").unwrap();
    assert!(
        said.ends_with("permit every data connection there is\n"),
        "{said}"
    );

    // A stricter policy alone leaves it.
    write(&lab, mode, STRICT);
    assert_eq!(ask(&lab, "reload").unwrap(), "the settings are in force\n");
    assert!(upload.goes_on(), "{mode}");

    let said = ask(&lab, "reload --apply-to-flows").unwrap();
    assert!(
        said.ends_with("data connections that were ended: 1\n"),
        "{said}"
    );
    let before = upload.stored();
    let stopped = || match behind_firewall {
        true => refused(&lab),
        false => tracker.counter("revoked").unwrap(),
    };
    let already = stopped();
    upload.write();
    assert!(wait_until(PATIENCE, || stopped() > already), "{mode}");
    assert_eq!(upload.stored(), before, "{mode}");
    let flows = tracker.list(Listing::Flows).unwrap();
    assert_eq!(flows[0]["state"], "revoked", "{mode}: {flows:?}");

    // The old policy does not bring it back, and counts for the next one.
    write(&lab, mode, "");
    ask(&lab, "reload --apply-to-flows").unwrap();
    let already = stopped();
    assert!(wait_until(PATIENCE, || stopped() > already), "{mode}");
    assert_eq!(upload.stored(), before, "{mode}");
    assert!(Upload::start(&lab, &server, transfer, family).goes_on());
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn in_enforce_mode() {
    ends("enforce", Mode::Active, Family::V6);
}

#[test]
fn in_conntrack_mode() {
    ends("conntrack", Mode::Passive, Family::V4);
}

#[test]
fn in_mark_mode() {
    ends("mark", Mode::Passive, Family::V6);
}

#[test]
fn in_bypass_mode() {
    ends("bypass", Mode::Active, Family::V4);
}

/// What an administrator deletes is forgotten at once: its packets are for the firewall again, which does not
/// know them. Until then all of them are counted.
#[test]
fn deleted_by_hand() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    guard(&lab);
    let mut run = command(&lab, "run").unwrap();
    run.arg("--config").arg(write(&lab, "bypass", ""));
    let tracker = Tracker::start_as(&lab, run).unwrap();
    for what in ["delete flow", "flush flows"] {
        let mut upload = Upload::start(&lab, &server, Mode::Passive, Family::V4);
        for _ in 0..50 {
            assert!(upload.goes_on());
        }
        let flows = tracker.list(Listing::Flows).unwrap();
        let flow = &flows[0];
        let initiator = &flow["packets"]["initiator"];
        assert!(initiator.as_u64().unwrap() >= 50, "{flow}");
        let bytes = flow["bytes"]["initiator"].as_u64().unwrap();
        assert!(bytes >= upload.sent() + 50 * 40, "{flow}");
        assert!(flow["idle_seconds"].as_f64().unwrap() < 5.0, "{flow}");
        let request = match what {
            "flush flows" => what.to_owned(),
            _ => {
                let (initiator, responder) = upload.ends();
                format!("{what} {initiator} {responder}")
            }
        };
        let (stored, already) = (upload.stored(), refused(&lab));
        ask(&lab, &request).unwrap();
        upload.write();
        assert!(wait_until(PATIENCE, || refused(&lab) > already), "{what}");
        assert_eq!(upload.stored(), stored, "{what}");
    }
    assert!(tracker.stop().unwrap().success());
}

/// In enforce mode, packets of what nobody knows pass: its entry is what keeps a revoked flow from going on.
#[test]
fn is_not_forgotten_by_hand() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let mut run = command(&lab, "run").unwrap();
    run.arg("--config").arg(write(&lab, "enforce", ""));
    let tracker = Tracker::start_as(&lab, run).unwrap();
    let mut upload = Upload::start(&lab, &server, Mode::Passive, Family::V4);
    assert!(upload.goes_on());
    write(&lab, "enforce", "passive = false\n");
    ask(&lab, "reload --apply-to-flows").unwrap();
    let stored = upload.stored();

    let said = ask(&lab, "flush flows").unwrap();
    assert!(
        said.starts_with("removed 0 flows; 1 revoked one stays"),
        "{said}"
    );
    let (initiator, responder) = upload.ends();
    let refused = ask(&lab, &format!("delete flow {initiator} {responder}")).unwrap_err();
    assert!(refused.to_string().contains("revoked it"), "{refused}");
    let flows = tracker.list(Listing::Flows).unwrap();
    assert_eq!(flows[0]["state"], "revoked", "{flows:?}");

    let already = tracker.counter("revoked").unwrap();
    upload.write();
    let is_dropped = || tracker.counter("revoked").unwrap() > already;
    assert!(wait_until(PATIENCE, is_dropped));
    assert_eq!(upload.stored(), stored);
    assert!(tracker.stop().unwrap().success());
}

#[test]
fn observe_mode_drops_nothing() {
    let lab = Lab::new().unwrap();
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let mut run = command(&lab, "run").unwrap();
    run.arg("--config").arg(write(&lab, "observe", ""));
    let tracker = Tracker::start_as(&lab, run).unwrap();
    let mut upload = Upload::start(&lab, &server, Mode::Passive, Family::V4);
    assert!(upload.goes_on());
    write(&lab, "observe", STRICT);
    let said = ask(&lab, "reload --apply-to-flows").unwrap();
    assert!(
        said.ends_with(": 1; observe mode drops nothing\n"),
        "{said}"
    );
    assert!(upload.goes_on());
    assert!(tracker.counter("revoked").unwrap() > 0);
    assert!(tracker.stop().unwrap().success());
}
