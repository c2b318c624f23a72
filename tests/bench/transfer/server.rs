//! A server that does no more than it must.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};

use anyhow::{Context, Result};
use nix::sys::socket::{setsockopt, sockopt::ReceiveTimeout};
use nix::sys::time::TimeVal;

/// Seconds after which a client that says nothing is given up.
const PATIENCE: i64 = 5;

/// Serves one control connection to its end. `RETR` names how many bytes the file has.
pub fn serve(listener: &TcpListener) -> Result<()> {
    let stream = accept(listener)?;
    stream.set_nodelay(true)?;
    let IpAddr::V4(address) = stream.local_addr()?.ip() else {
        anyhow::bail!("only IPv4 is measured");
    };
    let [a, b, c, d] = address.octets();
    let mut stream = BufReader::new(stream);
    let mut passive = None;
    let mut reply = "220 ready\r\n".to_owned();
    loop {
        stream.get_mut().write_all(reply.as_bytes())?;
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        reply = match line.trim_end() {
            "PASV" => {
                let data = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
                let [high, low] = data.local_addr()?.port().to_be_bytes();
                passive = Some(data);
                format!("227 Entering Passive Mode ({a},{b},{c},{d},{high},{low}).\r\n")
            }
            "QUIT" => "221 bye\r\n".to_owned(),
            line if line.starts_with("USER") => "331 and the password?\r\n".to_owned(),
            line => match line.strip_prefix("RETR ") {
                None => "230 welcome\r\n".to_owned(),
                Some(bytes) => {
                    stream.get_mut().write_all(b"150 here it comes\r\n")?;
                    let data = accept(&passive.take().context("RETR before PASV")?)?;
                    send(data, bytes.parse()?)?;
                    "226 done\r\n".to_owned()
                }
            },
        };
    }
}

fn send(mut data: TcpStream, bytes: usize) -> Result<()> {
    let block = [b'x'; 1 << 16];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(block.len());
        data.write_all(&block[..now])?;
        left -= now;
    }
    Ok(())
}

fn accept(listener: &TcpListener) -> Result<TcpStream> {
    let patience = TimeVal::new(PATIENCE, 0);
    setsockopt(listener, ReceiveTimeout, &patience)?;
    let (stream, _) = listener.accept().context("no connection came")?;
    setsockopt(&stream, ReceiveTimeout, &patience)?;
    Ok(stream)
}
