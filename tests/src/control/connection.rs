//! TCP connections between the hosts of a lab.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::lab::{Host, Lab};
use crate::process;

/// Opens a TCP connection from a host of the lab.
pub(super) fn connect(lab: &Lab, from: Host, to: SocketAddr, limit: Duration) -> Result<TcpStream> {
    lab.namespace(from)
        .enter(|| TcpStream::connect_timeout(&to, limit))?
        .with_context(|| format!("{from} cannot connect to {to}"))
}

/// Listens on a host of the lab.
pub fn listen(lab: &Lab, on: Host, address: SocketAddr) -> Result<TcpListener> {
    lab.namespace(on)
        .enter(|| TcpListener::bind(address))?
        .with_context(|| format!("{on} cannot listen on {address}"))
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
