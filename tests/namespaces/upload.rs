//! A file on its way to a server, chunk by chunk.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Lab};
use ftp_track_tests::process::wait_until;
use ftp_track_tests::server::Server;
use ftp_track_tests::transfer::Mode;

const PATIENCE: Duration = Duration::from_secs(60);
const CHUNK: [u8; 1000] = [b'x'; 1000];

/// An upload that goes on as long as somebody writes.
pub struct Upload<'a> {
    control: Control<'a>,
    data: TcpStream,
    file: PathBuf,
    sent: u64,
}

impl<'a> Upload<'a> {
    /// Begins one.
    pub fn start(lab: &'a Lab, server: &Server, mode: Mode, family: Family) -> Self {
        let mut control = Control::open(lab, server, family).unwrap();
        let announcement = control.announce(mode).unwrap();
        let (remote, file) = server.upload_target();
        let store = format!("STOR {remote}");
        let data = control.open_data_for(&store, &announcement).unwrap();
        Self {
            control,
            data,
            file,
            sent: 0,
        }
    }

    /// Writes some more.
    pub fn write(&mut self) {
        self.data.write_all(&CHUNK).unwrap();
        self.sent += CHUNK.len() as u64;
    }

    /// Bytes that the server has.
    pub fn stored(&self) -> u64 {
        fs::metadata(&self.file).unwrap().len()
    }

    /// Whether what is written comes to the server.
    pub fn goes_on(&mut self) -> bool {
        self.write();
        wait_until(PATIENCE, || self.stored() == self.sent)
    }

    /// Bytes that were written.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Who connected, and to whom, in passive mode.
    pub fn ends(&self) -> (SocketAddr, SocketAddr) {
        let initiator = self.data.local_addr().unwrap();
        (initiator, self.data.peer_addr().unwrap())
    }

    /// The end of the file; gives the control connection back.
    pub fn finish(self) -> Control<'a> {
        let Self {
            mut control, data, ..
        } = self;
        drop(data);
        control.end_data().unwrap();
        control
    }
}
