//! `ftp-track list`.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::{
    Done, InstanceArgument,
    output::{Format, print, print_json},
    tracked,
};
use crate::{
    clock,
    map::{Error, Maps},
    view::{ExpectationView, FlowView, SessionView, Table, TableRow},
};

/// List what is tracked
///
/// Works beside a running tracker, and on what one left that was killed.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What is listed
    what: What,

    #[command(flatten)]
    instance: InstanceArgument,

    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

/// What can be listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum What {
    /// Control connections
    Sessions,
    /// Expected data connections
    Expectations,
    /// Admitted data connections
    Flows,
}

impl Arguments {
    /// Lists.
    pub fn run(self) -> Done {
        let maps = tracked::open(&self.instance.name)?;
        match self.what {
            What::Sessions => self.show("sessions", &sessions(&maps)?),
            What::Expectations => self.show("expectations", &expectations(&maps)?),
            What::Flows => self.show("flows", &flows(&maps)?),
        }
    }

    fn show<R: TableRow + serde::Serialize>(&self, member: &str, rows: &[R]) -> Done {
        match self.output {
            Format::Table => Ok(print(&Table::of(rows).to_string())?),
            Format::Json => {
                let content = BTreeMap::from([(member, rows)]);
                print_json(&self.instance.name, content)
            }
        }
    }
}

fn sessions(maps: &Maps) -> Result<Vec<SessionView>, Error> {
    let now = clock::monotonic();
    let entries = maps.sessions.entries()?;
    let mut views: Vec<SessionView> = entries
        .iter()
        .filter(|(_, entry)| !entry.session.is_expired(now))
        .map(|(key, entry)| SessionView::of(key, &entry.session, now))
        .collect();
    views.sort_by_key(|view| (view.client, view.server));
    Ok(views)
}

fn expectations(maps: &Maps) -> Result<Vec<ExpectationView>, Error> {
    let now = clock::monotonic();
    let mut views = Vec::new();
    for (key, expectation) in maps.expectations.entries()? {
        if expectation.is_by_hand() {
            views.extend(ExpectationView::by_hand(&key, &expectation, now));
            continue;
        }
        let Some(entry) = maps.sessions.get(&expectation.master)? else {
            continue;
        };
        if entry.session.id == expectation.session {
            let pending = &entry.session.conversation.pending;
            views.extend(ExpectationView::of(&key, &expectation, pending, now));
        }
    }
    views.sort_by_key(|view| (view.initiator, view.responder));
    Ok(views)
}

fn flows(maps: &Maps) -> Result<Vec<FlowView>, Error> {
    let now = clock::monotonic();
    let entries = maps.flows.entries()?;
    let mut views: Vec<FlowView> = entries
        .iter()
        .filter(|(_, flow)| !flow.is_expired(now))
        .map(|(key, flow)| FlowView::of(key, flow, now))
        .collect();
    views.sort_by_key(|view| (view.initiator, view.responder));
    Ok(views)
}
