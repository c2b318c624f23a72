//! What the service manager is told (`sd_notify(3)`), where there is one.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::warn;

/// How often the service manager is told that we are alive, if it does not ask.
const IDLE: Duration = Duration::from_secs(3600);

/// At work, and how.
pub fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// About to end.
pub fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// The settings are being read again; [`ready`] follows.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(error) => warn!("the clock cannot be read: {error}"),
    }
}

/// Alive: only the main loop says so, so that a loop that hangs is noticed.
pub fn alive() {
    send(&[NotifyState::Watchdog]);
}

/// How often to call [`alive`]: twice in the time that the service manager allows.
pub fn heartbeat() -> Duration {
    sd_notify::watchdog_enabled()
        .map(|limit| limit / 2)
        .filter(|period| !period.is_zero())
        .unwrap_or(IDLE)
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!("the service manager cannot be told: {error}");
    }
}
