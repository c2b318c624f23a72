//! What speaks against the plan, or has to be known.

use super::shown;
use crate::migrate::{Role, Survey};

/// All notes about a machine.
pub fn all(survey: &Survey) -> Vec<String> {
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
