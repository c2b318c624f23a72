//! What to do, in an order in which FTP works all the time, and the way back.

mod note;
mod step;

use super::{Change, Rule, Survey};
use crate::instance::Name;

/// One step. FTP works before it, while it is done, and after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What is done.
    pub title: &'static str,
    /// Why, and what to know.
    pub why: String,
    /// The commands, and those that take them back.
    pub change: Change,
    /// What no command is given for.
    pub by_hand: Vec<String>,
    /// What to know before it is taken back.
    pub before_undo: Option<&'static str>,
}

/// What to do. The way back is the steps' undoing, from last to first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// What speaks against it, or has to be known.
    pub notes: Vec<String>,
}

impl Plan {
    /// The plan for a machine, with a tracker of that name.
    pub fn of(survey: &Survey, name: &Name) -> Self {
        let steps = [
            step::accept_established(survey),
            step::start(survey, name),
            step::take_away(survey),
            step::stop_asking(survey),
            step::delete_objects(survey),
            step::unload(survey),
            step::at_boot(survey),
        ];
        Self {
            steps: steps.into_iter().flatten().collect(),
            notes: note::all(survey),
        }
    }
}

/// A rule, and where it is.
fn shown(rule: &Rule) -> String {
    format!("{}, {}: {}", rule.firewall, rule.place, rule.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::{BootLine, Helper, Interface, Presence, Role};

    fn rule(role: Role, name: &str) -> Rule {
        Rule {
            role,
            firewall: "nft".into(),
            place: name.into(),
            text: name.into(),
            ports: vec![2121, 21],
            local: false,
            remove: Some(Change::new(format!("delete {name}"), format!("add {name}"))),
            established: None,
        }
    }

    fn machine() -> Survey {
        let interface = |name: &str| Interface {
            name: name.into(),
            addresses: vec!["192.0.2.1".into()],
            default_route: false,
        };
        Survey {
            helper: Helper {
                tracking: Presence::Loaded,
                nat: Presence::Loaded,
                automatic: None,
                ports: Vec::new(),
            },
            rules: vec![
                rule(Role::Assigns, "a1"),
                rule(Role::Accepts, "b"),
                rule(Role::Assigns, "a2"),
                rule(Role::Object, "o"),
            ],
            translations: Vec::new(),
            zones: Vec::new(),
            boot: Vec::new(),
            interfaces: vec![interface("lan"), interface("wan")],
            attachments: Vec::new(),
            unseen: Vec::new(),
        }
    }

    fn commands(plan: &Plan, back: bool) -> Vec<&str> {
        let mut lists: Vec<&[String]> = plan
            .steps
            .iter()
            .map(|step| {
                if back {
                    &step.change.undo[..]
                } else {
                    &step.change.apply[..]
                }
            })
            .collect();
        if back {
            lists.reverse();
        }
        lists.into_iter().flatten().map(String::as_str).collect()
    }

    #[test]
    fn the_tracker_first_and_the_objects_last() {
        let plan = Plan::of(&machine(), &Name::default());
        assert_eq!(
            commands(&plan, false),
            [
                "ftp-track run --interface lan --interface wan --control-port 21 \
                 --control-port 2121 --mode conntrack",
                "delete a1",
                "delete a2",
                "delete b",
                "delete o",
                "modprobe -r nf_nat_ftp",
                "modprobe -r nf_conntrack_ftp",
            ]
        );
        assert_eq!(
            commands(&plan, true),
            [
                "modprobe nf_conntrack_ftp",
                "modprobe nf_nat_ftp",
                "add o",
                "add b",
                "add a2",
                "add a1",
                "ftp-track stop",
            ]
        );
    }

    #[test]
    fn one_acceptance_for_each_chain() {
        let mut survey = machine();
        for (index, undo) in [(1, "x"), (0, "x"), (2, "y")] {
            let change = Change::new(format!("insert {index}"), undo.into());
            survey.rules[index].established = Some(change);
        }
        let plan = Plan::of(&survey, &Name::default());
        assert_eq!(plan.steps[0].change.apply, ["insert 0", "insert 2"]);
    }

    #[test]
    fn what_no_command_is_given_for() {
        let mut survey = machine();
        survey.rules[0].remove = None;
        survey.boot = vec![BootLine {
            path: "/etc/modules".into(),
            number: 3,
            text: "nf_conntrack_ftp".into(),
        }];
        let plan = Plan::of(&survey, &Name::default());
        let by_hand: Vec<_> = plan.steps.iter().flat_map(|step| &step.by_hand).collect();
        assert_eq!(by_hand, ["nft, a1: a1", "/etc/modules:3: nf_conntrack_ftp"]);
    }

    #[test]
    fn a_machine_without_the_helper() {
        let mut survey = machine();
        survey.rules.clear();
        survey.helper.tracking = Presence::Absent;
        survey.helper.nat = Presence::Absent;
        let plan = Plan::of(&survey, &Name::default());
        assert_eq!(
            commands(&plan, false),
            ["ftp-track run --interface lan --interface wan --control-port 21 --mode conntrack"]
        );
        assert!(plan.notes[0].starts_with("Nothing"));
    }

    #[test]
    fn without_a_rule() {
        let mut survey = machine();
        survey.rules.clear();
        survey.helper.automatic = Some(true);
        survey.helper.ports = vec![990];
        let plan = Plan::of(&survey, &Name::default());
        assert!(commands(&plan, false)[0].contains("--control-port 990"));
        assert_eq!(
            commands(&plan, false)[1],
            "sysctl -w net.netfilter.nf_conntrack_helper=0"
        );
    }

    #[test]
    fn translation_is_said() {
        let mut survey = machine();
        survey.translations = vec!["ip nat post: masquerade".into()];
        let notes = Plan::of(&survey, &Name::default()).notes;
        assert!(
            notes.iter().any(|note| note.starts_with("Keep the helper")),
            "{notes:?}"
        );
    }
}
