//! Groups of interfaces.

use super::{assert_faults, check, faults};
use crate::{config::Mode, conntrack};

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
    let refused = conntrack::refuse_zones(&settings).unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("the group late has zone = 65535"), "{text}");
    assert!(text.contains("since Linux 6.10"), "{text}");
    assert!(refused.way_out().contains("mode = \"mark\""));
    for harmless in [
        "[[group]]\ninterfaces = 'a'\nzone = 5\nmode = 'enforce'\n",
        "[[group]]\ninterfaces = 'a'\nmode = 'conntrack'\n",
    ] {
        assert!(conntrack::refuse_zones(&check(harmless).unwrap()).is_ok());
    }
}

/// The file says the same twice, or what is so anyway: that harms nobody.
#[test]
fn harmless() {
    for text in [
        "interfaces = ['a', 'a']\ncontrol_ports = [21, 21]",
        "[[group]]\ninterfaces = ['a', 'a']\nallow_ports = [22, 22]\nmode = 'enforce'",
        "mode = 'mark'\nallow_ports = []\nnot_tcp = 'pass'",
        "[[group]]\ninterfaces = 'a'\nmode = 'mark'\nallow_ports = []\nnot_tcp = 'pass'",
        // One group is in enforce mode, or the command line may say that all are.
        "mode = 'mark'\nallow_ports = [22]\n[[group]]\ninterfaces = 'a'\nmode = 'enforce'",
        "allow_ports = [22]\nnot_tcp = 'drop'",
    ] {
        assert_eq!(faults(text), [""; 0], "{text}");
    }
    let settings = check("[[group]]\ninterfaces = ['a', 'a']").unwrap();
    assert_eq!(settings.groups[0].interfaces.len(), 1);
    let settings = check("[[rule]]\nclient = '10.0.0.1'\ncontrol_ports = [99, 21, 99]").unwrap();
    assert_eq!(settings.policy.rules()[0].control_ports[..3], [21, 99, 0]);
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

#[test]
fn single_faults() {
    assert_faults(&[
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
            "mode = 'mark'\nallow_ports = [22]\n[[group]]\ninterfaces = 'a'",
            "f:2:16",
            "`allow_ports` is for enforce mode, and everything here is in mark mode",
        ),
        (
            "mode = 'observe'\nnot_tcp = 'drop'",
            "f:2:11",
            "`not_tcp` is for enforce mode",
        ),
        (
            "[[group]]\ninterfaces = 'a'\nname = ''",
            "f:3:8",
            "a group's name is not empty",
        ),
        (
            "[[group]]\ninterfaces = 'a'\nname = \"\\u001b[31mred\"",
            "f:3:8",
            "steers a terminal",
        ),
        (
            "[[group]]\ninterfaces = 'a'\nname = \"a\\nb\"",
            "f:3:8",
            "steers a terminal",
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
    ]);
}
