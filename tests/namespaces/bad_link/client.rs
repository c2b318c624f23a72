//! An FTP client that sends its commands in bursts, so that many segments are on their way at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use ftp_track_tests::control::listen;
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::wait_until;
use ftp_track_tests::server::{CONTROL_PORT, Server};
use ftp_track_tests::transfer::Mode;

/// So long may anything take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(30);

/// A logged-in client.
pub struct Client<'a> {
    lab: &'a Lab,
    stream: BufReader<TcpStream>,
    family: Family,
    /// The longest time between a burst and its last reply.
    pub slowest: Duration,
}

impl<'a> Client<'a> {
    /// Connects and logs in.
    pub fn open(lab: &'a Lab, server: &Server, family: Family) -> Result<Self> {
        let address = SocketAddr::new(Host::Server.address(family), CONTROL_PORT);
        let connect = || TcpStream::connect_timeout(&address, PATIENCE);
        let stream = lab.namespace(Host::Client).enter(connect)??;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut client = Self {
            lab,
            stream: BufReader::new(stream),
            family,
            slowest: Duration::ZERO,
        };
        client.expect("220")?;
        let login = server.login();
        client.burst(&[
            (format!("USER {}", login.user), "331"),
            (format!("PASS {}", login.password), "230"),
            ("TYPE I".to_owned(), "200"),
        ])?;
        Ok(client)
    }

    /// Sends commands in segments of their own, then reads all replies.
    fn burst(&mut self, commands: &[(String, &str)]) -> Result<String> {
        let start = Instant::now();
        for (command, _) in commands {
            let line = format!("{command}\r\n");
            self.stream.get_mut().write_all(line.as_bytes())?;
        }
        let mut last = String::new();
        for (command, code) in commands {
            last = self.expect(code).with_context(|| command.clone())?;
        }
        self.slowest = self.slowest.max(start.elapsed());
        Ok(last)
    }

    /// The last line of the next reply, which must begin with `code`.
    fn expect(&mut self, code: &str) -> Result<String> {
        loop {
            let mut line = String::new();
            let length = self.stream.read_line(&mut line).context("it hangs")?;
            ensure!(length > 0, "the server has closed the connection");
            if line.as_bytes().get(3) == Some(&b' ') {
                ensure!(line.starts_with(code), "{line:?} instead of {code}");
                return Ok(line);
            }
        }
    }

    /// Announces a data connection behind some other commands, opens it, and reads the listing.
    pub fn transfer(&mut self, mode: Mode, padding: usize) -> Result<()> {
        let mut commands = vec![("NOOP".to_owned(), "200"); padding];
        let mut data = match mode {
            Mode::Passive => {
                commands.push(("EPSV".to_owned(), "229"));
                let reply = self.burst(&commands)?;
                let port = reply.split('|').nth(3).context("no port")?.parse()?;
                let address = SocketAddr::new(Host::Server.address(self.family), port);
                let connect = || TcpStream::connect_timeout(&address, PATIENCE);
                let data = self.lab.namespace(Host::Client).enter(connect)?;
                let data = data.with_context(|| format!("{address}: it was announced"))?;
                self.command("NLST")?;
                data
            }
            Mode::Active => {
                let address = Host::Client.address(self.family);
                let listener = listen(self.lab, Host::Client, SocketAddr::new(address, 0))?;
                commands.push((announcement(address, listener.local_addr()?.port()), "200"));
                self.burst(&commands)?;
                self.command("NLST")?;
                accept(&listener)?
            }
        };
        data.set_read_timeout(Some(PATIENCE))?;
        let mut listing = String::new();
        data.read_to_string(&mut listing)?;
        ensure!(!listing.is_empty(), "an empty listing");
        drop(data);
        self.expect("150")?;
        self.expect("226")?;
        Ok(())
    }

    fn command(&mut self, command: &str) -> Result<()> {
        let line = format!("{command}\r\n");
        Ok(self.stream.get_mut().write_all(line.as_bytes())?)
    }
}

fn announcement(address: IpAddr, port: u16) -> String {
    match address {
        IpAddr::V4(v4) => {
            let host = v4.to_string().replace('.', ",");
            format!("PORT {host},{},{}", port >> 8, port & 0xff)
        }
        IpAddr::V6(v6) => format!("EPRT |2|{v6}|{port}|"),
    }
}

fn accept(listener: &TcpListener) -> Result<TcpStream> {
    listener.set_nonblocking(true)?;
    let mut accepted = None;
    wait_until(PATIENCE, || {
        accepted = listener.accept().ok();
        accepted.is_some()
    });
    let Some((stream, _)) = accepted else {
        bail!("the server does not connect, although PORT was accepted");
    };
    stream.set_nonblocking(false)?;
    Ok(stream)
}
