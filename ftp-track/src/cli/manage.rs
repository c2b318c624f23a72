//! `ftp-track flush`, `delete`, `add` and `reload`.

use std::net::IpAddr;

use anyhow::bail;
use clap::{Args, Subcommand};
use jiff::SignedDuration;

use super::{Done, InstanceArgument, Misuse, output::print, tracked};
use crate::{
    control::{self, Content, EndpointArgument, Ends, Key, Request, What},
    instance::Name,
    manage::manage,
};

/// Forget all entries of a kind
///
/// Control connections go on, and are picked up again with their next line. Data connections go on in enforce, conntrack
/// and observe mode; in mark and bypass mode the firewall decides about their next packet, and in bypass mode it has not
/// seen them so far, and refuses it as a rule. What is no longer expected is not admitted. Flows that
/// `reload --apply-to-flows` has revoked stay.
#[derive(Debug, Args)]
pub struct Flush {
    /// What is forgotten
    what: What,

    #[command(flatten)]
    instance: InstanceArgument,
}

impl Flush {
    /// Flushes.
    pub fn run(self) -> Done {
        act(&self.instance.name, &Request::Flush { what: self.what })
    }
}

/// Forget one entry
///
/// A session that is forgotten is picked up again with its next line, as long as its connection lives. A data connection
/// that is forgotten goes on in enforce, conntrack and observe mode; in mark and bypass mode the firewall decides about its
/// next packet, and in bypass mode it has not seen the connection so far, and refuses it as a rule. A flow that
/// `reload --apply-to-flows` has revoked stays.
#[derive(Debug, Args)]
pub struct Delete {
    #[command(subcommand)]
    entry: Entry,
}

/// Where an entry is.
#[derive(Debug, Args)]
struct Place {
    /// Its conntrack zone, as `ftp-track list` shows it; 0 is the default one
    #[arg(long, value_name = "ZONE", default_value_t)]
    zone: u16,

    #[command(flatten)]
    instance: InstanceArgument,
}

/// Which entry, in the words of `ftp-track list`.
#[derive(Debug, Subcommand)]
enum Entry {
    /// A control connection: it is only forgotten, and picked up again with its next line
    Session {
        /// Its client, as ADDRESS:PORT
        client: EndpointArgument,
        /// Its server, as ADDRESS:PORT
        server: EndpointArgument,
        #[command(flatten)]
        place: Place,
    },
    /// An expected data connection
    Expectation {
        /// The address of who will connect
        initiator: IpAddr,
        /// Who listens, as ADDRESS:PORT
        responder: EndpointArgument,
        #[command(flatten)]
        place: Place,
    },
    /// An admitted data connection: it is only forgotten; in mark and bypass mode the firewall decides about the rest
    Flow {
        /// Who connected, as ADDRESS:PORT
        initiator: EndpointArgument,
        /// Who listened, as ADDRESS:PORT
        responder: EndpointArgument,
        #[command(flatten)]
        place: Place,
    },
}

impl Delete {
    /// Deletes.
    pub fn run(self) -> Done {
        let (ends, place) = match self.entry {
            Entry::Session {
                client,
                server,
                place,
            } => (Ends::Session(client, server), place),
            Entry::Expectation {
                initiator,
                responder,
                place,
            } => (Ends::Expectation(initiator, responder), place),
            Entry::Flow {
                initiator,
                responder,
                place,
            } => (Ends::Flow(initiator, responder), place),
        };
        let zone = place.zone;
        let key = Key { ends, zone };
        act(&place.instance.name, &Request::Delete { key })
    }
}

/// Expect a data connection that no control connection has announced
#[derive(Debug, Args)]
pub struct Add {
    #[command(subcommand)]
    what: Addition,
}

