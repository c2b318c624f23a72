//! The daemon's life, from the settings to the signal that ends it.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use ftp_track_common::{
    event::Event,
    policy::Binding,
    rule::{LogLevel, Rule},
};
use jiff::Timestamp;
use tokio::{
    runtime,
    time::{MissedTickBehavior, interval, sleep_until},
};
use tracing::{debug, error, info, warn};

use super::{
    Ending, Error,
    attachment::Attachment,
    audience::Audience,
    census::Census,
    desk::{Desk, Visit},
    exporter::{Exporter, Scrape},
    follower::Follower,
    interface,
    journal::Journal,
    memory, mode, notify, privilege,
    pump::Pump,
    remark, revocation,
    signals::{Asked, Signals},
    sweep,
    tracker::Tracker,
};
use crate::{
    cause,
    config::{self, InterfaceName, MetricsAddress, Settings},
    control::{Content, Request},
    instance::{self, Lock},
    manage::manage,
    map,
    metrics::{self, Sample},
    view::{self, DoorView, EventView, LostWhere, Metainfo, RunningView},
};

/// What the events of so long have in common: a count of those that were lost or not written.
const SECOND: Duration = Duration::from_secs(1);

/// Reads the settings again.
pub type Read<'a> = &'a dyn Fn() -> Result<Settings, config::Error>;

/// Runs until SIGTERM or SIGINT. `read` gives the settings for a reload; with `replace`, what
/// another build left under the name is replaced.
pub fn run(settings: Settings, read: Read<'_>, replace: bool) -> Result<(), Error> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::system("the runtime cannot be started"))?;
    runtime.block_on(serve(settings, read, replace))
}

async fn serve(mut settings: Settings, read: Read<'_>, replace: bool) -> Result<(), Error> {
    let follower = Follower::listen()?;
    let links = interface::list().await?;
    interface::find(&settings.interfaces, &links, settings.wait_for_interfaces)?;
    privilege::check()?;
    // Before anything is made that a signal would leave behind.
    let mut signals = Signals::listen().map_err(Error::system("signals cannot be caught"))?;
    let _lock = Lock::take(&settings.name)?;
    let exporter = exporter(settings.metrics.as_ref()).await?;
    mode::settle(&mut settings);
    let (tracker, events) = match Tracker::start(&settings, &links, replace) {
        Err(error) if mode::falls_back(&mut settings, &error) => {
            Tracker::start(&settings, &links, replace)
        }
        started => started,
    }?;
    let metainfo = Metainfo::of(&settings.name);
    let audience = Audience::open(instance::socket_path(&settings.name), metainfo).map_err(
        Error::system("the socket for followers of events cannot be opened"),
    )?;
    let metainfo = Metainfo::of(&settings.name);
    let mut desk = Desk::open(instance::control_path(&settings.name), metainfo)
        .map_err(Error::system("the control socket cannot be opened"))?;
    let mut pump = Pump::new(events).map_err(Error::system("the ring buffer cannot be watched"))?;
    let mut sweeps = Interval::every(sweep::PAUSE);
    let mut heartbeats = Interval::every(notify::heartbeat());
    let mut daemon = Daemon {
        settings,
        tracker,
        audience,
        journal: Journal::default(),
        lost: 0,
        due: Some(Instant::now()),
        census: Census::default(),
        started: Timestamp::now(),
        exporter,
        metrics: None,
    };
    privilege::reduce();
    daemon.ready();
    // Interfaces may have changed while the programs were loaded.
    daemon.follow().await;
    loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::End(signal) => {
                    daemon.report(&pump.rest());
                    daemon.end(signal);
                    return Ok(());
                }
                Asked::Reload => _ = daemon.reload(read, false).await,
            },
            visit = desk.next() => {
                if daemon.answer(visit, read).await {
                    daemon.report(&pump.rest());
                    desk.close().await;
                    return Ok(());
                }
            }
            scrape = Exporter::next(&mut daemon.exporter) => daemon.measure(scrape),
            () = follower.changed() => {
                follower.settle().await;
                daemon.follow().await;
            }
            batch = pump.next() => {
                let batch = batch.map_err(Error::system("the ring buffer cannot be watched"))?;
                daemon.report(&batch);
                // In a flood the ring is always ready: followers need their turn too.
                tokio::task::yield_now().await;
            }
            () = at(daemon.due) => daemon.tick(),
            _ = sweeps.0.tick() => sweeps.0.reset_after(daemon.sweep().await),
            _ = heartbeats.0.tick() => notify::alive(),
        }
    }
}

