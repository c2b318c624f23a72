//! The metrics that a daemon serves, in the Prometheus text format.

mod family;
mod http;

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
