//! What to do, in an order in which FTP works all the time, and the way back.

use super::{Change, Presence, Role, Rule, Survey, change::quoted};
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
            accept_established(survey),
            start(survey, name),
            take_away(survey),
            stop_asking(survey),
            delete_objects(survey),
            unload(survey),
            at_boot(survey),
        ];
        Self {
            steps: steps.into_iter().flatten().collect(),
            notes: notes(survey),
        }
    }
}

fn accept_established(survey: &Survey) -> Option<Step> {
    let mut change = Change::default();
    let wanted = survey
        .rules
        .iter()
        .filter_map(|rule| rule.established.as_ref());
    for rule in wanted {
        // One for each chain is enough.
        if !rule.undo.iter().all(|undo| change.undo.contains(undo)) {
            change.then(rule.clone());
        }
    }
    (!change.apply.is_empty()).then(|| Step {
        title: "Accept what is established",
        why: "What ftp-track admits is an established connection, not a related one, and no rule \
              in these chains accepts every established connection. Leave it out where a chain \
              before it does."
            .to_owned(),
        change,
        by_hand: Vec::new(),
        before_undo: None,
    })
}

fn start(survey: &Survey, name: &Name) -> Option<Step> {
    if !survey.attachments.is_empty() {
        return None;
    }
    let option = |name: &str, value: &str| format!(" --{name} {value}");
    let interfaces: String = survey
        .interfaces
        .iter()
        .map(|interface| option("interface", &quoted(&interface.name)))
        .collect();
    let ports: String = survey
        .control_ports()
        .iter()
        .map(|port| option("control-port", &port.to_string()))
        .collect();
    let name = if *name == Name::default() {
        String::new()
    } else {
        option("name", name.as_str())
    };
    let interfaces = if interfaces.is_empty() {
        option("interface", "IF")
    } else {
        interfaces
    };
    Some(Step {
        title: "Start ftp-track beside the helper",
        why: "Name the interfaces that FTP passes, on both sides of the gateway. It also learns \
              the control connections that are open already. It stays in the foreground: start it \
              in a terminal of its own, or by its service."
            .to_owned(),
        change: Change::new(
            format!("ftp-track run{name}{interfaces}{ports} --mode conntrack"),
            format!("ftp-track stop{name}"),
        ),
        by_hand: Vec::new(),
        before_undo: Some(
            "Control connections that were opened while the helper was away do not have it. Wait \
             until they have ended (`ftp-track list sessions`); what stays can transfer nothing \
             until it logs in again.",
        ),
    })
}

fn take_away(survey: &Survey) -> Option<Step> {
    let (mut change, mut by_hand) = collect(survey, Role::Assigns);
    if survey.helper.acts_alone() {
        let set = |value| format!("sysctl -w net.netfilter.nf_conntrack_helper={value}");
        change.then(Change::new(set(0), set(1)));
    }
    by_hand.sort();
    let step = step(
        "Give the helper to no new control connection",
        "Open control connections keep the helper until they end; ftp-track serves them and all \
         new ones. Until then what either of the two admits comes in.",
        change,
        by_hand,
    );
    if survey.translations.is_empty() && survey.zones.is_empty() {
        return step;
    }
    step.map(|step| Step {
        why: format!(
            "Only where no FTP is translated, or in a zone that ftp-track was not told (see \
             above). {}",
            step.why
        ),
        ..step
    })
}

fn stop_asking(survey: &Survey) -> Option<Step> {
    let (change, by_hand) = collect(survey, Role::Accepts);
    step(
        "Remove the rules that accept by the helper's name",
        "What ftp-track admits has no helper, so these match nothing any more. Transfers that run \
         go on: they are established.",
        change,
        by_hand,
    )
}

fn delete_objects(survey: &Survey) -> Option<Step> {
    let (change, by_hand) = collect(survey, Role::Object);
    step(
        "Delete the helper's objects",
        "No rule uses them now. nft refuses while one does.",
        change,
        by_hand,
    )
}

