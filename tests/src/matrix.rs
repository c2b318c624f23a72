//! Every combination of server, client, mode, family and direction, and what is known to be missing.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::client::Client;
use crate::lab::{Family, Lab};
use crate::server::{Server, ServerKind};
use crate::transfer::{Direction, Mode, Outcome, Transfer};

/// How long a transfer that should work may take. It takes far less unless packets are lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// Failures after which the rest of a matrix is given up: each may take as long as [`PATIENCE`].
const TOO_MANY: usize = 4;

/// One transfer with one server.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// The server.
    pub server: ServerKind,
    /// The rest of it.
    pub transfer: Transfer,
}

impl Cell {
    /// Why there is no such cell, if so.
    pub fn obstacle(&self) -> Option<&'static str> {
        let Transfer {
            client,
            mode,
            family,
            direction,
        } = self.transfer;
        client.obstacle(mode, family, direction)
    }

    /// Runs the cell, and checks that its data connection went through the gateway.
    ///
    /// # Errors
    /// When the file did not arrive as it was sent, or not through the gateway.
    pub fn run(&self, lab: &Lab, server: &Server) -> Result<()> {
        let before = lab.passage()?;
        match self.transfer.run(lab, server, PATIENCE)? {
            Outcome::Complete => {}
            other => anyhow::bail!("{other:?}"),
        }
        let passed = lab.passage()?.since(before);
        let size = std::fs::metadata(server.download_file())?.len();
        anyhow::ensure!(
            passed.control_opened >= 1 && passed.data_opened >= 1 && passed.data_bytes >= size,
            "the transfer did not go through the gateway: {passed:?}"
        );
        Ok(())
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.server, self.transfer)
    }
}

/// All cells of a server over one family, those that do not exist included.
pub fn cells(server: ServerKind, family: Family) -> Vec<Cell> {
    let mut cells = Vec::new();
    for client in Client::ALL {
        for mode in Mode::ALL {
            for direction in Direction::ALL {
                let transfer = client.transfer(mode, family, direction);
                cells.push(Cell { server, transfer });
            }
        }
    }
    cells
}

/// What a run over many cells came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// Cells that were run and passed.
    pub passed: usize,
    /// Cells that were run and failed, with the reason.
    pub failed: Vec<String>,
    /// Cells that do not exist, with the reason.
    pub left_out: Vec<String>,
}

impl Tally {
    /// Runs all cells of a running server over one family.
    ///
    /// # Errors
    /// When the server's name cannot be matched; failures of cells are in the tally.
    pub fn run(lab: &Lab, server: &Server, family: Family) -> Self {
        let mut tally = Self::default();
        for cell in cells(server.kind(), family) {
            if tally.failed.len() == TOO_MANY {
                let rest = format!("all other cells: given up after {TOO_MANY} failures");
                tally.left_out.push(rest);
                break;
            }
            if let Some(reason) = cell.obstacle() {
                tally.left_out.push(format!("{cell}: {reason}"));
                continue;
            }
            match cell.run(lab, server).with_context(|| cell.to_string()) {
                Ok(()) => tally.passed += 1,
                Err(error) => tally.failed.push(format!("{error:#}")),
            }
        }
        tally
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (run, out) = (self.passed + self.failed.len(), self.left_out.len());
        write!(
            f,
            "{run} cells run, {} failed, {out} left out",
            self.failed.len()
        )?;
        for line in &self.failed {
            write!(f, "\n  failed: {line}")?;
        }
        for line in &self.left_out {
            write!(f, "\n  left out: {line}")?;
        }
        Ok(())
    }
}
