//! Users who transfer files while the administrator works.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use ftp_track_tests::client::Client;
use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::process::wait_until;
use ftp_track_tests::server::Server;
use ftp_track_tests::transfer::{Direction, Mode};

/// One after the other while the administrator works.
const TRANSFERS: [(Client, Mode); 4] = [
    (Client::Curl, Mode::Passive),
    (Client::Lftp, Mode::Active),
    (Client::CurlExtended, Mode::Active),
    (Client::Lftp, Mode::Passive),
];

/// Users who transfer files all the time.
pub struct Users<'a> {
    lab: &'a Lab,
    server: &'a Server,
    /// Transfers that went well.
    done: AtomicU32,
    failed: Mutex<Vec<String>>,
    end: AtomicBool,
}

impl<'a> Users<'a> {
    /// Those of a server.
    pub fn of(lab: &'a Lab, server: &'a Server) -> Self {
        Self {
            lab,
            server,
            done: AtomicU32::new(0),
            failed: Mutex::default(),
            end: AtomicBool::new(false),
        }
    }

    /// Transfers files until the end.
    pub fn work(&self) {
        for (client, mode) in TRANSFERS.into_iter().cycle() {
            if self.end.load(Ordering::Relaxed) {
                return;
            }
            let cell = Cell {
                server: self.server.kind(),
                transfer: client.transfer(mode, Family::V4, Direction::Download),
            };
            match cell.run(self.lab, self.server) {
                Ok(()) => _ = self.done.fetch_add(1, Ordering::Relaxed),
                Err(error) => self
                    .failed
                    .lock()
                    .unwrap()
                    .push(format!("{cell}: {error:#}")),
            }
        }
    }

    /// They work until the answer is dropped.
    pub fn until_dropped(&self) -> Closing<'_> {
        Closing(&self.end)
    }

    /// Waits until every kind of transfer has been made from its beginning; `when` says what was
    /// done before.
    pub fn are_happy(&self, when: &str) {
        // The one that is under way began earlier.
        let wanted = self.done.load(Ordering::Relaxed) + TRANSFERS.len() as u32 + 1;
        let failed = || self.failed.lock().unwrap();
        let happy = wait_until(Duration::from_secs(60), || {
            !failed().is_empty() || self.done.load(Ordering::Relaxed) >= wanted
        });
        let failed = failed();
        assert!(happy && failed.is_empty(), "after `{when}`: {failed:?}");
    }
}

/// Ends the work also when the test panics: the thread would be waited for.
pub struct Closing<'a>(&'a AtomicBool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
