//! `ftp-track list`.

use std::io::{BufWriter, Write as _};

use clap::Args;
use ftp_track_common::{expectation::Expectation, tuple::ExpectationKey};
use serde::Serialize;

use super::{
    Done, InstanceArgument,
    output::{Format, Output},
    pages::{self, Pages},
    tracked,
};
use crate::{
    clock,
    control::What,
    map::{Error, Maps},
    view::{ExpectationView, FlowView, SessionView, TableRow},
};

/// List what is tracked
///
/// Works beside a running tracker, and on what one left that was killed. Fewer than 4096 entries are
/// sorted by their ends; more come in the order in which they are read, and take no more memory.
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

impl Arguments {
    /// Lists.
    pub fn run(self) -> Done {
        let maps = tracked::open(&self.instance.name)?;
        match self.what {
            What::Sessions => {
                let order = |view: &SessionView| (view.zone, view.client, view.server);
                self.show("sessions", sessions(&maps), order)
            }
            What::Expectations => {
                let order = |view: &ExpectationView| (view.zone, view.initiator, view.responder);
                self.show("expectations", expectations(&maps), order)
            }
            What::Flows => {
                let order = |view: &FlowView| (view.zone, view.initiator, view.responder);
                self.show("flows", flows(&maps), order)
            }
        }
    }

    fn show<R: TableRow + Serialize, K: Ord>(
        &self,
        member: &str,
        rows: impl Iterator<Item = Result<R, Error>>,
        order: impl Fn(&R) -> K,
    ) -> Done {
        let mut stdout = BufWriter::new(Output::stdout());
        let pages = Pages::of(rows, order)?;
        match self.output {
            Format::Table => pages::write_table(&mut stdout, pages)?,
            Format::Json => pages::write_json(&mut stdout, &self.instance.name, member, pages)?,
        }
        Ok(stdout.flush()?)
    }
}

fn sessions(maps: &Maps) -> impl Iterator<Item = Result<SessionView, Error>> {
    maps.sessions.entries().filter_map(|entry| {
        let now = clock::monotonic();
        let view = entry.map(|(key, entry)| {
            let session = &entry.session;
            (!session.is_expired(now)).then(|| SessionView::of(&key, session, now))
        });
        view.transpose()
    })
}

fn expectations(maps: &Maps) -> impl Iterator<Item = Result<ExpectationView, Error>> {
    let view = |key: ExpectationKey, expectation: Expectation| {
        let now = clock::monotonic();
        if expectation.is_by_hand() {
            return Ok(ExpectationView::by_hand(&key, &expectation, now));
        }
        let master = maps.sessions.get(&expectation.master)?;
        let master = master.filter(|entry| entry.session.id == expectation.session);
        Ok(master.and_then(|entry| {
            let pending = &entry.session.conversation.pending;
            ExpectationView::of(&key, &expectation, pending, now)
        }))
    };
    let entries = maps.expectations.entries();
    entries.filter_map(move |entry| {
        let view = entry.and_then(|(key, expectation)| view(key, expectation));
        view.transpose()
    })
}

fn flows(maps: &Maps) -> impl Iterator<Item = Result<FlowView, Error>> {
    maps.flows.entries().filter_map(|entry| {
        let now = clock::monotonic();
        let view = entry
            .map(|(key, flow)| (!flow.is_expired(now)).then(|| FlowView::of(&key, &flow, now)));
        view.transpose()
    })
}
