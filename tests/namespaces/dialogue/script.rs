//! A control connection of two sockets, driven by a script:
//!
//! ```text
//! < 220 ready                 a line of the server; it arrives before the script goes on
//! > PORT {C},195,80           a line of the client; {C} and {S} are the two addresses with commas
//! < 200 ok                    {c} and {s} as they are usually written
//! + active 50000              the server connects to this port of the client
//! - active 50000              it cannot: nothing comes through
//! + passive 50001             the client connects to this port of the server
//! ! fin client                also: fin server, rst client, rst server, wait SECONDS,
//!                             refuse passive PORT (nobody listens: the server's RST comes back)
//! ```
//!
//! A line gets CR LF; one that ends with `$` LF alone, one that ends with `~` nothing. `\xNN` is a
//! byte, and `\n` a line end inside of a segment.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use ftp_track_tests::control::listen;
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process::wait_until;
use ftp_track_tests::server::CONTROL_PORT;
use nix::sys::socket::{setsockopt, sockopt};

/// Long for what is let through, even when a segment has to be sent again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Short for what is not: only the first SYN is waited for.
const GLANCE: Duration = Duration::from_millis(300);

/// The two ends of a control connection.
pub struct Session<'a> {
    lab: &'a Lab,
    family: Family,
    client: Option<TcpStream>,
    server: Option<TcpStream>,
}

impl<'a> Session<'a> {
    /// Connects.
    pub fn open(lab: &'a Lab, family: Family) -> Self {
        let address = SocketAddr::new(Host::Server.address(family), CONTROL_PORT);
        let listener = listen(lab, Host::Server, address).unwrap();
        let connect = || TcpStream::connect_timeout(&address, PATIENCE);
        let client = lab.namespace(Host::Client).enter(connect).unwrap().unwrap();
        let (server, _) = listener.accept().unwrap();
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        Self {
            lab,
            family,
            client: Some(client),
            server: Some(server),
        }
    }

