//! `ftp-track monitor`.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::net::UnixStream,
};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::{
    Done, InstanceArgument,
    output::{print, print_remark},
    tracked,
};
use crate::{
    instance::{self, Name},
    view::{EventView, Metainfo, SCHEMA},
};

/// Follow events as they happen
///
/// Ends with the tracker. Events that were lost, by the kernel or by this reader, are counted.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    instance: InstanceArgument,

    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// How events are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people: a line in the words of `conntrack -E`
    Text,
    /// For programs: a JSON object on each line, the metainfo first
    Json,
}

#[derive(Deserialize)]
struct Greeting {
    metainfo: Metainfo,
    /// Why there will be no events.
    error: Option<String>,
}

impl Arguments {
    /// Follows the events until the tracker ends.
    pub fn run(self) -> Done {
        let mut lines = BufReader::new(connect(&self.instance.name)?).lines();
        let first = lines.next().context("the tracker ended at once")??;
        let greeting: Greeting = serde_json::from_str(&first)
            .context("what answers on the tracker's socket is no ftp-track")?;
        if greeting.metainfo.schema != SCHEMA {
            bail!(
                "the tracker is ftp-track {} and writes events in schema {}; use its own monitor",
                greeting.metainfo.version,
                greeting.metainfo.schema
            );
        }
        if let Some(reason) = greeting.error {
            bail!("{reason}");
        }
        if self.output == Format::Json {
            print(&format!("{first}\n"))?;
        }
        for line in lines {
            let event: EventView =
                serde_json::from_str(&line?).context("what the tracker writes is no event")?;
            match self.output {
                Format::Json => print(&format!("{}\n", serde_json::to_string(&event)?))?,
                Format::Text => print(&format!("{:.3} {event}\n", event.time))?,
            }
        }
        print_remark("the tracker has stopped");
        Ok(())
    }
}

fn connect(name: &Name) -> Result<UnixStream, instance::Error> {
    let stream = instance::connect(&instance::socket_path(name))?;
    stream.ok_or_else(|| tracked::not_running(name))
}
