//! A data connection of FTP that stands still: both ends are there, and nothing is sent.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use anyhow::{Context, Result};
use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::server::{Server, ServerKind};
use ftp_track_tests::transfer::Mode;

const PATIENCE: Duration = Duration::from_secs(5);

/// The connection, and what it belongs to.
pub struct Connection<'a> {
    _server: Server,
    _control: Control<'a>,
    data: TcpStream,
}

impl<'a> Connection<'a> {
    /// Logs in, asks for a passive data connection and opens it.
    pub fn open(lab: &'a Lab) -> Result<Self> {
        let server = Server::start(lab, ServerKind::Vsftpd, Family::V4)?;
        let mut control = Control::open(lab, &server, Family::V4)?;
        let address = control.announce(Mode::Passive)?.responder()?;
        let connect = || TcpStream::connect_timeout(&address, PATIENCE);
        let data = lab.namespace(Host::Client).enter(connect)?;
        let data = data.context("the announced data connection does not come to be")?;
        Ok(Self {
            _server: server,
            _control: control,
            data,
        })
    }

    /// The client's end and the server's.
    pub fn ends(&self) -> Result<[SocketAddr; 2]> {
        Ok([self.data.local_addr()?, self.data.peer_addr()?])
    }

    /// The next sequence numbers of client and server. From now on the client's end says nothing.
    pub fn freeze(&self) -> Result<[u32; 2]> {
        self.set(libc::TCP_REPAIR, 1)?;
        // enum in uapi/linux/tcp.h
        const RECV_QUEUE: libc::c_int = 1;
        const SEND_QUEUE: libc::c_int = 2;
        let mut next = [0; 2];
        for (next, queue) in next.iter_mut().zip([SEND_QUEUE, RECV_QUEUE]) {
            self.set(libc::TCP_REPAIR_QUEUE, queue)?;
            *next = self.get(libc::TCP_QUEUE_SEQ)? as u32;
        }
        Ok(next)
    }

    fn set(&self, option: libc::c_int, value: libc::c_int) -> Result<()> {
        // SAFETY: the value is an int, as is said.
        let result = unsafe {
            libc::setsockopt(
                self.data.as_raw_fd(),
                libc::IPPROTO_TCP,
                option,
                (&raw const value).cast(),
                size_of_val(&value) as u32,
            )
        };
        self.check(result)
    }

    fn get(&self, option: libc::c_int) -> Result<libc::c_int> {
        let mut value: libc::c_int = 0;
        let mut size = size_of_val(&value) as u32;
        // SAFETY: there is room for an int, as is said.
        let result = unsafe {
            libc::getsockopt(
                self.data.as_raw_fd(),
                libc::IPPROTO_TCP,
                option,
                (&raw mut value).cast(),
                &raw mut size,
            )
        };
        self.check(result)?;
        Ok(value)
    }

    fn check(&self, result: libc::c_int) -> Result<()> {
        if result == 0 {
            return Ok(());
        }
        Err(io::Error::last_os_error()).context("cannot read the connection's sequence numbers")
    }
}