    /// Does what the script says.
    pub fn run(&mut self, script: &str) -> Result<(), String> {
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            self.step(line)
                .map_err(|error| format!("{line}: {error}"))?;
        }
        Ok(())
    }

    fn step(&mut self, line: &str) -> Result<(), String> {
        let (mark, rest) = line.split_once(' ').ok_or("no mark")?;
        match mark {
            ">" => say(&self.client, &self.server, &self.bytes(rest)?),
            "<" => say(&self.server, &self.client, &self.bytes(rest)?),
            "+" => self.probe(rest, true),
            "-" => self.probe(rest, false),
            "!" => self.act(rest),
            _ => Err("no such mark".to_owned()),
        }
    }

    fn bytes(&self, text: &str) -> Result<Vec<u8>, String> {
        let (client, server) = (
            Host::Client.address(self.family).to_string(),
            Host::Server.address(self.family).to_string(),
        );
        let text = text
            .replace("{C}", &client.replace('.', ","))
            .replace("{S}", &server.replace('.', ","))
            .replace("{c}", &client)
            .replace("{s}", &server);
        let (text, end) = if let Some(text) = text.strip_suffix('~') {
            (text, "")
        } else if let Some(text) = text.strip_suffix('$') {
            (text, "\n")
        } else {
            (text.as_str(), "\r\n")
        };
        let mut bytes = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('\\') {
            bytes.extend(before.as_bytes());
            if let Some(after) = after.strip_prefix('n') {
                bytes.extend(b"\r\n");
                rest = after;
            } else {
                let digits = after.strip_prefix('x').and_then(|after| after.get(..2));
                let digits = digits.ok_or("no such escape")?;
                bytes.push(u8::from_str_radix(digits, 16).map_err(|error| error.to_string())?);
                rest = &after[3..];
            }
        }
        bytes.extend(rest.as_bytes());
        bytes.extend(end.as_bytes());
        Ok(bytes)
    }

    fn ends(&self, text: &str) -> Result<(Host, SocketAddr), String> {
        let (kind, port) = text.split_once(' ').ok_or("no port")?;
        let port = port.parse().map_err(|_| "no port")?;
        let (from, to) = match kind {
            "active" => (Host::Server, Host::Client),
            "passive" => (Host::Client, Host::Server),
            _ => return Err("neither active nor passive".to_owned()),
        };
        Ok((from, SocketAddr::new(to.address(self.family), port)))
    }

    /// Whether a data connection comes to be. Something listens, so only the tracker can refuse it.
    fn probe(&self, what: &str, expect: bool) -> Result<(), String> {
        let (from, address) = self.ends(what)?;
        let to = if from == Host::Client {
            Host::Server
        } else {
            Host::Client
        };
        let listener = listen(self.lab, to, address).map_err(|error| format!("{error:#}"))?;
        let limit = if expect { PATIENCE } else { GLANCE };
        let result = self.connect(from, address, limit);
        drop(listener);
        match (result, expect) {
            (Ok(_), true) => Ok(()),
            (Ok(_), false) => Err("it came through".to_owned()),
            (Err(error), false) if error.kind() == ErrorKind::TimedOut => Ok(()),
            (Err(error), _) => Err(error.to_string()),
        }
    }

    fn connect(&self, from: Host, to: SocketAddr, limit: Duration) -> std::io::Result<TcpStream> {
        let connect = || TcpStream::connect_timeout(&to, limit);
        self.lab.namespace(from).enter(connect).unwrap()
    }

    fn act(&mut self, what: &str) -> Result<(), String> {
        let (action, rest) = what.split_once(' ').ok_or("no argument")?;
        let ends = match rest {
            "client" => Some((&mut self.client, &mut self.server)),
            "server" => Some((&mut self.server, &mut self.client)),
            _ => None,
        };
        match (action, ends) {
            ("fin", Some((own, other))) => {
                let own = own.as_ref().ok_or("it is closed")?;
                own.shutdown(Shutdown::Write)
                    .map_err(|error| error.to_string())?;
                is_over(other)
            }
            ("rst", Some((own, other))) => {
                let stream = own.take().ok_or("it is closed")?;
                let linger = nix::libc::linger {
                    l_onoff: 1,
                    l_linger: 0,
                };
                setsockopt(&stream.as_fd(), sockopt::Linger, &linger)
                    .map_err(|error| error.to_string())?;
                drop(stream);
                is_over(other)
            }
            ("wait", None) => {
                let seconds: u64 = rest.parse().map_err(|_| "no number")?;
                std::thread::sleep(Duration::from_secs(seconds));
                Ok(())
            }
            ("refuse", None) => {
                let (from, address) = self.ends(rest)?;
                match self.connect(from, address, PATIENCE) {
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
                    Err(error) => Err(error.to_string()),
                    Ok(_) => Err("somebody listens".to_owned()),
                }
            }
            _ => Err("no such action".to_owned()),
        }
    }
}

/// Sends bytes, and waits until the other side has them.
fn say(from: &Option<TcpStream>, to: &Option<TcpStream>, bytes: &[u8]) -> Result<(), String> {
    let (mut from, mut to) = from.as_ref().zip(to.as_ref()).ok_or("it is closed")?;
    from.write_all(bytes).map_err(|error| error.to_string())?;
    let mut arrived = vec![0; bytes.len()];
    to.read_exact(&mut arrived)
        .map_err(|error| format!("it does not arrive: {error}"))?;
    if arrived == bytes {
        Ok(())
    } else {
        Err("something else arrives".to_owned())
    }
}

/// Waits until the other side's end has arrived.
fn is_over(stream: &Option<TcpStream>) -> Result<(), String> {
    let mut stream = stream.as_ref().ok_or("it is closed")?;
    let over = wait_until(PATIENCE, || {
        matches!(stream.read(&mut [0]), Ok(0))
            || stream.take_error().is_ok_and(|error| error.is_some())
    });
    if over {
        Ok(())
    } else {
        Err("its end does not arrive".to_owned())
    }
}
