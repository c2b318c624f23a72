//! TCP connections between the hosts of a lab.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::lab::{Host, Lab};
use crate::process;

/// How long a program may take from its start to its execution.
const RELEASED: Duration = Duration::from_secs(10);

/// Opens a TCP connection from a host of the lab.
pub(super) fn connect(lab: &Lab, from: Host, to: SocketAddr, limit: Duration) -> Result<TcpStream> {
    lab.namespace(from)
        .enter(|| TcpStream::connect_timeout(&to, limit))?
        .with_context(|| format!("{from} cannot connect to {to}"))
}

/// Listens on a host of the lab.
///
/// A program that another test's thread starts holds copies of this process's sockets until it is
/// executed: a port that was closed just now may be in use for a moment longer.
pub fn listen(lab: &Lab, on: Host, address: SocketAddr) -> Result<TcpListener> {
    let mut listener = lab.namespace(on).enter(|| TcpListener::bind(address))?;
    process::wait_until(RELEASED, || match &listener {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let again = lab.namespace(on).enter(|| TcpListener::bind(address));
            listener = again.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            false
        }
        _ => true,
    });
    listener.with_context(|| format!("{on} cannot listen on {address}"))
}

/// Whether a TCP connection from a host of the lab comes to be, or vanishes without an answer.
///
/// # Errors
/// Any other end, above all a refusal by the peer: then nothing listens there, and the question
/// whether something stands in the way has no answer.
pub fn reaches(lab: &Lab, from: Host, to: SocketAddr) -> Result<bool> {
    // Long enough for the SYN to be sent twice.
    let limit = Duration::from_millis(1500);
    match lab
        .namespace(from)
        .enter(|| TcpStream::connect_timeout(&to, limit))?
    {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::TimedOut => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{from} to {to}")),
    }
}

/// Waits for a connection to a listener, at most `limit`.
pub(super) fn accept(listener: &TcpListener, limit: Duration) -> Result<TcpStream> {
    listener.set_nonblocking(true)?;
    let mut accepted = None;
    process::wait_until(limit, || {
        accepted = listener.accept().ok();
        accepted.is_some()
    });
    let (stream, _) = accepted.with_context(|| format!("nobody connected within {limit:?}"))?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}
