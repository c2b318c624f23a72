//! Attachments, kept as the settings ask: interfaces come and go, and settings change.

use tracing::{info, warn};

use super::{Refusal, Tracker};
use crate::{
    cause,
    config::{InterfaceName, Settings},
    daemon::{
        Error,
        attachment::{Attachment, XDP, check_free, is_xdp},
        interface::{self, Interface},
        link::Link,
        programs::Programs,
        slot, tc,
    },
};

impl Tracker {
    /// Attaches as `new` settings ask, beside what is attached, before they are in force. Where that
    /// cannot be on an interface that is tracked, or that they add, all is as it was, as `old` ask.
    pub fn prepare(&mut self, new: &Settings, old: &Settings, links: &[Link]) -> Result<(), Error> {
        let interfaces = interface::find(&new.interfaces, links, true)?;
        self.forget_lost(&interfaces);
        let due = self.due(new, &interfaces);
        // What an interface lacks already is no fault of the new settings.
        let must = due.into_iter().filter(|at| {
            let interface = &interfaces[*at];
            self.place(interface).is_some() || !old.interfaces.contains(&interface.name)
        });
        let must: Vec<usize> = must.collect();
        for at in &must {
            self.check(new, &interfaces, *at)?;
        }
        for at in &must {
            if let Err(error) = self.attach(new, &interfaces, *at) {
                self.follow(old, links)?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Attaches where a named interface has appeared, and lets go where one has gone, or where the
    /// settings ask for another hook. `links` are all interfaces that exist.
    pub fn follow(&mut self, settings: &Settings, links: &[Link]) -> Result<(), Error> {
        let interfaces = interface::find(&settings.interfaces, links, true)?;
        self.forget_lost(&interfaces);
        let before = self.attachments.clone();
        let mut refusals = Vec::new();
        for at in self.due(settings, &interfaces) {
            let interface = &interfaces[at];
            let attached = self
                .check(settings, &interfaces, at)
                .and_then(|()| self.attach(settings, &interfaces, at));
            if let Err(error) = attached {
                let refusal = Refusal {
                    interface: interface.name.clone(),
                    reason: cause::chain(&error).replace('\n', " "),
                };
                // Once: it is tried again and again.
                if !self.refusals.contains(&refusal) {
                    warn!(
                        "{}: not tracked as the settings ask: {}",
                        interface.name, refusal.reason
                    );
                }
                refusals.push(refusal);
                if let Some(place) = self.place(interface) {
                    // It may have got another name.
                    self.attachments[place].interface = interface.name.clone();
                }
            }
        }
        self.refusals = refusals;
        self.attachments.retain(|it| {
            let mut interfaces = interfaces.iter();
            interfaces.any(|interface| it.is_on(interface))
        });
        let is_attached =
            |name: &InterfaceName| self.attachments.iter().any(|it| it.interface == *name);
        for name in before.iter().map(|it| &it.interface) {
            if !settings.interfaces.contains(name) {
                info!("{name} is no longer tracked");
            } else if !is_attached(name) {
                warn!("{name} has gone; it is waited for");
            }
        }
        self.release();
        self.tell_slots(settings, links)
    }

    /// Why an interface that exists is not tracked as the settings ask.
    pub fn refusal(&self, name: &InterfaceName) -> Option<&str> {
        let refusal = self.refusals.iter().find(|it| it.interface == *name);
        refusal.map(|refusal| refusal.reason.as_str())
    }

    /// Whether something is not as it was asked, or not as it was left, so that [`Self::follow`] may
    /// mend it.
    pub fn needs_mending(&self) -> bool {
        let is_lost = |it: &Attachment| !it.lost(&self.pinned).is_empty();
        !self.refusals.is_empty() || self.attachments.iter().any(is_lost)
    }

    /// Forgets what the kernel has no more on interfaces that exist: it is attached again.
    fn forget_lost(&mut self, interfaces: &[Interface]) {
        let attachments = std::mem::take(&mut self.attachments);
        let left = attachments.into_iter().filter_map(|attachment| {
            if !interfaces.iter().any(|it| attachment.is_on(it)) {
                return Some(attachment);
            }
            let lost = attachment.lost(&self.pinned);
            for (hook, reason) in &lost {
                warn!("{}: detached at {hook}: {reason}", attachment.interface);
            }
            let names: Vec<&str> = lost.iter().map(|(name, _)| *name).collect();
            attachment.without(&names)
        });
        self.attachments = left.collect();
    }

    /// Which interfaces have no attachment as the settings ask.
    fn due(&self, settings: &Settings, interfaces: &[Interface]) -> Vec<usize> {
        let is_due = |at: &usize| {
            let interface = &interfaces[*at];
            let serves = |it: &Attachment| it.is_on(interface) && it.serves(interface, settings);
            !self.attachments.iter().any(serves)
        };
        (0..interfaces.len()).filter(is_due).collect()
    }

    /// Where the attachment to an interface is, whatever its name was.
    fn place(&self, interface: &Interface) -> Option<usize> {
        let is_it = |it: &Attachment| it.index == interface.link.index;
        self.attachments.iter().position(is_it)
    }

    /// Whether the interface at `at` may be attached to.
    fn check(&self, settings: &Settings, interfaces: &[Interface], at: usize) -> Result<(), Error> {
        slot::check_one(interfaces, at)?;
        if is_xdp(&interfaces[at], settings) {
            check_free(&interfaces[at], &self.pinned)?;
        }
        Ok(())
    }

    /// Attaches to the interface at `at`. What was attached there stays until it is released.
    fn attach(
        &mut self,
        settings: &Settings,
        interfaces: &[Interface],
        at: usize,
    ) -> Result<(), Error> {
        let interface = &interfaces[at];
        let place = self.place(interface);
        if place.is_none() {
            // What lies there belongs to an interface that had this index before.
            for hook in [XDP, tc::INGRESS, tc::EGRESS] {
                self.pinned.remove(hook, interface.link.index)?;
            }
        }
        let mut programs = Programs(&mut self.ebpf);
        programs.load(&[interface], settings, &self.pins, "")?;
        let made = Attachment::make(&mut programs, &self.pinned, interface, settings)?;
        info!("tracking on {} ({})", made.interface, made.hook);
        match place {
            Some(place) => self.attachments[place] = made,
            None => self.attachments.push(made),
        }
        Ok(())
    }
}
