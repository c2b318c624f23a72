//! Rules, and what holds for all of them.

use ftp_track_common::{
    address::Address,
    policy,
    rule::{Action, LogLevel, Rule},
};

use super::{assert_faults, check, faults};

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

#[test]
fn single_faults() {
    assert_faults(&[
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
            "[[rule]]\nclient = '10.0.0.1'\n\
             control_ports = [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,1,16,17]",
            "f:3:59",
            "at most 16 control ports",
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
    ]);
}
