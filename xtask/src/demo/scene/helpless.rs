//! The same transfers without ftp-track: the firewall stops the data connection.

use std::time::Duration;

use anyhow::Result;
use ftp_track_tests::client::Client;
use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::transfer::{Direction, Mode, Outcome};

use super::Ledger;

/// Long enough for a client that would get through, which takes a small part of a second.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn play(lab: &Lab, ledger: &mut Ledger) -> Result<()> {
    for family in Family::ALL {
        let server = super::start_server(lab, family)?;
        for mode in Mode::ALL {
            let refused = lab.refused()?;
            let before = lab.passage()?;
            let transfer = Client::Curl.transfer(mode, family, Direction::Download);
            let outcome = transfer.run(lab, &server, PATIENCE)?;
            let passed = lab.passage()?.since(before);
            let is_stopped = matches!(outcome, Outcome::Failed(_))
                && passed.control_opened > 0
                && passed.data_opened == 0
                && lab.refused()? > refused;
            let what = "control connection up, data connection dropped, nothing transferred";
            if ledger.check(is_stopped, format!("{transfer}: {what}")) {
                ledger.stopped += 1;
            }
        }
    }
    Ok(())
}
