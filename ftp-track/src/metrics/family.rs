//! The metric families: their names, and where their values come from.

use ftp_track_common::layout;
use prometheus_client::{
    encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
};

use super::Sample;
use crate::view::FillView;

/// How a family behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It only grows, until the programs are loaded anew.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Kind {
    /// The word in the text format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        }
    }

    fn write(self, number: u64, encoder: MetricEncoder<'_>) -> std::fmt::Result {
        match self {
            Self::Counter => ConstCounter::new(number).encode(encoder),
            Self::Gauge => ConstGauge::new(number).encode(encoder),
        }
    }
}

/// One value of a family.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// Its labels.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub number: u64,
}

/// A metric family.
pub struct Family {
    /// Its name; a counter's without `_total`.
    stem: &'static str,
    /// What it is, in a sentence.
    pub help: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    values: fn(&Sample) -> Vec<Value>,
}

/// Every family, in the order in which they are served.
pub const FAMILIES: &[Family] = &[
    Family {
        stem: "ftp_track_build_info",
        help: "The ftp-track that runs, and the version of its maps' layout; always 1.",
        kind: Kind::Gauge,
        labels: &["version", "layout", "mode"],
        values: build,
    },
    Family {
        stem: "ftp_track_start_time_seconds",
        help: "When the daemon started, in seconds since 1970.",
        kind: Kind::Gauge,
        labels: &[],
        values: |sample| {
            let started = sample.running.started.as_second();
            vec![Value::new([], u64::try_from(started).unwrap_or_default())]
        },
    },
    Family {
        stem: "ftp_track_decisions",
        help: "Decisions about packets, lines and entries, by their reason.",
        kind: Kind::Counter,
        labels: &["reason"],
        values: |sample| {
            let counters = sample.counters.counters.iter();
            let value = |(reason, count): &(ftp_track_common::reason::Reason, u64)| {
                Value::new([("reason", reason.name())], *count)
            };
            counters.map(value).collect()
        },
    },
    Family {
        stem: "ftp_track_lost_events",
        help: "Events that found the ring buffer full, so that nobody saw them.",
        kind: Kind::Counter,
        labels: &[],
        values: |sample| vec![Value::new([], sample.counters.lost_events)],
    },
    Family {
        stem: "ftp_track_map_entries",
        help: "Entries that are in a map.",
        kind: Kind::Gauge,
        labels: &["map"],
        values: |sample| of_maps(sample, |fill| fill.entries),
    },
    Family {
        stem: "ftp_track_map_capacity",
        help: "Entries that a map can hold; when it is full, new ones are refused.",
        kind: Kind::Gauge,
        labels: &["map"],
        values: |sample| of_maps(sample, |fill| fill.capacity),
    },
    Family {
        stem: "ftp_track_clients",
        help: "Clients that have control or data connections; those of an IPv6 /64 are one.",
        kind: Kind::Gauge,
        labels: &[],
        values: |sample| vec![Value::new([], sample.crowd.clients)],
    },
    Family {
        stem: "ftp_track_client_entries_max",
        help: "Entries that the one client has who has most; its limit is the policy's.",
        kind: Kind::Gauge,
        labels: &["map"],
        values: |sample| {
            let crowd = &sample.crowd;
            let most = [("sessions", crowd.sessions), ("flows", crowd.flows)];
            let value = |(map, most)| Value::new([("map", map)], u64::from(most));
            most.into_iter().map(value).collect()
        },
    },
    Family {
        stem: "ftp_track_interface_attached",
        help: "Whether the programs are on an interface (1), or not (0): status says why.",
        kind: Kind::Gauge,
        labels: &["interface", "hook", "egress"],
        values: interfaces,
    },
];

/// The family whose metrics are called `stem` by the encoder.
pub(super) fn find(stem: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.stem == stem)
}

impl Family {
    /// Its name.
    pub fn name(&self) -> String {
        format!("{}{}", self.stem, self.suffix())
    }

    /// What its name has after the stem.
    pub(super) fn suffix(&self) -> &'static str {
        match self.kind {
            Kind::Counter => "_total",
            Kind::Gauge => "",
        }
    }

    pub(super) fn encode(
        &self,
        sample: &Sample,
        encoder: &mut DescriptorEncoder<'_>,
    ) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
        };
        let mut family = encoder.encode_descriptor(self.stem, self.help, None, kind)?;
        let values = (self.values)(sample);
        if let [Value { labels, number }] = values.as_slice()
            && labels.is_empty()
        {
            return self.kind.write(*number, family);
        }
        for Value { labels, number } in &values {
            self.kind.write(*number, family.encode_family(labels)?)?;
        }
        Ok(())
    }
}

impl Value {
    fn new<const N: usize>(labels: [(&'static str, &str); N], number: u64) -> Self {
        let owned = labels.map(|(name, value)| (name, value.to_owned()));
        Self {
            labels: owned.to_vec(),
            number,
        }
    }
}

fn build(sample: &Sample) -> Vec<Value> {
    let labels = [
        ("version", sample.running.version.as_str()),
        ("layout", &layout::VERSION.to_string()),
        ("mode", &sample.running.mode),
    ];
    vec![Value::new(labels, 1)]
}

fn of_maps(sample: &Sample, number: fn(&FillView) -> usize) -> Vec<Value> {
    let value = |fill: &FillView| Value::new([("map", &fill.map)], number(fill) as u64);
    sample.maps.iter().map(value).collect()
}

fn interfaces(sample: &Sample) -> Vec<Value> {
    let doors = sample.running.interfaces.iter();
    doors
        .map(|door| {
            let labels = [
                ("interface", door.name.as_str()),
                ("hook", door.hook.as_deref().unwrap_or_default()),
                ("egress", door.egress.as_deref().unwrap_or_default()),
            ];
            Value::new(labels, u64::from(door.hook.is_some()))
        })
        .collect()
}
