//! What a file means, and what is said when it is wrong.

use std::path::Path;

use ftp_track_common::{
    address::Address,
    policy,
    rule::{Action, LogLevel, Rule},
};

use super::{Choice, EXAMPLE, Error, File, Mode, Settings};

fn check(text: &str) -> Result<Settings, Error> {
    Settings::check(
        Choice::default(),
        File::parse(text.to_owned(), Path::new("f")),
    )
}

fn faults(text: &str) -> Vec<String> {
    match check(text) {
        Err(Error::Invalid(faults)) => faults.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{text}: {other}"),
        Ok(_) => Vec::new(),
    }
}

#[test]
fn the_example_is_the_default() {
    assert_eq!(check(EXAMPLE).unwrap(), check("").unwrap());
}

/// The examples in the example, with the `#` taken away.
fn uncommented() -> String {
    let example = |line: &str| {
        let rest = line.strip_prefix('#')?;
        rest.starts_with(|first: char| first == '[' || first.is_ascii_lowercase())
            .then(|| rest.to_owned())
    };
    let lines = EXAMPLE.lines();
    lines
        .map(|line| example(line).unwrap_or_else(|| line.to_owned()) + "\n")
        .collect()
}

#[test]
fn the_examples_in_the_example_are_right() {
    let settings = check(&uncommented()).unwrap();
    assert_eq!(settings.groups.len(), 3);
    assert_eq!(settings.groups[1].mode, Some(Mode::Enforce));
    assert_eq!(settings.groups[2].zone, 5);
    assert_eq!(settings.control_ports, [21, 2121]);
    // The office has two prefixes, and the general rule is the last.
    assert_eq!(settings.policy.rules().len(), 7);
}

/// Every key that is read is in the example: as it stands, or as an example of a group or rule.
#[test]
fn the_example_has_every_key() {
    for (before, key) in [
        ("", "zzz"),
        ("[[group]]\ninterfaces = ['x']\n", "zzz"),
        ("[[rule]]\nclient = '10.0.0.1'\n", "zzz"),
    ] {
        let found = faults(&format!("{before}{key} = 1"));
        assert_eq!(found.len(), 1, "{found:?}");
    }
    let text = uncommented();
    let keys = [
        "name",
        "interfaces",
        "control_ports",
        "allow_ports",
        "not_tcp",
        "hook",
        "local",
        "mode",
        "mark",
        "keep",
        "wait_for_interfaces",
        "metrics",
        "max_sessions",
        "max_flows",
        "action",
        "active",
        "passive",
        "ports",
        "fxp",
        "source_port_20",
        "pending_per_session",
        "sessions_per_client",
        "flows_per_client",
        "expectation_lifetime",
        "session_idle",
        "flow_idle",
        "log",
        "client",
        "server",
        "zone",
    ];
    for key in keys {
        let line = format!("\n{key} = ");
        assert!(text.contains(&line), "{key} is not in the example");
        // It is really read: of a wrong kind, it is a fault.
        let table = match key {
            "client" | "server" => "[[rule]]\n",
            "zone" => "[[group]]\ninterfaces = 'x'\n",
            _ => "",
        };
        let found = faults(&format!("{table}{key} = 1979-05-27\n"));
        assert!(
            found.iter().any(|fault| fault.contains("is expected here") || fault.contains("not a datetime")),
            "{key}: {found:?}"
        );
    }
}

