//! The settings, read again.

use tracing::warn;

use super::{Daemon, Read};
use crate::{
    cause,
    config::Settings,
    control::Content,
    daemon::{
        Ending, Error, exporter::Exporter, interface, link::Link, mode, notify, revocation,
        tracker::Refusal,
    },
};

impl Daemon {
    /// Reads the settings again. They are in force as a whole, or, if anything is wrong with them,
    /// not at all.
    pub(super) async fn reload(&mut self, read: Read<'_>, apply_to_flows: bool) -> Content {
        notify::reloading();
        let content = match read() {
            Ok(settings) => match self.adopt(settings).await {
                Ok(()) => Content::Done("the settings are in force".to_owned()),
                Err(reason) => Content::Error(reason),
            },
            Err(error) => Content::Misconfigured(cause::chain(&error)),
        };
        if let Content::Error(reason) | Content::Misconfigured(reason) = &content {
            warn!("not reloaded, the old settings stay in force: {reason}");
        }
        self.ready();
        let content = match content {
            Content::Done(_) if apply_to_flows => self.revoke(),
            content => content,
        };
        match content {
            Content::Done(said) if !self.tracker.refusals.is_empty() => {
                let refusals: Vec<String> = self
                    .tracker
                    .refusals
                    .iter()
                    .map(Refusal::to_string)
                    .collect();
                Content::Error(format!("{said}; but {}", refusals.join("; ")))
            }
            content => content,
        }
    }

    async fn adopt(&mut self, mut settings: Settings) -> Result<(), String> {
        mode::settle(&mut settings, Some(self.settings.mode));
        if settings.name != self.settings.name {
            return Err("the name of a running tracker cannot change".to_owned());
        }
        if settings.rooms != self.settings.rooms {
            return Err(
                "the maps of a running tracker have the room that they have: \
                 `ftp-track stop` and run it again"
                    .to_owned(),
            );
        }
        // An interface that is watched already may be missing for a while.
        let mut new = settings.interfaces.clone();
        new.retain(|name| !self.settings.interfaces.contains(name));
        let links = interface::list().await;
        let links = links.map_err(|error| cause::chain(&error))?;
        let found = interface::find(&new, &links, settings.wait_for_interfaces);
        found.map_err(|error| cause::chain(&error))?;
        let place = settings.metrics.as_ref();
        let former = match place == self.exporter.as_ref().map(Exporter::address) {
            true => None,
            false => {
                let moved = Exporter::relocate(&mut self.exporter, place).await;
                Some(moved.map_err(|error| cause::chain(&error))?)
            }
        };
        if let Err(error) = self.put_in_force(&mut settings, &links) {
            if let Some(former) = former {
                former.restore(&mut self.exporter).await;
            }
            return Err(cause::chain(&error));
        }
        self.tracker.ending = Ending::of(&settings);
        self.settings = settings;
        self.follow(&links);
        Ok(())
    }

    /// Attaches what is new, and writes the settings.
    fn put_in_force(&mut self, settings: &mut Settings, links: &[Link]) -> Result<(), Error> {
        self.tracker.prepare(settings, &self.settings, links)?;
        let in_force = Some(self.settings.mode);
        let configured = match self.tracker.configure(settings) {
            Err(error) if mode::falls_back(settings, in_force, &error) => {
                self.tracker.configure(settings)
            }
            configured => configured,
        };
        if configured.is_err() {
            self.follow(links);
        }
        configured
    }

    /// Ends data connections that the policy does not permit.
    fn revoke(&mut self) -> Content {
        let events = match revocation::revoke(&mut self.tracker.maps, &self.settings) {
            Ok(events) => events,
            Err(error) => {
                let error = cause::chain(&error);
                return Content::Error(format!(
                    "the settings are in force, but not for all data connections there are: {error}"
                ));
            }
        };
        self.report(&events);
        let what = match (events.len(), self.settings.only_observes()) {
            (0, _) => ", and permit every data connection there is".to_owned(),
            (count, true) => format!(
                "; data connections that they do not permit: {count}; observe mode drops nothing"
            ),
            (count, false) => format!("; data connections that were ended: {count}"),
        };
        Content::Done(format!("the settings are in force{what}"))
    }
}
