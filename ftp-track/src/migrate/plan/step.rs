//! The steps, each of them None where there is nothing to do.

use super::{Step, shown};
use crate::{
    instance::Name,
    migrate::{Change, Presence, Role, Survey, change::quoted},
};

/// What the helper's rules let in is established with ftp-track: the chains have to accept that.
pub fn accept_established(survey: &Survey) -> Option<Step> {
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

/// Both work at once from here on.
pub fn start(survey: &Survey, name: &Name) -> Option<Step> {
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

/// No rule, and no default of the kernel, gives the helper to a connection.
pub fn take_away(survey: &Survey) -> Option<Step> {
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

/// No rule accepts by the helper's name.
pub fn stop_asking(survey: &Survey) -> Option<Step> {
    let (change, by_hand) = collect(survey, Role::Accepts);
    step(
        "Remove the rules that accept by the helper's name",
        "What ftp-track admits has no helper, so these match nothing any more. Transfers that run \
         go on: they are established.",
        change,
        by_hand,
    )
}

/// The rule sets' objects that stand for the helper.
pub fn delete_objects(survey: &Survey) -> Option<Step> {
    let (change, by_hand) = collect(survey, Role::Object);
    step(
        "Delete the helper's objects",
        "No rule uses them now. nft refuses while one does.",
        change,
        by_hand,
    )
}

/// Its modules, if they are not part of the kernel.
pub fn unload(survey: &Survey) -> Option<Step> {
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

/// What would bring it back at the next start, to be removed by hand.
pub fn at_boot(survey: &Survey) -> Option<Step> {
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