fn unload(survey: &Survey) -> Option<Step> {
    let loaded = |presence| presence == Presence::Loaded;
    // What rewrites addresses uses the helper, so it goes first.
    let modules = [
        ("nf_nat_ftp", survey.helper.nat),
        ("nf_conntrack_ftp", survey.helper.tracking),
    ];
    let names: Vec<&str> = modules
        .iter()
        .filter(|(_, presence)| loaded(*presence))
        .map(|(name, _)| *name)
        .collect();
    let load: Vec<String> = names
        .iter()
        .rev()
        .map(|name| format!("modprobe {name}"))
        .collect();
    let change = Change {
        apply: names
            .iter()
            .map(|name| format!("modprobe -r {name}"))
            .collect(),
        undo: load,
    };
    step(
        "Unload the helper",
        "The modules serve all network namespaces of the machine: keep them while another one uses \
         the helper.",
        change,
        Vec::new(),
    )
}

fn at_boot(survey: &Survey) -> Option<Step> {
    let by_hand = survey.boot.iter().map(|line| {
        let path = line.path.display();
        format!("{path}:{}: {}", line.number, line.text)
    });
    step(
        "Keep it away after a restart",
        "These lines bring the helper back when the machine starts or the firewall is loaded \
         again. Remove them, and keep a copy for the way back. Let ftp-track start with the \
         machine. Rules that are saved by another program are to be saved again.",
        Change::default(),
        by_hand.collect(),
    )
}

/// The changes of all rules with a role; those that have none are for a person.
fn collect(survey: &Survey, role: Role) -> (Change, Vec<String>) {
    let mut change = Change::default();
    let mut by_hand = Vec::new();
    for rule in survey.rules_that(role) {
        match &rule.remove {
            Some(remove) => change.then(remove.clone()),
            None => by_hand.push(shown(rule)),
        }
    }
    (change, by_hand)
}

fn step(
    title: &'static str,
    why: &'static str,
    change: Change,
    by_hand: Vec<String>,
) -> Option<Step> {
    let nothing = change.apply.is_empty() && by_hand.is_empty();
    (!nothing).then(|| Step {
        title,
        why: why.to_owned(),
        change,
        by_hand,
        before_undo: None,
    })
}

fn shown(rule: &Rule) -> String {
    format!("{}, {}: {}", rule.firewall, rule.place, rule.text)
}

fn notes(survey: &Survey) -> Vec<String> {
    let mut notes = Vec::new();
    if !survey.is_helper_active() {
        notes.push("Nothing that was looked at gives the helper to connections.".to_owned());
    }
    if !survey.translations.is_empty() {
        notes.push(format!(
            "Keep the helper where FTP is translated: ftp-track makes no entry for a control \
             connection whose addresses are, and does not rewrite what FTP says. These rules \
             translate: {}",
            survey.translations.join("; ")
        ));
    }
    if !survey.zones.is_empty() {
        notes.push(format!(
            "Where FTP is in a conntrack zone, ftp-track has to be told: put the interfaces of these \
             rules into groups with that `zone`, and run ftp-track with --config (see `ftp-track \
             check --example`). In conntrack mode that takes Linux 6.10. Keep the helper where a \
             zone does not depend on the interface. These rules set a zone: {}",
            survey.zones.join("; ")
        ));
    }
    let by_state = [Role::Accepts, Role::Related, Role::Mentions];
    if survey
        .rules
        .iter()
        .any(|rule| by_state.contains(&rule.role))
    {
        notes.push(
            "What ftp-track admits is established from its first packet on: rules that ask for \
             `related`, or for the helper by its name, do not see it."
                .to_owned(),
        );
    }
    for rule in survey.rules_that(Role::Mentions) {
        notes.push(format!(
            "FTP will not match this rule any more; see what it is for: {}",
            shown(rule)
        ));
    }
    for rule in survey.rules_that(Role::Assigns).filter(|rule| rule.local) {
        notes.push(format!(
            "This rule is for the gateway's own connections; see that ftp-track's interfaces and \
             hooks cover them: {}",
            shown(rule)
        ));
    }
    if survey.interfaces.len() == 1 {
        notes.push(format!(
            "{} is the only interface here with an address: a gateway has two.",
            survey.interfaces[0].name
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::{BootLine, Helper, Interface};

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