struct Daemon {
    settings: Settings,
    tracker: Tracker,
    audience: Audience,
    journal: Journal,
    lost: u64,
    /// When the next tick is due. None while no events come: those that are lost find the ring full of
    /// others.
    due: Option<Instant>,
    census: Census,
    started: Timestamp,
    exporter: Option<Exporter>,
    /// The metrics as they were last made, and when.
    metrics: Option<(Instant, Arc<str>)>,
}

impl Daemon {
    fn ready(&self) {
        let line = ready_line(&self.settings, &self.tracker);
        info!("{line}");
        notify::ready(&line);
        memory::give_back();
    }

    fn end(&self, signal: &str) {
        notify::stopping();
        match self.tracker.ending {
            Ending::Remove => info!("{signal}: stopping"),
            Ending::Keep => info!(
                "{signal}: ending; the programs stay at work until the next run, or `ftp-track \
                 stop --name {}`",
                self.settings.name
            ),
        }
    }

    /// Reads the settings again. They are in force as a whole, or, if anything is wrong with them,
    /// not at all.
    async fn reload(&mut self, read: Read<'_>, apply_to_flows: bool) -> Content {
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
        match content {
            Content::Done(_) if apply_to_flows => self.revoke(),
            content => content,
        }
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

    async fn adopt(&mut self, mut settings: Settings) -> Result<(), String> {
        mode::settle(&mut settings);
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
        let exporter = match settings.metrics == self.settings.metrics {
            true => None,
            false => {
                let opened = exporter(settings.metrics.as_ref()).await;
                Some(opened.map_err(|error| cause::chain(&error))?)
            }
        };
        let configured = match self.tracker.configure(&settings) {
            Err(error) if mode::falls_back(&mut settings, &error) => {
                self.tracker.configure(&settings)
            }
            configured => configured,
        };
        configured.map_err(|error| cause::chain(&error))?;
        if let Some(exporter) = exporter {
            self.exporter = exporter;
        }
        self.tracker.ending = Ending::of(&settings);
        self.settings = settings;
        self.follow().await;
        Ok(())
    }

    /// Answers a request; true when it was to stop.
    async fn answer(&mut self, visit: Visit, read: Read<'_>) -> bool {
        let (content, stop) = match &visit.request {
            Request::Status => (Content::Running(Box::new(self.view())), false),
            Request::Stop => {
                self.tracker.ending = Ending::Remove;
                self.end("asked to stop");
                // Before the answer: whoever reads it finds nothing left.
                let removed = self.tracker.remove();
                let said =
                    removed.map(|()| "stopped the tracker and removed its programs and maps");
                (content(said.map(str::to_owned)), true)
            }
            Request::Reload { apply_to_flows } => (self.reload(read, *apply_to_flows).await, false),
            request => match manage(&mut self.tracker.maps, request) {
                Ok(done) => {
                    info!("by hand: {}", done.sentence);
                    self.report(&done.events);
                    (Content::Done(done.sentence), false)
                }
                Err(refusal) => (Content::Error(cause::chain(&refusal)), false),
            },
        };
        visit.answer(content);
        stop
    }

    fn view(&self) -> RunningView {
        let interface = |name: &InterfaceName| {
            let mut attachments = self.tracker.attachments.iter();
            let attachment = attachments.find(|attachment| attachment.interface == *name);
            DoorView {
                name: name.to_string(),
                index: attachment.map(|attachment| attachment.index),
                hook: attachment.map(|attachment| attachment.hook.to_string()),
                egress: attachment.and_then(|attachment| Some(attachment.egress?.to_string())),
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

    /// Gives the metrics. Whoever asks again and again gets the same for a second: full maps take
    /// time to count.
    fn measure(&mut self, scrape: Scrape) {
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

    async fn follow(&mut self) {
        let followed = match interface::list().await {
            Ok(links) => self.tracker.follow(&self.settings, &links),
            Err(error) => Err(error),
        };
        if let Err(error) = followed {
            error!("interfaces cannot be followed: {error}");
        }
    }

    fn report(&mut self, events: &[Event]) {
        if !events.is_empty() {
            self.due.get_or_insert_with(|| Instant::now() + SECOND);
        }
        for event in events {
            match EventView::of(event) {
                Some(mut view) => {
                    let rule = self.rule(event);
                    view.rule = rule.as_ref().map(view::rule_name);
                    let level = rule.and_then(|rule| LogLevel::from_number(rule.log));
                    self.tell(&view, level.unwrap_or(LogLevel::Normal));
                }
                None => warn!(
                    "an event of an unknown kind: {} v{}",
                    event.kind, event.version
                ),
            }
        }
    }

    fn tell(&mut self, event: &EventView, level: LogLevel) {
        self.journal.write(event, level);
        self.audience.tell(event);
    }

    /// The rule that an event is under, if its policy is still known.
    fn rule(&self, event: &Event) -> Option<Rule> {
        if event.binding == Binding::default() {
            return None;
        }
        let maps = &self.tracker.maps;
        let rule = maps
            .settings
            .get()
            .and_then(|config| maps.rules.of(event.binding, &config));
        rule.unwrap_or_else(|error| {
            error!("{error}");
            None
        })
    }

    fn tick(&mut self) {
        self.due = None;
        self.journal.tick();
        match self.tracker.maps.lost_events.get() {
            Ok(lost) if lost != self.lost => {
                let count = lost.wrapping_sub(self.lost);
                self.lost = lost;
                let lost = EventView::lost(count, LostWhere::RingBuffer);
                self.tell(&lost, LogLevel::Normal);
            }
            Ok(_) => {}
            Err(error) => error!("{error}"),
        }
    }

    /// Sweeps, and gives the time until the next one.
    async fn sweep(&mut self) -> Duration {
        let start = sweep::time_used();
        match sweep::sweep(&mut self.tracker.maps, &mut self.census).await {
            Ok(events) => self.report(&events),
            Err(error) => error!("sweeping failed, and will be tried again: {error}"),
        }
        let took = sweep::time_used().saturating_sub(start);
        let pause = sweep::pause(took);
        let (took, next) = (took.as_micros(), pause.as_secs());
        debug!("swept in {took} us; the next sweep is in {next} s");
        pause
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time.into()).await,
        None => pending().await,
    }
}

async fn exporter(address: Option<&MetricsAddress>) -> Result<Option<Exporter>, Error> {
    let Some(address) = address else {
        return Ok(None);
    };
    let opened = Exporter::open(address).await;
    let refused = |source| Error::Metrics {
        address: address.clone(),
        source,
    };
    opened.map(Some).map_err(refused)
}

fn content(done: Result<String, impl ToString>) -> Content {
    match done {
        Ok(sentence) => Content::Done(sentence),
        Err(reason) => Content::Error(reason.to_string()),
    }
}

struct Interval(tokio::time::Interval);

impl Interval {
    fn every(period: Duration) -> Self {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(ticks)
    }
}

/// `tracking on lan (driver), wan (generic); control ports 21; mode observe`
fn ready_line(settings: &Settings, tracker: &Tracker) -> String {
    let attachments: Vec<String> = tracker
        .attachments
        .iter()
        .map(|attachment| format!("{} ({})", attachment.interface, attachment.hook))
        .collect();
    let is_missing = |name: &&InterfaceName| {
        let is_it = |attachment: &Attachment| attachment.interface == **name;
        !tracker.attachments.iter().any(is_it)
    };
    let missing: Vec<String> = settings
        .interfaces
        .iter()
        .filter(is_missing)
        .map(|name| format!("; waiting for {name}"))
        .collect();
    let ports: Vec<String> = settings.control_ports.iter().map(u16::to_string).collect();
    format!(
        "tracking on {}{}; control ports {}; mode {}{}",
        attachments.join(", "),
        missing.concat(),
        ports.join(", "),
        settings.mode_names(),
        mode::reason(settings)
    )
}
