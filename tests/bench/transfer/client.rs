//! A client that does no more than it must.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::time;

const PATIENCE: Duration = Duration::from_secs(5);

/// How long the steps took.
#[derive(Default)]
pub struct Steps {
    login: Vec<Duration>,
    passive: Vec<Duration>,
    connect: Vec<Duration>,
    /// From PASV to 226.
    pub file: Vec<Duration>,
}

impl Steps {
    /// By name.
    pub fn groups(self) -> [(&'static str, Vec<Duration>); 4] {
        [
            ("login", self.login),
            ("PASV", self.passive),
            ("data handshake", self.connect),
            ("file", self.file),
        ]
    }
}

/// A control connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    server: SocketAddr,
}

impl Client {
    /// Connects and logs in.
    pub fn log_in(server: SocketAddr, steps: &mut Steps) -> Result<Self> {
        let (client, took) = time(|| {
            let stream = connect(server)?;
            let mut client = Self {
                stream: BufReader::new(stream),
                server,
            };
            client.expect("220")?;
            client.ask("USER tester", "331")?;
            client.ask("PASS secret", "230")?;
            Ok(client)
        })?;
        steps.login.push(took);
        Ok(client)
    }

    /// Downloads a file of so many bytes.
    pub fn retrieve(&mut self, bytes: usize, steps: &mut Steps) -> Result<()> {
        let (reply, asked) = time(|| self.ask("PASV", "227"))?;
        let numbers = reply.split(['(', ',', ')']).map(str::parse::<u8>);
        let numbers: Vec<u8> = numbers.filter_map(Result::ok).collect();
        let [.., high, low] = numbers[..] else {
            anyhow::bail!("no port: {reply}");
        };
        let address = SocketAddr::new(self.server.ip(), u16::from_be_bytes([high, low]));
        let (mut data, connected) = time(|| connect(address))?;
        let (_, read) = time(|| {
            self.ask(&format!("RETR {bytes}"), "150")?;
            let arrived = io::copy(&mut data, &mut io::sink())?;
            ensure!(arrived == bytes as u64, "{arrived} bytes arrived");
            self.expect("226")
        })?;
        steps.passive.push(asked);
        steps.connect.push(connected);
        steps.file.push(asked + connected + read);
        Ok(())
    }

    /// Ends it.
    pub fn quit(mut self) -> Result<()> {
        self.ask("QUIT", "221").map(drop)
    }

    fn ask(&mut self, command: &str, code: &str) -> Result<String> {
        let line = format!("{command}\r\n");
        self.stream.get_mut().write_all(line.as_bytes())?;
        self.expect(code)
    }

    fn expect(&mut self, code: &str) -> Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        ensure!(line.starts_with(code), "not {code}: {line}");
        Ok(line)
    }
}

fn connect(to: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&to, PATIENCE);
    let stream = stream.with_context(|| format!("cannot connect to {to}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}
