//! The daemon's life, from the settings to the signal that ends it.

use std::time::Duration;

use ftp_track_common::event::Event;
use sd_notify::NotifyState;
use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    time::{MissedTickBehavior, interval},
};
use tracing::{error, info, warn};

use super::{
    Error, audience::Audience, census::Census, interface, journal::Journal, privilege, pump::Pump,
    sweep::sweep, tracker::Tracker,
};
use crate::{
    config::Settings,
    instance::{self, Lock},
    view::{EventView, LostWhere, Metainfo},
};

/// How often entries are swept.
const SWEEP: Duration = Duration::from_secs(5);
/// How often the count of lost events is looked at.
const SECOND: Duration = Duration::from_secs(1);

/// Runs until SIGTERM, SIGINT or SIGHUP.
pub fn run(settings: &Settings) -> Result<(), Error> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::system("the runtime cannot be started"))?;
    runtime.block_on(serve(settings))
}

async fn serve(settings: &Settings) -> Result<(), Error> {
    let links = interface::list().await?;
    let interfaces = interface::find(&settings.interfaces, &links)?;
    privilege::check()?;
    // Before anything is made that a signal would leave behind.
    let mut end = End::listen().map_err(Error::system("signals cannot be caught"))?;
    let _lock = Lock::take(&settings.name)?;
    let (tracker, events) = Tracker::start(settings, &interfaces, &links)?;
    let metainfo = Metainfo::of(&settings.name);
    let audience = Audience::open(instance::socket_path(&settings.name), metainfo).map_err(
        Error::system("the socket for followers of events cannot be opened"),
    )?;
    let mut pump = Pump::new(events).map_err(Error::system("the ring buffer cannot be watched"))?;
    let mut seconds = Interval::every(SECOND);
    let mut sweeps = Interval::every(SWEEP);
    info!("{}", ready_line(settings, &tracker));
    notify(NotifyState::Ready);

    let mut daemon = Daemon {
        tracker,
        audience,
        journal: Journal::default(),
        lost: 0,
        census: Census::default(),
    };
    loop {
        tokio::select! {
            name = end.signal() => {
                info!("{name}: stopping");
                notify(NotifyState::Stopping);
                return Ok(());
            }
            batch = pump.next() => {
                let batch = batch.map_err(Error::system("the ring buffer cannot be watched"))?;
                daemon.report(&batch);
                // In a flood the ring is always ready: followers need their turn too.
                tokio::task::yield_now().await;
            }
            _ = seconds.0.tick() => daemon.tick(),
            _ = sweeps.0.tick() => daemon.sweep().await,
        }
    }
}

struct Daemon {
    tracker: Tracker,
    audience: Audience,
    journal: Journal,
    lost: u64,
    census: Census,
}

impl Daemon {
    fn report(&mut self, events: &[Event]) {
        for event in events {
            match EventView::of(event) {
                Some(view) => self.tell(&view),
                None => warn!(
                    "an event of an unknown kind: {} v{}",
                    event.kind, event.version
                ),
            }
        }
    }

    fn tell(&mut self, event: &EventView) {
        self.journal.write(event);
        self.audience.tell(event);
    }

    fn tick(&mut self) {
        self.journal.tick();
        match self.tracker.maps.lost_events.get() {
            Ok(lost) if lost != self.lost => {
                let count = lost.wrapping_sub(self.lost);
                self.lost = lost;
                self.tell(&EventView::lost(count, LostWhere::RingBuffer));
            }
            Ok(_) => {}
            Err(error) => error!("{error}"),
        }
    }

    async fn sweep(&mut self) {
        match sweep(&mut self.tracker.maps, &mut self.census).await {
            Ok(events) => self.report(&events),
            Err(error) => error!("sweeping failed, and will be tried again: {error}"),
        }
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

/// The signals that end the daemon.
struct End {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl End {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn signal(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.hangup.recv() => "SIGHUP",
        }
    }
}

/// `tracking on lan (driver), wan (generic); control ports 21; mode observe`
fn ready_line(settings: &Settings, tracker: &Tracker) -> String {
    let attachments: Vec<String> = tracker
        .attachments
        .iter()
        .map(|attachment| format!("{} ({})", attachment.interface, attachment.hook))
        .collect();
    let ports: Vec<String> = settings.control_ports.iter().map(u16::to_string).collect();
    format!(
        "tracking on {}; control ports {}; mode {}",
        attachments.join(", "),
        ports.join(", "),
        settings.mode.name()
    )
}

fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        warn!("the service manager cannot be told: {error}");
    }
}
