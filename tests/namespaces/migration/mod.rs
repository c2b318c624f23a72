//! The administrator's test: a gateway with the kernel's helper is migrated as `ftp-track migrate`
//! says, and back. FTP works before, during and after every step.

mod undoing;
mod users;

use std::thread;

use ftp_track_tests::administrator::Administrator;
use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Firewall, Host, Lab};
use ftp_track_tests::machine::Machine;
use ftp_track_tests::process;
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{json, traces};
use ftp_track_tests::transfer::Mode;

use self::users::Users;
use crate::firewalls::block_of;

/// A user who stays logged in lists a folder in both modes.
fn lists(control: &mut Control, when: &str) {
    for mode in Mode::ALL {
        let listed = control
            .announce(mode)
            .and_then(|announcement| control.open_data(&announcement))
            .and_then(|data| control.close_data(data));
        if let Err(error) = listed {
            panic!("{mode} list after `{when}`: {error:#}");
        }
    }
}

fn typed(lab: &Lab, program: &str, arguments: &[&str]) -> String {
    let mut command = lab.namespace(Host::Gateway).command(program);
    process::run(command.args(arguments)).unwrap()
}

/// Migrates the gateway and brings it back. `listing` shows the firewall's rules; `lines` are all
/// that goes from it.
fn there_and_back(
    lab: &Lab,
    mut administrator: Administrator,
    listing: impl Fn() -> Vec<String>,
    lines: &[&str],
) {
    let server = Server::start(lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let users = Users::of(lab, &server);
    let before = listing();
    thread::scope(|scope| {
        let _closing = users.until_dropped();
        scope.spawn(|| users.work());
        let mut early = Control::open(lab, &server, Family::V4).unwrap();
        users.are_happy("nothing");
        lists(&mut early, "nothing");
        assert_eq!(administrator.check().unwrap(), Some(0), "helper alone");

        let steps = administrator.plan().unwrap();
        for step in &steps {
            assert_eq!(step.by_hand, [""; 0], "{step:?}");
            for line in &step.apply {
                administrator.types(line).unwrap();
                users.are_happy(line);
                lists(&mut early, line);
                if line.starts_with("ftp-track run") {
                    assert_eq!(administrator.check().unwrap(), Some(1), "both");
                }
            }
        }
        assert_eq!(administrator.check().unwrap(), Some(0), "tracker alone");
        assert_eq!(hooks(lab), ["tcx", "tcx"]);
        assert_only_gone(&before, &listing(), lines);

        let mut late = Control::open(lab, &server, Family::V4).unwrap();
        for step in steps.iter().rev() {
            for line in &step.undo {
                if line.starts_with("ftp-track stop") {
                    // As it says: whoever logged in without the helper goes first.
                    late.command("QUIT", "221").unwrap();
                } else {
                    lists(&mut late, line);
                }
                administrator.types(line).unwrap();
                users.are_happy(line);
                lists(&mut early, line);
            }
        }
        assert_eq!(administrator.check().unwrap(), Some(0), "helper again");
        assert_eq!(listing(), before);
        assert!(traces(lab.name()).is_empty());
    });
}

/// Where ftp-track looks at what comes in; the plan leaves the hook to it.
fn hooks(lab: &Lab) -> Vec<String> {
    let status = json(lab, "status").unwrap();
    let interfaces = status["daemon"]["interfaces"].as_array().unwrap().iter();
    interfaces
        .map(|interface| interface["hook"].as_str().unwrap().to_owned())
        .collect()
}

/// Nothing was added, and of what was there exactly `lines` are gone.
fn assert_only_gone(before: &[String], after: &[String], lines: &[&str]) {
    let mut left = after.iter().peekable();
    let gone: Vec<&String> = before
        .iter()
        .filter(|line| left.next_if_eq(line).is_none())
        .collect();
    assert_eq!(left.next(), None, "added to {before:#?}");
    assert_eq!(gone, lines);
}

#[test]
fn nftables() {
    let lab = Lab::new().unwrap();
    lab.set_firewall(Firewall::KernelHelper).unwrap();
    let listing = || {
        let text = typed(&lab, "nft", &["-s", "list", "table", "inet", "firewall"]);
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let lines = [
        "ct helper ftp {",
        "type \"ftp\" protocol tcp",
        "l3proto inet",
        "}",
        "tcp dport 21 ct helper set \"ftp\"",
    ];
    let administrator = Administrator::new(&lab).unwrap();
    there_and_back(&lab, administrator, listing, &lines);
}

/// Rules that accept new control connections, and what is established or the helper's.
fn iptables(program: &str) {
    let lab = Lab::new().unwrap();
    let mut administrator = Administrator::new(&lab).unwrap();
    let rules = [
        "-P FORWARD DROP",
        "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT",
        "-A FORWARD -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT",
        "-A FORWARD -p tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT",
        "-t raw -A PREROUTING -p tcp -m comment --comment \"it's for FTP\" --dport 21 -j CT --helper ftp",
    ];
    for rule in rules {
        administrator.types(&format!("{program} {rule}")).unwrap();
    }
    let save = format!("{program}-save");
    let listing = || {
        let text = typed(&lab, &save, &[]);
        let lines = text.lines().filter(|line| line.starts_with("-A "));
        lines.map(str::to_owned).collect()
    };
    let before: Vec<String> = listing();
    let lines: Vec<&str> = before
        .iter()
        .filter(|line| line.contains("--helper ftp"))
        .map(String::as_str)
        .collect();
    assert_eq!(lines.len(), 2, "{before:?}");
    there_and_back(&lab, administrator, listing, &lines);
}

#[test]
fn iptables_nft() {
    iptables("iptables-nft");
}

#[test]
fn iptables_legacy() {
    iptables("iptables-legacy");
}

/// firewalld takes the helper away itself: its service goes, and the service's port stays open.
#[test]
fn firewalld() {
    let lab = Lab::new().unwrap();
    let machine = Machine::with_firewalld(&lab).unwrap();
    let mut administrator = Administrator::on(&lab, &machine).unwrap();
    let with_port = block_of("firewalld", "firewall-cmd");
    let with_service = with_port.replace("--add-port=21/tcp", "--add-service=ftp");
    assert_ne!(with_service, with_port);
    administrator.types_all(&with_service).unwrap();
    let listing = || {
        let text = typed(&lab, "nft", &["-s", "list", "table", "inet", "firewalld"]);
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| line.contains("tcp dport 21"))
            .map(str::to_owned)
            .collect()
    };
    let lines = ["tcp dport 21 ct helper set \"helper-ftp-tcp\""];
    there_and_back(&lab, administrator, listing, &lines);
}

/// ufw's files would bring the helper back, so they are named.
#[test]
fn ufw() {
    let lab = Lab::new().unwrap();
    let machine = Machine::with_ufw(&lab).unwrap();
    let mut administrator = Administrator::on(&lab, &machine).unwrap();
    let rule = "-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp";
    let file = "/etc/ufw/before.rules";
    for line in [
        &format!("printf '*raw\\n:PREROUTING ACCEPT [0:0]\\n%s\\nCOMMIT\\n' '{rule}' >> {file}"),
        "sed -i 's/^IPT_MODULES=.*/IPT_MODULES=\"nf_conntrack_ftp\"/' /etc/default/ufw",
        &block_of("ufw", "ufw"),
    ] {
        administrator.types_all(line).unwrap();
    }
    let server = Server::start(&lab, ServerKind::Vsftpd, Family::V4).unwrap();
    let users = Users::of(&lab, &server);
    thread::scope(|scope| {
        let _closing = users.until_dropped();
        scope.spawn(|| users.work());
        users.are_happy("nothing");
        let steps = administrator.plan().unwrap();
        for line in steps.iter().flat_map(|step| &step.apply) {
            administrator.types(line).unwrap();
            users.are_happy(line);
        }
        let by_hand: Vec<_> = steps.iter().flat_map(|step| &step.by_hand).collect();
        let [modules, helper] = by_hand.as_slice() else {
            panic!("{by_hand:?}");
        };
        assert!(modules.starts_with("/etc/default/ufw:"), "{modules}");
        assert!(
            helper.starts_with(file) && helper.ends_with(rule),
            "{helper}"
        );
        let number = helper.split(':').nth(1).unwrap();
        administrator
            .types(&format!("sed -i {number}d {file}"))
            .unwrap();
        administrator.types("ufw reload").unwrap();
        users.are_happy("ufw reload");
        assert_eq!(administrator.check().unwrap(), Some(0));

        // And back: what the file says is for the next boot, and what the kernel has the plan restores.
        // ufw itself would put the rule beside the one that is there (it does not empty that table).
        let back = format!("sed -i '{number}i {rule}' {file}");
        administrator.types(&back).unwrap();
        for line in steps.iter().rev().flat_map(|step| &step.undo) {
            administrator.types(line).unwrap();
            users.are_happy(line);
        }
        assert_eq!(administrator.check().unwrap(), Some(0), "helper again");
        assert!(traces(lab.name()).is_empty());
    });
    let rules = typed(&lab, "iptables-save", &["-t", "raw"]);
    assert_eq!(rules.matches(rule).count(), 1, "{rules}");
}