#[derive(Debug, Subcommand)]
enum Addition {
    /// One TCP connection, from any port
    ///
    /// It may go to any port, also below 1024, and no rule limits it: it is an administrator's own decision.
    Expectation {
        /// Address of who will connect
        #[arg(long, visible_alias = "client", value_name = "ADDRESS")]
        from: IpAddr,

        /// Who listens
        #[arg(long, visible_alias = "server", value_name = "ADDRESS:PORT")]
        to: EndpointArgument,

        /// How long it is waited for: seconds, or with units, as 90s, 5m or 1h30m; at most a day
        #[arg(long, value_name = "TIME", default_value = "30s", value_parser = seconds)]
        lifetime: u64,

        #[command(flatten)]
        place: Place,
    },
}

impl Add {
    /// Adds.
    pub fn run(self) -> Done {
        let Addition::Expectation {
            from,
            to,
            lifetime,
            place,
        } = self.what;
        let request = Request::Add {
            from,
            to,
            lifetime,
            zone: place.zone,
        };
        act(&place.instance.name, &request)
    }
}

const APPLY_TO_FLOWS: &str = "\
End admitted data connections that the new policy does not permit; without it they go on

Permitted is what an announcement of the same data connection would be now: by action, active and passive, ports, source
port and third hosts; how many a client may have is for new ones. In enforce mode their packets are dropped; in the other
modes they are what the firewall does not know, and conntrack forgets them. Observe mode drops nothing.";

/// Read the configuration file again
///
/// As SIGHUP does, but tells what came of it. If anything is wrong with the file, nothing changes, and
/// the exit status is 2; it is 1 if what it asks for cannot be had here.
#[derive(Debug, Args)]
pub struct Reload {
    /// End admitted data connections that the new policy does not permit; without it they go on
    #[arg(long, long_help = APPLY_TO_FLOWS)]
    apply_to_flows: bool,

    #[command(flatten)]
    instance: InstanceArgument,
}

impl Reload {
    /// Reloads.
    pub fn run(self) -> Done {
        let name = &self.instance.name;
        let apply_to_flows = self.apply_to_flows;
        match control::ask(name, &Request::Reload { apply_to_flows })? {
            Some(content) => say(content),
            None => Err(tracked::not_running(name).into()),
        }
    }
}

/// Asks the daemon, which tells its followers; where there is none, does it here.
fn act(name: &Name, request: &Request) -> Done {
    match control::ask(name, request)? {
        Some(content) => say(content),
        None => {
            let mut maps = tracked::open(name)?;
            let done = manage(&mut maps, request)?;
            Ok(print(&format!("{}\n", done.sentence))?)
        }
    }
}

fn say(content: Content) -> Done {
    match content {
        Content::Done(sentence) => Ok(print(&format!("{sentence}\n"))?),
        Content::Error(reason) => bail!("{reason}"),
        Content::Misconfigured(reason) => Err(Misuse(reason).into()),
        Content::Running(_) => Err(control::Error::Misunderstood.into()),
    }
}

/// `30`, `30s`, `5m`, `1h30m`.
fn seconds(text: &str) -> Result<u64, InvalidTime> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let time: SignedDuration = text.parse().map_err(|_| InvalidTime)?;
    match (u64::try_from(time.as_secs()), time.subsec_nanos()) {
        (Ok(seconds), 0) => Ok(seconds),
        _ => Err(InvalidTime),
    }
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a time is a whole number of seconds, or has units: 90s, 5m, 1h30m")]
struct InvalidTime;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_with_and_without_a_unit() {
        for (text, expect) in [
            ("30", Ok(30)),
            ("30s", Ok(30)),
            ("5m", Ok(300)),
            ("5min", Ok(300)),
            ("1h30m", Ok(5400)),
            ("1h 30m", Ok(5400)),
            ("24 hours", Ok(86_400)),
            ("half a minute", Err(InvalidTime)),
            ("-1", Err(InvalidTime)),
            ("-1s", Err(InvalidTime)),
            ("1.5s", Err(InvalidTime)),
            ("500ms", Err(InvalidTime)),
            ("", Err(InvalidTime)),
        ] {
            assert_eq!(seconds(text), expect, "{text:?}");
        }
    }
}
