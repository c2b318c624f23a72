//! The example, which every installation begins with.

use super::{check, faults};
use crate::config::{EXAMPLE, Mode};

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
