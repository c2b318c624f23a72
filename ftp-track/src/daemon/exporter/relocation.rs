//! From one place for the metrics to another, and back.

use std::{io, mem};

use tracing::error;

use super::Exporter;
use crate::{cause, config::MetricsAddress, daemon::Error};

/// What was served before the metrics moved. Dropping it closes it for good.
pub enum Former {
    /// It is open still.
    Open(Option<Exporter>),
    /// It had to make way.
    Closed(MetricsAddress),
}

impl Exporter {
    /// Opens `address`, if there is one.
    pub async fn at(address: Option<&MetricsAddress>) -> Result<Option<Self>, Error> {
        let Some(address) = address else {
            return Ok(None);
        };
        let opened = Self::open(address).await;
        let refused = |source| Error::Metrics {
            address: address.clone(),
            source,
        };
        opened.map(Some).map_err(refused)
    }

    /// Moves what is served to `address`. If that fails, it stays where it is.
    pub async fn relocate(
        exporter: &mut Option<Self>,
        address: Option<&MetricsAddress>,
    ) -> Result<Former, Error> {
        let refusal = match Self::at(address).await {
            Ok(new) => return Ok(Former::Open(mem::replace(exporter, new))),
            Err(refusal) => refusal,
        };
        let is_in_the_way = |own: &mut Self| is_in_the_way(&own.address, &refusal);
        let Some(own) = exporter.take_if(is_in_the_way) else {
            return Err(refusal);
        };
        let former = Former::Closed(own.close().await);
        match Self::at(address).await {
            Ok(new) => {
                *exporter = new;
                Ok(former)
            }
            Err(error) => {
                former.restore(exporter).await;
                Err(error)
            }
        }
    }

    async fn close(mut self) -> MetricsAddress {
        self.task.abort();
        // The task has the listener: it is closed when the task has ended.
        _ = (&mut self.task).await;
        self.address.clone()
    }
}

impl Former {
    /// Puts it back.
    pub async fn restore(self, exporter: &mut Option<Exporter>) {
        let address = match self {
            Self::Open(former) => {
                *exporter = former;
                return;
            }
            Self::Closed(address) => address,
        };
        if let Some(new) = exporter.take() {
            new.close().await;
        }
        match Exporter::at(Some(&address)).await {
            Ok(former) => *exporter = former,
            Err(error) => error!("nothing is served any more: {}", cause::chain(&error)),
        }
    }
}

/// Whether what is served at `own` may be why a place is in use: the same port of another address,
/// or the same file by another path.
fn is_in_the_way(own: &MetricsAddress, refusal: &Error) -> bool {
    match refusal {
        Error::Metrics { address, source } if source.kind() == io::ErrorKind::AddrInUse => {
            match (own, address) {
                (MetricsAddress::Tcp(own), MetricsAddress::Tcp(address)) => {
                    own.port() == address.port()
                }
                (MetricsAddress::Unix(_), MetricsAddress::Unix(_)) => true,
                _ => false,
            }
        }
        _ => false,
    }
}
