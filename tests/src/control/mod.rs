//! A control connection spoken line by line, for tests that look between two commands.

mod connection;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::lab::{Family, Host, Lab};
use crate::server::{CONTROL_PORT, Server};
use crate::transfer::Mode;

pub use connection::{listen, reaches};

const TIMEOUT: Duration = Duration::from_secs(5);

/// A logged-in control connection from the lab's client to its server.
#[derive(Debug)]
pub struct Control<'a> {
    lab: &'a Lab,
    family: Family,
    stream: BufReader<TcpStream>,
}

impl<'a> Control<'a> {
    /// Connects and logs in.
    pub fn open(lab: &'a Lab, server: &Server, family: Family) -> Result<Self> {
        let address = SocketAddr::new(Host::Server.address(family), CONTROL_PORT);
        Self::open_to(lab, server, address)
    }

    /// As [`Control::open`], to a server at any address.
    pub fn open_to(lab: &'a Lab, server: &Server, address: SocketAddr) -> Result<Self> {
        let family = Family::of(address.ip());
        let stream = connection::connect(lab, Host::Client, address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let mut control = Self {
            lab,
            family,
            stream: BufReader::new(stream),
        };
        control.expect("220", "greeting")?;
        control.command(&format!("USER {}", server.login().user), "331")?;
        control.command(&format!("PASS {}", server.login().password), "230")?;
        Ok(control)
    }

    /// The client's address and port, and the server's.
    pub fn addresses(&self) -> Result<(SocketAddr, SocketAddr)> {
        let stream = self.stream.get_ref();
        Ok((stream.local_addr()?, stream.peer_addr()?))
    }

    /// Sends a command and returns the last line of its reply, which must start with `code`.
    pub fn command(&mut self, command: &str, code: &str) -> Result<String> {
        self.send(command)?;
        self.expect(code, command)
    }

    /// Sends a command, whose reply is yet to be read.
    pub fn send(&mut self, command: &str) -> Result<()> {
        let line = format!("{command}\r\n");
        Ok(self.stream.get_mut().write_all(line.as_bytes())?)
    }

    /// Reads a reply, which must start with `code`; `what` it answers is for the error.
    pub fn expect(&mut self, code: &str, what: &str) -> Result<String> {
        let reply = self
            .reply()
            .with_context(|| format!("no reply to {what}"))?;
        ensure!(reply.starts_with(code), "{what}: {reply}");
        Ok(reply)
    }

    /// Reads one reply; of one with several lines, the last (RFC 959 section 4.2).
    fn reply(&mut self) -> Result<String> {
        for _ in 0..100 {
            let mut line = String::new();
            ensure!(
                self.stream.read_line(&mut line)? > 0,
                "the server closed the connection"
            );
            let is_last = line.as_bytes().get(3) == Some(&b' ')
                && line.bytes().take(3).all(|byte| byte.is_ascii_digit());
            if is_last {
                return Ok(line.trim_end().to_owned());
            }
        }
        bail!("a reply of more than 100 lines")
    }

    /// Asks for a data connection: EPSV, PORT over IPv4, or EPRT over IPv6.
    pub fn announce(&mut self, mode: Mode) -> Result<Announcement> {
        match mode {
            Mode::Passive => self.passive().map(Announcement::Server),
            Mode::Active => self.active().map(Announcement::Client),
        }
    }

    fn passive(&mut self) -> Result<SocketAddr> {
        let reply = self.command("EPSV", "229")?;
        let port = reply.split('|').nth(3).and_then(|port| port.parse().ok());
        let port = port.with_context(|| format!("no port in {reply}"))?;
        Ok(SocketAddr::new(
            self.stream.get_ref().peer_addr()?.ip(),
            port,
        ))
    }

    fn active(&mut self) -> Result<TcpListener> {
        let address = Host::Client.address(self.family);
        let listener = connection::listen(self.lab, Host::Client, SocketAddr::new(address, 0))?;
        self.name(listener.local_addr()?)?;
        Ok(listener)
    }

    /// Names an address, whoever's it is, to which the server is to connect.
    pub fn name(&mut self, address: SocketAddr) -> Result<()> {
        let port = address.port();
        let command = match address.ip() {
            IpAddr::V4(v4) => {
                let host = v4.to_string().replace('.', ",");
                format!("PORT {host},{},{}", port >> 8, port & 0xff)
            }
            IpAddr::V6(v6) => format!("EPRT |2|{v6}|{port}|"),
        };
        self.command(&command, "200").map(drop)
    }

    /// Reads the reply that ends a listing whose data connection was closed.
    pub fn end_data(&mut self) -> Result<String> {
        let reply = self.reply()?;
        ensure!(
            reply.starts_with("226") || reply.starts_with("426"),
            "after LIST: {reply}"
        );
        Ok(reply)
    }

    /// Asks for a listing and opens the announced data connection for it.
    pub fn open_data(&mut self, announcement: &Announcement) -> Result<TcpStream> {
        self.open_data_for("LIST", announcement)
    }

    /// Gives a command and opens the announced data connection for it.
    pub fn open_data_for(
        &mut self,
        command: &str,
        announcement: &Announcement,
    ) -> Result<TcpStream> {
        self.send(command)?;
        let data = match announcement {
            Announcement::Server(address) => {
                connection::connect(self.lab, Host::Client, *address, TIMEOUT)?
            }
            Announcement::Client(listener) => connection::accept(listener, TIMEOUT)?,
        };
        self.expect("150", command)?;
        Ok(data)
    }

    /// Reads what is listed to its end, and the server's last word about it.
    pub fn close_data(&mut self, mut data: TcpStream) -> Result<()> {
        data.set_read_timeout(Some(TIMEOUT))?;
        let mut listing = String::new();
        data.read_to_string(&mut listing)
            .context("the listing does not end")?;
        self.expect("226", "the end of LIST").map(drop)
    }
}

/// Where a data connection is to be opened.
#[derive(Debug)]
pub enum Announcement {
    /// The server listens there; the client connects.
    Server(SocketAddr),
    /// The client listens; the server connects.
    Client(TcpListener),
}

impl Announcement {
    /// The address that will be connected to.
    pub fn responder(&self) -> Result<SocketAddr> {
        Ok(match self {
            Announcement::Server(address) => *address,
            Announcement::Client(listener) => listener.local_addr()?,
        })
    }
}
