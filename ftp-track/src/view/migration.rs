//! The way from the kernel's helper to ftp-track as it is shown.

use std::fmt;

use serde::Serialize;

use crate::migrate::{Plan, Presence, Role, Rule, Step, Survey, Verdict};

/// What was found, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MigrationView {
    /// `clean`, `conflict`, or `unknown`.
    pub verdict: &'static str,
    /// The helper in the kernel.
    pub helper: HelperView,
    /// Rules and objects that have to do with it.
    pub rules: Vec<RuleView>,
    /// Rules that translate addresses.
    pub translations: Vec<String>,
    /// Rules that put connections into a conntrack zone.
    pub zones: Vec<String>,
    /// The interfaces that FTP may pass.
    pub interfaces: Vec<InterfaceView>,
    /// Where ftp-track is attached.
    pub attachments: Vec<AttachmentView>,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
    /// What to do, in this order.
    pub steps: Vec<StepView>,
    /// What has to be known.
    pub notes: Vec<String>,
}

/// The helper in the kernel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HelperView {
    /// Whether new control connections are given it.
    pub active: bool,
    /// `loaded`, `built_in`, or `absent`.
    pub nf_conntrack_ftp: &'static str,
    /// The same for what rewrites addresses.
    pub nf_nat_ftp: &'static str,
    /// Whether it acts without a rule; `null` where the kernel cannot do that.
    pub automatic: Option<bool>,
}

/// A rule or an object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RuleView {
    /// `assigns`, `accepts`, `mentions`, `related`, or `object`.
    pub role: &'static str,
    /// The program that shows it.
    pub firewall: String,
    /// Where it is.
    pub place: String,
    /// The rule as it is listed.
    pub text: String,
}

/// An interface.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InterfaceView {
    /// Its name.
    pub name: String,
    /// Its addresses, without link-local ones.
    pub addresses: Vec<String>,
    /// Whether a default route goes through it.
    pub default_route: bool,
}

/// A program of ftp-track at an interface.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AttachmentView {
    /// The interface.
    pub interface: String,
    /// The hook.
    pub hook: &'static str,
}

/// A step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StepView {
    /// What is done.
    pub title: &'static str,
    /// Why, and what to know.
    pub why: String,
    /// Shell commands, in this order.
    pub apply: Vec<String>,
    /// What no command is given for.
    pub by_hand: Vec<String>,
    /// Shell commands that take it back, once all later steps have been taken back.
    pub undo: Vec<String>,
    /// What to know before it is taken back.
    pub before_undo: Option<&'static str>,
}

impl MigrationView {
    /// Of a machine and its plan.
    pub fn of(survey: &Survey, plan: &Plan) -> Self {
        Self {
            verdict: verdict(survey.verdict()),
            helper: HelperView {
                active: survey.is_helper_active(),
                nf_conntrack_ftp: presence(survey.helper.tracking),
                nf_nat_ftp: presence(survey.helper.nat),
                automatic: survey.helper.automatic,
            },
            rules: survey.rules.iter().map(RuleView::of).collect(),
            translations: survey.translations.clone(),
            zones: survey.zones.clone(),
            interfaces: survey
                .interfaces
                .iter()
                .map(|interface| InterfaceView {
                    name: interface.name.clone(),
                    addresses: interface.addresses.clone(),
                    default_route: interface.default_route,
                })
                .collect(),
            attachments: survey
                .attachments
                .iter()
                .map(|attachment| AttachmentView {
                    interface: attachment.interface.clone(),
                    hook: attachment.hook,
                })
                .collect(),
            unseen: survey.unseen.iter().map(ToString::to_string).collect(),
            steps: plan.steps.iter().map(StepView::of).collect(),
            notes: plan.notes.clone(),
        }
    }

    /// What was found, without what to do.
    pub fn findings(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        _ = self.write_findings(&mut text);
        text
    }

    fn write_findings(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        writeln!(out, "The kernel's FTP helper")?;
        writeln!(
            out,
            "  nf_conntrack_ftp: {}",
            words(self.helper.nf_conntrack_ftp)
        )?;
        writeln!(out, "  nf_nat_ftp: {}", words(self.helper.nf_nat_ftp))?;
        if let Some(automatic) = self.helper.automatic {
            let does = if automatic { "yes" } else { "no" };
            writeln!(out, "  acts without a rule (nf_conntrack_helper): {does}")?;
        }
        for rule in &self.rules {
            let RuleView {
                role,
                firewall,
                place,
                text,
            } = rule;
            writeln!(out, "  {role}: {firewall}, {place}: {text}")?;
        }
        if !self.rules.iter().any(|rule| rule.role == "assigns") {
            writeln!(out, "  no rule was found that gives it to connections")?;
        }
        writeln!(out, "ftp-track")?;
        for attachment in &self.attachments {
            writeln!(
                out,
                "  attached to {} ({})",
                attachment.interface, attachment.hook
            )?;
        }
        if self.attachments.is_empty() {
            writeln!(out, "  attached to no interface here")?;
        }
        writeln!(out, "Interfaces")?;
        for interface in &self.interfaces {
            let route = if interface.default_route {
                ", default route"
            } else {
                ""
            };
            writeln!(
                out,
                "  {}: {}{route}",
                interface.name,
                interface.addresses.join(", ")
            )?;
        }
        section(out, "Could not be looked at", &self.unseen)?;
        section(out, "To know", &self.notes)
    }
}

/// What was found, what to do, and the way back.
impl fmt::Display for MigrationView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_findings(formatter)?;
        writeln!(
            formatter,
            "\nWhat to do. FTP works all the time, if it is done in this order."
        )?;
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(
                formatter,
                "\n{}. {}\n   {}",
                index + 1,
                step.title,
                step.why
            )?;
            commands(formatter, &step.apply)?;
            commands(formatter, &step.by_hand)?;
        }
        writeln!(
            formatter,
            "\nSee that it is done: ftp-track migrate --check\n\nThe way back. Take back what was done, from last to first."
        )?;
        for (index, step) in self.steps.iter().enumerate().rev() {
            if step.undo.is_empty() && step.by_hand.is_empty() {
                continue;
            }
            writeln!(formatter, "\nTake back {}. {}", index + 1, step.title)?;
            if let Some(text) = step.before_undo {
                writeln!(formatter, "   {text}")?;
            }
            commands(formatter, &step.undo)?;
            commands(formatter, &step.by_hand)?;
        }
        Ok(())
    }
}

fn commands(out: &mut dyn fmt::Write, commands: &[String]) -> fmt::Result {
    commands
        .iter()
        .try_for_each(|command| writeln!(out, "       {command}"))
}

fn section(out: &mut dyn fmt::Write, title: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}

impl RuleView {
    fn of(rule: &Rule) -> Self {
        let role = match rule.role {
            Role::Assigns => "assigns",
            Role::Accepts => "accepts",
            Role::Mentions => "mentions",
            Role::Related => "related",
            Role::Object => "object",
        };
        Self {
            role,
            firewall: rule.firewall.clone(),
            place: rule.place.clone(),
            text: rule.text.clone(),
        }
    }
}

impl StepView {
    fn of(step: &Step) -> Self {
        Self {
            title: step.title,
            why: step.why.clone(),
            apply: step.change.apply.clone(),
            by_hand: step.by_hand.clone(),
            undo: step.change.undo.clone(),
            before_undo: step.before_undo,
        }
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Conflict => "conflict",
        Verdict::Unknown => "unknown",
    }
}

fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Loaded => "loaded",
        Presence::BuiltIn => "built_in",
        Presence::Absent => "absent",
    }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}
