//! `ftp-track explain`.

use anyhow::bail;
use clap::Args;
use ftp_track_common::rule::Rule;

use super::{
    Done, InstanceArgument, Misuse,
    end::End,
    evidence::{Evidence, Subject},
    output::{Format, print, print_json},
    tracked,
};
use crate::{
    clock,
    map::{self, Maps},
    view::ExplainView,
};

/// Say what a control connection led to, and why data connections were admitted or not
///
/// Shows the last commands and replies that mattered, what each did, and the last new connections
/// between the two hosts. Works beside a running tracker, on what one left that was killed, and for
/// a while after the control connection has ended.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A host, as ADDRESS or ADDRESS:PORT; or the number of a control connection, as `list
    /// sessions` shows it
    #[arg(value_name = "CLIENT|ID")]
    client: Question,

    /// The other host; in either order
    #[arg(value_name = "SERVER")]
    server: Option<End>,

    #[command(flatten)]
    instance: InstanceArgument,

    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

const EXAMPLES: &str = "Examples:
  ftp-track explain 192.0.2.7 198.51.100.1          all between these hosts
  ftp-track explain 198.51.100.1:20 192.0.2.7:40001 one data connection
  ftp-track explain [2001:db8::7]:50000 2001:db8::1 one control connection
  ftp-track explain 12288                           a control connection by its number";

/// What is asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Question {
    Session(u64),
    Host(End),
}

impl std::str::FromStr for Question {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(id) => Ok(Self::Session(id)),
            Err(_) => text.parse().map(Self::Host),
        }
    }
}

/// How long expectations live that are under no rule of their own, nanoseconds.
fn lifetime(maps: &Maps) -> Result<u64, map::Error> {
    let rules = maps.rules.in_force(&maps.settings.get()?)?;
    let general = rules.last().copied().unwrap_or_else(Rule::open);
    Ok(general.expectation_lifetime)
}

impl Arguments {
    /// Explains.
    pub fn run(self) -> Done {
        let subject = self.subject()?;
        let maps = tracked::open(&self.instance.name)?;
        let evidence = Evidence::gather(&maps, &subject)?;
        if evidence.stories.is_empty() && evidence.attempts.is_empty() {
            bail!(
                "nothing is known of {subject}: no control connection was seen there, or it was \
                 long ago; `ftp-track list sessions` shows the present ones"
            );
        }
        let lifetime = lifetime(&maps)?;
        let view = ExplainView::of(
            &evidence.stories,
            &evidence.attempts,
            lifetime,
            clock::monotonic(),
        );
        match self.output {
            Format::Table => Ok(print(&view.to_string())?),
            Format::Json => print_json(&self.instance.name, view),
        }
    }

    fn subject(&self) -> Result<Subject, Misuse> {
        let misuse = |text: String| Err(Misuse(text));
        match (self.client, self.server) {
            (Question::Session(id), None) => Ok(Subject::Session(id)),
            (Question::Host(one), Some(other)) if one.is_like(other) => {
                Ok(Subject::Hosts(one, other))
            }
            (Question::Host(one), Some(other)) => {
                misuse(format!("{one} and {other} are addresses of two families"))
            }
            (Question::Session(id), Some(_)) => misuse(format!(
                "{id} is the number of a control connection: it takes no second host"
            )),
            (Question::Host(end), None) => misuse(format!(
                "{end} is one host: name the other one too, or the number of a control connection"
            )),
        }
    }
}
