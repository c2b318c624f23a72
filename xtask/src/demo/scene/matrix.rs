//! Every client in every mode, as a table that fills while one looks.

use std::io::Write;

use anyhow::Result;
use ftp_track_tests::client::Client;
use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::matrix::Cell;
use ftp_track_tests::server::Server;
use ftp_track_tests::transfer::{Direction, Mode};

use super::Ledger;
use crate::style;

const WIDTH: usize = 14;

pub(super) fn play(lab: &Lab, ledger: &mut Ledger) -> Result<()> {
    for family in Family::ALL {
        let server = super::start_server(lab, family)?;
        let mut head = format!("  {:<20}", format!("{}, {family}", server.kind()));
        for mode in Mode::ALL {
            for direction in ["down", "up"] {
                head.push_str(&format!("{:<WIDTH$}", format!("{mode} {direction}")));
            }
        }
        anstream::println!("{}", style::faint(head));
        for client in Client::ALL {
            row(lab, &server, family, client, ledger)?;
        }
    }
    anstream::println!(
        "  {}",
        style::faint(
            "-  not there: wget has no upload, ncftp no IPv6, over IPv6 curl always uses EPSV and EPRT"
        )
    );
    Ok(())
}

fn row(
    lab: &Lab,
    server: &Server,
    family: Family,
    client: Client,
    ledger: &mut Ledger,
) -> Result<()> {
    anstream::print!("  {:<20}", client.to_string());
    for mode in Mode::ALL {
        for direction in Direction::ALL {
            std::io::stdout().flush()?;
            let transfer = client.transfer(mode, family, direction);
            let cell = Cell {
                server: server.kind(),
                transfer,
            };
            if cell.obstacle().is_some() {
                anstream::print!("{}", style::faint(format!("{:<WIDTH$}", "-")));
                continue;
            }
            match cell.run(lab, server) {
                Ok(()) => {
                    ledger.transfers += 1;
                    ledger.add(1, Vec::new());
                    anstream::print!("{}", style::good(format!("{:<WIDTH$}", "ok")));
                }
                Err(error) => {
                    ledger.add(1, vec![format!("{cell}: {error:#}")]);
                    anstream::print!("{}", style::bad(format!("{:<WIDTH$}", "FAILED")));
                }
            }
        }
    }
    anstream::println!();
    Ok(())
}
