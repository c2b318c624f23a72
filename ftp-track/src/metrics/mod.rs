//! The metrics that a daemon serves, in the Prometheus text format.

mod family;
mod http;

use ftp_track_common::client::{Client, ClientKey};
use prometheus_client::{
    collector::Collector, encoding::DescriptorEncoder, encoding::text::encode, registry::Registry,
};

pub use self::{
    family::{FAMILIES, Family, Kind, Value},
    http::{CONTENT_TYPE, serve},
};
use crate::view::{CountersView, FillView, RunningView};

/// What the metrics are made from.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What the daemon says of itself.
    pub running: RunningView,
    /// How often each reason came up.
    pub counters: CountersView,
    /// How full the maps are.
    pub maps: Vec<FillView>,
    /// How much of them the clients have.
    pub crowd: Crowd,
}

/// What clients have in the maps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Crowd {
    /// How many clients have anything.
    pub clients: u64,
    /// The most sessions of one client.
    pub sessions: u32,
    /// The most flows of one client.
    pub flows: u32,
}

/// Of the entries of the map of clients. What stands for everybody is no client.
impl FromIterator<(ClientKey, Client)> for Crowd {
    fn from_iter<I: IntoIterator<Item = (ClientKey, Client)>>(entries: I) -> Self {
        let mut crowd = Self::default();
        let everybody = ClientKey::default();
        for (_, client) in entries.into_iter().filter(|(key, _)| *key != everybody) {
            crowd.clients += 1;
            crowd.sessions = crowd.sessions.max(client.sessions);
            crowd.flows = crowd.flows.max(client.flows);
        }
        crowd
    }
}

/// The metrics as they are served.
pub fn text(sample: Sample) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(sample));
    let mut text = String::new();
    // Writing to a string cannot fail.
    _ = encode(&mut text, &registry);
    plain(&text)
}

impl Collector for Sample {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        FAMILIES
            .iter()
            .try_for_each(|family| family.encode(self, &mut encoder))
    }
}

/// The text format 0.0.4 from that of OpenMetrics 1.0, which the encoder writes. For what is used
/// here they differ in two things: there is no end mark, and a counter has its `_total` everywhere.
fn plain(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines().filter(|line| *line != "# EOF") {
        let mut words = line.splitn(4, ' ');
        let (sign, keyword) = (words.next(), words.next());
        let (name, rest) = (words.next(), words.next());
        match (sign, keyword, name, rest) {
            (Some("#"), Some(keyword), Some(name), Some(rest)) => {
                let total = family::find(name).map_or("", Family::suffix);
                text.push_str(&format!("# {keyword} {name}{total} {rest}\n"));
            }
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests;
