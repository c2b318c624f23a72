//! What the daemon tells of itself: its state, and the metrics.

use std::{sync::Arc, time::Instant};

use tracing::error;

use super::{Daemon, report::SECOND};
use crate::{
    cause,
    config::InterfaceName,
    daemon::{exporter::Scrape, remark},
    map,
    metrics::{self, Sample},
    view::{DoorView, RunningView},
};

impl Daemon {
    /// Gives the metrics. Whoever asks again and again gets the same for a second: full maps take
    /// time to count.
    pub(super) fn measure(&mut self, scrape: Scrape) {
        let fresh = self
            .metrics
            .take()
            .filter(|(made, _)| made.elapsed() < SECOND);
        let measured = match fresh {
            Some(fresh) => Ok(fresh),
            None => self.sample().map(|sample| {
                let text = metrics::text(sample);
                (Instant::now(), text.into())
            }),
        };
        let answer = match measured {
            Ok((made, text)) => {
                self.metrics = Some((made, Arc::clone(&text)));
                Ok(text)
            }
            Err(error) => {
                error!("the metrics cannot be made: {error}");
                Err(cause::chain(&error))
            }
        };
        // Who asked may have gone.
        _ = scrape.send(answer);
    }

    /// What `ftp-track status` shows of a running daemon.
    pub(super) fn view(&self) -> RunningView {
        let interface = |name: &InterfaceName| {
            let mut attachments = self.tracker.attachments.iter();
            let attachment = attachments.find(|attachment| attachment.interface == *name);
            DoorView {
                name: name.to_string(),
                index: attachment.map(|attachment| attachment.index),
                hook: attachment.map(|attachment| attachment.hook.to_string()),
                egress: attachment.and_then(|attachment| Some(attachment.egress?.to_string())),
                refused: self.tracker.refusal(name).map(str::to_owned),
            }
        };
        RunningView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started: self.started,
            mode: self.settings.mode_names(),
            keep: self.settings.keep,
            metrics: self.settings.metrics.as_ref().map(ToString::to_string),
            interfaces: self.settings.interfaces.iter().map(interface).collect(),
            remarks: remark::last(),
        }
    }

    fn sample(&self) -> Result<Sample, map::Error> {
        let maps = &self.tracker.maps;
        let clients = maps.clients.entries();
        let clients = clients.map(|entry| entry.map(|(key, entry)| (key, entry.client)));
        Ok(Sample {
            running: self.view(),
            counters: maps.count()?,
            maps: maps.fill()?,
            crowd: clients.collect::<Result<_, _>>()?,
        })
    }
}