#[test]
fn what_is_said_at_the_top_holds_in_the_rules() {
    let settings = check(
        "control_ports = [21, 990]\nactive = false\nsession_idle = 100\nlog = 'warn'\n\
         fxp = ['10.1.1.1', '172.16.0.0/12']\n\
         [[rule]]\nname = 'a'\nclient = '10.0.0.0/8'\npassive = false\nactive = true\nfxp = []\n\
         [[rule]]\nserver = '10.0.0.1'\ncontrol_ports = [2121]\naction = 'ignore'\nlog = 'none'",
    )
    .unwrap();
    let find = |client, server, port| -> Rule {
        let (client, server) = (Address::from_v4(client), Address::from_v4(server));
        let rules = settings.policy.rules();
        rules[policy::find(rules, &client, &server, port).unwrap()]
    };
    let one = find([10, 0, 0, 9], [10, 0, 0, 1], 990);
    assert_eq!((one.active, one.passive), (1, 0));
    assert_eq!(one.session_idle, 100_000_000_000);
    assert_eq!(one.log, LogLevel::Warn as u8);
    let other = find([10, 0, 0, 9], [10, 0, 0, 1], 2121);
    assert_eq!(other.action, Action::Ignore as u8);
    assert_eq!(other.log, LogLevel::None as u8);
    let general = find([192, 0, 2, 1], [10, 0, 0, 1], 21);
    let third = |rule: &Rule| rule.admits_third(&Address::from_v4([172, 16, 1, 1]));
    assert_eq!([&one, &other, &general].map(third), [false, true, true]);
    assert_eq!((general.active, general.passive), (0, 1));
    let (client, server) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let (client, server) = (Address::from_v4(client), Address::from_v4(server));
    let none = policy::find(settings.policy.rules(), &client, &server, 2121);
    assert_eq!(none, None, "2121 is a control port of one server only");
    assert_eq!(settings.control_ports, [21, 990, 2121]);
}

#[test]
fn groups() {
    let settings = check(
        "interfaces = ['a', 'b']\nmode = 'enforce'\nallow_ports = [22]\n\
         [[group]]\nname = 'in'\ninterfaces = 'c'\nmode = 'observe'\n\
         [[group]]\ninterfaces = ['d', 'e']",
    )
    .unwrap();
    let shown: Vec<String> = settings
        .groups
        .iter()
        .map(|group| {
            let interfaces: Vec<&str> = group.interfaces.iter().map(|name| name.as_str()).collect();
            let (name, mode) = (&group.name, group.mode.map_or("-", Mode::name));
            format!("{name}: {} {mode}", interfaces.join("+"))
        })
        .collect();
    assert_eq!(shown, ["default: a+b -", "in: c observe", "2: d+e -"]);
    assert_eq!(settings.interfaces.len(), 5);
    assert_eq!(settings.mode_names(), "enforce, observe");
    let mode = |name: &str| settings.mode_of(&name.parse().unwrap());
    assert_eq!(
        ["a", "c", "e"].map(mode),
        [Mode::Enforce, Mode::Observe, Mode::Enforce]
    );
}

/// What a group does not say is as at the top; lists that are the same are one.
#[test]
fn ports_and_protocols_of_groups() {
    let settings = check(
        "interfaces = 'a'\nmode = 'enforce'\nallow_ports = [22]\nnot_tcp = 'drop'\n\
         [[group]]\ninterfaces = 'b'\nallow_ports = []\nnot_tcp = 'pass'\n\
         [[group]]\ninterfaces = 'c'\nallow_ports = [443, 80, 80]\n\
         [[group]]\ninterfaces = 'd'\nallow_ports = 22\n\
         [[group]]\ninterfaces = 'e'\nallow_ports = [80, 443]\nmode = 'enforce'",
    )
    .unwrap();
    let lists: [&[u16]; 3] = [&[22], &[], &[80, 443]];
    assert_eq!(settings.port_lists(), lists);
    let name = |name: &str| name.parse().unwrap();
    let list = |interface| settings.list_of(&name(interface));
    assert_eq!(["a", "b", "c", "d", "e"].map(list), [0, 1, 2, 0, 2]);
    let tcp_only = |interface| settings.is_tcp_only(&name(interface));
    assert_eq!(["a", "b", "c"].map(tcp_only), [true, false, true]);
}

/// Everything that is in no group with a zone is in the default one.
#[test]
fn zones_of_groups() {
    let settings = check(
        "interfaces = 'a'\nmode = 'mark'\n\
         [[group]]\ninterfaces = ['b', 'c']\nzone = 5\n\
         [[group]]\nname = 'late'\ninterfaces = 'd'\nzone = 65535\nmode = 'conntrack'",
    )
    .unwrap();
    let zone = |name: &str| settings.zone_of(&name.parse().unwrap());
    assert_eq!(["a", "b", "c", "d", "e"].map(zone), [0, 5, 5, 65_535, 0]);
    // Where the kernel makes entries in the default zone only, this one cannot be had.
    let refused = crate::conntrack::refuse_zones(&settings).unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("the group late has zone = 65535"), "{text}");
    assert!(text.contains("since Linux 6.10"), "{text}");
    assert!(refused.way_out().contains("mode = \"mark\""));
    for harmless in [
        "[[group]]\ninterfaces = 'a'\nzone = 5\nmode = 'enforce'\n",
        "[[group]]\ninterfaces = 'a'\nmode = 'conntrack'\n",
    ] {
        assert!(crate::conntrack::refuse_zones(&check(harmless).unwrap()).is_ok());
    }
}

