//! What a file means, and what is said when it is wrong.

mod example;
mod group;
mod rule;
mod terms;
mod value;

use std::path::Path;

use super::{Choice, Error, File, Settings};

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

/// One fault each: where it is, and what is said.
fn assert_faults(rows: &[(&str, &str, &str)]) {
    for (text, place, message) in rows {
        let found = faults(text);
        assert_eq!(found.len(), 1, "{text:?}: {found:?}");
        assert!(found[0].starts_with(place), "{text:?}: {found:?}");
        assert!(found[0].contains(message), "{text:?}: {found:?}");
    }
}

/// One fault of all of them: too many control ports hid the others.
#[test]
fn too_many_control_ports_are_a_fault_like_others() {
    let ports: Vec<String> = (1..=17).map(|port| port.to_string()).collect();
    let found = faults(&format!(
        "control_ports = [{}]\nmode = 'enforc'\n",
        ports.join(",")
    ));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].starts_with("f:1:57: there are at most 16"),
        "{found:#?}"
    );
    assert!(found[1].starts_with("f:2:8: "), "{found:#?}");
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
