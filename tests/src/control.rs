//! A control connection spoken line by line, for tests that look between two commands.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::lab::{Family, Host, Lab};
use crate::server::{CONTROL_PORT, Server};

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
        let stream = connect(lab, Host::Client, address, TIMEOUT)?;
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
        self.stream
            .get_mut()
            .write_all(format!("{command}\r\n").as_bytes())?;
        self.expect(code, command)
    }

    fn expect(&mut self, code: &str, what: &str) -> Result<String> {
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

    /// Asks for a passive data connection with EPSV and returns the server's port.
    pub fn passive(&mut self) -> Result<u16> {
        let reply = self.command("EPSV", "229")?;
        let port = reply.split('|').nth(3).and_then(|port| port.parse().ok());
        port.with_context(|| format!("no port in {reply}"))
    }

    /// Announces a listener of the client with PORT or EPRT.
    pub fn active(&mut self) -> Result<TcpListener> {
        let address = Host::Client.address(self.family);
        let listener = listen(self.lab, Host::Client, SocketAddr::new(address, 0))?;
        let port = listener.local_addr()?.port();
        let command = match address {
            IpAddr::V4(v4) => {
                let host = v4.to_string().replace('.', ",");
                format!("PORT {host},{},{}", port >> 8, port & 0xff)
            }
            IpAddr::V6(v6) => format!("EPRT |2|{v6}|{port}|"),
        };
        self.command(&command, "200")?;
        Ok(listener)
    }
}

/// Opens a TCP connection from a host of the lab.
pub fn connect(lab: &Lab, from: Host, to: SocketAddr, limit: Duration) -> Result<TcpStream> {
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