#[test]
fn no_more_lists_than_the_kernel_holds() {
    let group = |i: u16| {
        format!(
            "[[group]]\ninterfaces = 'i{i}'\nallow_ports = {}\n",
            100 + i
        )
    };
    let fits: String = (0..7).map(group).collect();
    assert_eq!(check(&fits).unwrap().port_lists().len(), 8);
    let found = faults(&(fits + &group(7)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("f:22:1") && found[0].contains("at most 8 different lists"),
        "{found:?}"
    );
}

/// One fault each: where it is, and what is said.
#[test]
fn single_faults() {
    for (text, place, message) in [
        ("interface = ['lan']", "f:1:1", "did you mean `interfaces`?"),
        ("zzz = 1", "f:1:1", "there is no key `zzz` here"),
        ("\nmode = 'enforced'", "f:2:8", "did you mean `enforce`?"),
        (
            "mode = 'xyz'",
            "f:1:8",
            "there is no mode `xyz`, but: conntrack, observe, enforce, mark, bypass",
        ),
        (
            "mode = 1",
            "f:1:8",
            "a string in quotes is expected here, not an integer",
        ),
        ("mark = '3/1'", "f:1:8", "VALUE has bits"),
        ("mark = 512", "f:1:8", "a string in quotes is expected"),
        ("control_ports = [21, 0]", "f:1:22", "0 is no port"),
        ("control_ports = [70000]", "f:1:18", "70000 is no port"),
        ("control_ports = [-1]", "f:1:18", "-1 is no port"),
        (
            "control_ports = 'ftp'",
            "f:1:17",
            "a whole number is expected here, not a string",
        ),
        (
            "control_ports = [99999999999999999999999999999999999999999999]",
            "f:1:18",
            "too large",
        ),
        ("interfaces = ['a b']", "f:1:15", "without spaces"),
        ("session_idle = 0", "f:1:16", "from 1 to"),
        ("session_idle = -5", "f:1:16", "from 1 to"),
        ("flow_idle = 2592001", "f:1:13", "from 1 to"),
        (
            "flow_idle = 1.5",
            "f:1:13",
            "a whole number is expected here, not a float",
        ),
        ("name = 'a.b'", "f:1:8", "a name has"),
        (
            "mode = 'observe'\nmode = 'observe'",
            "f:2:1",
            "duplicate key",
        ),
        ("mode = ", "f:1:", ""),
        ("a = 'ä' b", "f:1:", ""),
        // Terms.
        ("actve = true", "f:1:1", "did you mean `active`?"),
        (
            "active = 1",
            "f:1:10",
            "true or false is expected here, not an integer",
        ),
        (
            "action = 'drop'",
            "f:1:10",
            "there is no action `drop`, but: track, ignore, refuse",
        ),
        ("action = 'refused'", "f:1:10", "did you mean `refuse`?"),
        ("log = 'warning'", "f:1:7", "did you mean `warn`?"),
        ("pending_per_session = 2", "f:1:23", "2 is not possible"),
        ("sessions_per_client = -1", "f:1:23", "-1 is not from 0 to"),
        (
            "ports = ['5100-5000']",
            "f:1:10",
            "did you mean \"5000-5100\"?",
        ),
        ("not_tcp = 'dorp'", "f:1:11", "did you mean `drop`?"),
        (
            "[[group]]\ninterfaces = 'a'\nmode = 'observe'\nallow_ports = [22]",
            "f:4:16",
            "`allow_ports` is for enforce mode",
        ),
        (
            "[[group]]\ninterfaces = 'a'\nmode = 'mark'\nnot_tcp = 'drop'",
            "f:4:11",
            "`not_tcp` is for enforce mode",
        ),
        (
            "[[group]]\ninterfaces = 'a'\nzone = 0",
            "f:3:8",
            "zones are 1 to 65535",
        ),
        (
            "[[group]]\ninterfaces = 'a'\nzone = 65536",
            "f:3:8",
            "65536 is no conntrack zone",
        ),
        ("zone = 5", "f:1:1", "there is no key `zone` here"),
        ("ports = [20]", "f:1:10", "below 1024 is never admitted"),
        (
            "fxp = ['10.0.0.1/8']",
            "f:1:8",
            "did you mean `10.0.0.0/8`?",
        ),
        (
            "fxp = ['10.0.0.0/8', '10.0.0.1']",
            "f:1:22",
            "10.0.0.0/8 and 10.0.0.1 overlap",
        ),
        (
            "fxp = ['10.0.0.1','10.0.0.2','10.0.0.3','10.0.0.4','10.0.0.5','10.0.0.6',\
             '10.0.0.7','10.0.0.8','10.0.0.9']",
            "f:1:96",
            "at most 8 prefixes of third hosts",
        ),
        (
            "action = 'ignore'\nfxp = '10.0.0.1'",
            "f:2:7",
            "`fxp` contradicts action",
        ),
        ("ports = '1-65535'", "f:1:9", "below 1024 is never admitted"),
        (
            "ports = ['5000-5100', '5050-5200']",
            "f:1:23",
            "5050-5200 and 5000-5100 overlap; did you mean \"5000-5200\"?",
        ),
        (
            "ports = [2000,2001,2002,2003,2004,2005,2006,2007,2008]",
            "f:1:50",
            "at most 8 ranges",
        ),
        (
            "expectation_lifetime = 90\nsession_idle = 60",
            "f:1:24",
            "would be given up before",
        ),
        ("session_idle = 59", "f:1:16", "would be given up before"),
        // Contradictions within one table.
        (
            "active = false\nsource_port_20 = true",
            "f:2:18",
            "active is false here",
        ),
        (
            "action = 'refuse'\npassive = false",
            "f:2:11",
            "contradicts action = \"refuse\"",
        ),
        (
            "action = 'ignore'\nports = [5000]",
            "f:2:10",
            "contradicts action = \"ignore\"",
        ),
        // Rules.
        ("rule = 1", "f:1:8", "[[rule]]"),
        ("[rule]\nclient = 'any'", "f:1:1", "[[rule]]"),
        ("[[rules]]\nclient = 'any'", "f:1:3", "did you mean `rule`?"),
        (
            "[[rule]]\nclients = '10.0.0.1'\nserver = '10.0.0.1'",
            "f:2:1",
            "did you mean `client`?",
        ),
        (
            "[[rule]]\nclient = '10.0.0'",
            "f:2:10",
            "no address and no prefix",
        ),
        (
            "[[rule]]\nactive = false",
            "f:1:1",
            "at the top of the file",
        ),
        (
            "[[rule]]\nclient = []\nserver = '10.0.0.1'",
            "f:1:1",
            "for nobody",
        ),
        (
            "[[rule]]\nclient = '10.0.0.1'\ncontrol_ports = []",
            "f:1:1",
            "for nothing",
        ),
        (
            "[[rule]]\nclient = '10.0.0.1'\ncontrol_ports = [21, 21]",
            "f:3:22",
            "port 21 is there twice",
        ),
        (
            "[[rule]]\nclient = '10.0.0.1'\nname = ''",
            "f:3:8",
            "a rule's name has",
        ),
        (
            "[[rule]]\nclient = ['10.0.0.0/8', '10.0.0.1']",
            "f:2:25",
            "one of them is enough",
        ),
        (
            "[[rule]]\nclient = '10.0.0.0/8'\n\n[[rule]]\nclient = '10.0.0.0/8'\nactive = false",
            "f:4:1",
            "the one in line 1 are for the same: client = \"10.0.0.0/8\", server = \"any\"",
        ),
        (
            "[[rule]]\nclient = '10.0.0.0/8'\n[[rule]]\nserver = '10.0.0.1'\nactive = false",
            "f:3:1",
            "add a rule for that: client = \"10.0.0.0/8\", server = \"10.0.0.1\", control_ports = [21]",
        ),
        (
            "[[rule]]\nclient = '10.0.0.1'\ncontrol_ports = [21, 99]\n\
             [[rule]]\nclient = '10.0.0.1'\ncontrol_ports = [99, 98]\nactive = false",
            "f:4:1",
            "control_ports = [99]",
        ),
        (
            "[[rule]]\nclient = '10.0.0.1'\nserver = '2001:db8::1'",
            "f:1:1",
            "no client of one address family",
        ),
        // Groups.
        ("[[group]]\nname = 'x'", "f:1:1", "a group needs interfaces"),
        (
            "interfaces = ['a']\n[[group]]\ninterfaces = ['a']",
            "f:3:15",
            "a is among the general",
        ),
        (
            "[[group]]\ninterfaces = ['a']\n[[group]]\ninterfaces = ['b', 'a']",
            "f:4:20",
            "a is in the group in line 1 already",
        ),
        (
            "[[group]]\nname = 'x'\ninterfaces = ['a']\n[[group]]\nname = 'x'\ninterfaces = ['b']",
            "f:5:8",
            "another group has that name",
        ),
        (
            "[[group]]\ninterfaces = ['a']\nmode = 'drop'",
            "f:3:8",
            "there is no mode",
        ),
    ] {
        let found = faults(text);
        assert_eq!(found.len(), 1, "{text:?}: {found:?}");
        assert!(found[0].starts_with(place), "{text:?}: {found:?}");
        assert!(found[0].contains(message), "{text:?}: {found:?}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let found = faults(
        "mode = 'enforc'\ncontrol_port = [21]\n[[rule]]\nclient = '10.0.0.1/8'\nports = [80]\n\
         [[group]]\ninterfaces = []\n",
    );
    let places: Vec<&str> = found
        .iter()
        .filter_map(|fault| fault.split(": ").next())
        .collect();
    assert_eq!(
        places,
        ["f:1:8", "f:2:1", "f:4:10", "f:5:10", "f:6:1"],
        "{found:#?}"
    );
}

/// Where both say the same, where one is for a part, and where a third rule decides.
#[test]
fn what_is_no_contradiction() {
    for text in [
        "[[rule]]\nclient = '10.0.0.0/8'\nactive = false\n[[rule]]\nserver = '10.0.0.1'\nactive = false",
        "[[rule]]\nclient = '10.0.0.0/8'\n[[rule]]\nclient = '10.0.0.1'\nactive = false",
        "[[rule]]\nclient = '10.0.0.0/8'\n[[rule]]\nserver = '10.0.0.1'\nactive = false\n\
         [[rule]]\nclient = '10.0.0.0/8'\nserver = '10.0.0.1'\npassive = false",
        "[[rule]]\nclient = '10.0.0.1'\ncontrol_ports = [21]\n\
         [[rule]]\nclient = '10.0.0.1'\ncontrol_ports = [99]\nactive = false",
        "[[rule]]\nclient = '10.0.0.1'\n[[rule]]\nserver = '2001:db8::1'\nactive = false",
        "[[rule]]\nclient = '10.0.0.0/8'\n\
         [[rule]]\nclient = '10.0.0.1'\ncontrol_ports = [21, 99]\nactive = false",
        "[[rule]]\nclient = ['10.0.0.1', '2001:db8::1']\nserver = ['10.0.0.2', '2001:db8::2']",
        "[[rule]]\ncontrol_ports = [99]\nactive = false",
        "action = 'refuse'\n[[rule]]\nclient = '10.0.0.1'\naction = 'track'\npassive = false",
    ] {
        assert_eq!(faults(text), [""; 0], "{text:?}");
    }
}

#[test]
fn no_more_rules_than_the_kernel_holds() {
    let rule = |i: u32| format!("[[rule]]\nclient = '10.0.{}.{}'\n", i / 256, i % 256);
    let fits: String = (0..254).map(rule).collect();
    assert_eq!(check(&fits).unwrap().policy.rules().len(), 255);
    let found = faults(&(fits + &rule(254)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("f:509:1") && found[0].contains("more than 254"),
        "{found:?}"
    );
}
