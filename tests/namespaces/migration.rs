//! The administrator's test: a gateway with the kernel's helper is migrated as `ftp-track migrate`
//! says, and back. FTP works before, during and after every step.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use ftp_track_tests::administrator::Administrator;
use ftp_track_tests::client::Client;
use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Firewall, Host, Lab};
use ftp_track_tests::machine::Machine;
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::process::{self, wait_until};
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::tracker::{json, traces};
use ftp_track_tests::transfer::{Direction, Mode};

use crate::firewalls::block_of;

/// One after the other while the administrator works.
const TRANSFERS: [(Client, Mode); 4] = [
    (Client::Curl, Mode::Passive),
    (Client::Lftp, Mode::Active),
    (Client::CurlExtended, Mode::Active),
    (Client::Lftp, Mode::Passive),
];

/// Users who transfer files all the time.
struct Users<'a> {
    lab: &'a Lab,
    server: &'a Server,
    /// Transfers that went well.
    done: AtomicU32,
    failed: Mutex<Vec<String>>,
    end: AtomicBool,
}

impl<'a> Users<'a> {
    fn of(lab: &'a Lab, server: &'a Server) -> Self {
        Self {
            lab,
            server,
            done: AtomicU32::new(0),
            failed: Mutex::default(),
            end: AtomicBool::new(false),
        }
    }

    fn work(&self) {
        for (client, mode) in TRANSFERS.into_iter().cycle() {
            if self.end.load(Ordering::Relaxed) {
                return;
            }
            let cell = Cell {
                server: self.server.kind(),
                transfer: client.transfer(mode, Family::V4, Direction::Download),
            };
            match cell.run(self.lab, self.server) {
                Ok(()) => _ = self.done.fetch_add(1, Ordering::Relaxed),
                Err(error) => self
                    .failed
                    .lock()
                    .unwrap()
                    .push(format!("{cell}: {error:#}")),
            }
        }
    }

    /// Waits until every kind of transfer has been made from its beginning; `when` says what was
    /// done before.
    fn are_happy(&self, when: &str) {
        // The one that is under way began earlier.
        let wanted = self.done.load(Ordering::Relaxed) + TRANSFERS.len() as u32 + 1;
        let failed = || self.failed.lock().unwrap();
        let happy = wait_until(Duration::from_secs(60), || {
            !failed().is_empty() || self.done.load(Ordering::Relaxed) >= wanted
        });
        let failed = failed();
        assert!(happy && failed.is_empty(), "after `{when}`: {failed:?}");
    }
}

/// Ends the work also when the test panics: the thread would be waited for.
struct Closing<'a>(&'a AtomicBool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

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
        let _closing = Closing(&users.end);
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
        let _closing = Closing(&users.end);
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
