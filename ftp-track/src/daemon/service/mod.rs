//! The daemon's life, from the settings to the signal that ends it.

mod answer;
mod measurement;
mod reload;
mod report;

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{
    runtime,
    time::{MissedTickBehavior, interval, sleep_until},
};
use tracing::{debug, error, info};

use super::{
    Ending, Error,
    attachment::Attachment,
    audience::Audience,
    census::Census,
    desk::Desk,
    exporter::Exporter,
    follower::Follower,
    interface,
    journal::Journal,
    link::Link,
    memory, mode, notify, privilege,
    pump::Pump,
    signals::{Asked, Signals},
    sweep,
    tracker::Tracker,
};
use crate::{
    config::{self, InterfaceName, Settings},
    instance::{self, Lock},
    view::Metainfo,
};

/// How often it is looked at whether the programs are attached as they should be.
const LOOK: Duration = Duration::from_secs(5);

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
    let exporter = Exporter::at(settings.metrics.as_ref()).await?;
    mode::settle(&mut settings, None);
    let (tracker, events) = match Tracker::start(&settings, &links, replace) {
        Err(error) if mode::falls_back(&mut settings, None, &error) => {
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
    let mut looks = Interval::every(LOOK);
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
    daemon.look().await;
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
                daemon.look().await;
            }
            batch = pump.next() => {
                let batch = batch.map_err(Error::system("the ring buffer cannot be watched"))?;
                daemon.report(&batch);
                // In a flood the ring is always ready: followers need their turn too.
                tokio::task::yield_now().await;
            }
            () = at(daemon.due) => daemon.tick(),
            _ = sweeps.0.tick() => sweeps.0.reset_after(daemon.sweep().await),
            _ = looks.0.tick() => daemon.mend().await,
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

    /// Looks at the interfaces, and follows them.
    async fn look(&mut self) {
        match interface::list().await {
            Ok(links) => self.follow(&links),
            Err(error) => error!("interfaces cannot be followed: {error}"),
        }
    }

    /// Tries again what was refused, and attaches again what somebody has detached.
    async fn mend(&mut self) {
        if self.tracker.needs_mending() {
            self.look().await;
        }
    }

    fn follow(&mut self, links: &[Link]) {
        if let Err(error) = self.tracker.follow(&self.settings, links) {
            error!("interfaces cannot be followed: {error}");
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

struct Interval(tokio::time::Interval);

impl Interval {
    fn every(period: Duration) -> Self {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(ticks)
    }
}

/// `tracking on lan (driver), wan (generic); ppp0 does not exist yet; control ports 21; mode observe`
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
        .map(|name| match tracker.refusal(name) {
            Some(reason) => format!("; {name} is not tracked: {reason}"),
            None => format!("; {name} does not exist yet"),
        })
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
