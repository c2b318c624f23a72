//! The end of a link in the hands of a test: frames or packets are read from it and written to it.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Namespace;

/// An interface of which every frame is read, or a tun device.
#[derive(Debug)]
pub struct Port(File);

impl Port {
    /// Gets every frame that comes by the interface called `name`, and sends by it.
    pub fn packets(namespace: &Namespace, name: &str) -> Result<Self> {
        let opened = namespace.enter(|| packet_socket(name))?;
        let socket = opened.with_context(|| format!("no packet socket on {name}"))?;
        Ok(Self(socket.into()))
    }

    /// Makes a tun device, whose packets have no Ethernet header. It goes when the port is dropped.
    pub fn tun(namespace: &Namespace, name: &str) -> Result<Self> {
        let opened = namespace.enter(|| tun(name))?;
        let file = opened.with_context(|| format!("no tun device {name}"))?;
        Ok(Self(file))
    }

    /// A frame, if there is one.
    pub fn receive(&self, buffer: &mut [u8]) -> Option<usize> {
        (&self.0).read(buffer).ok()
    }

    /// Sends a frame. One that is refused is lost, as on any bad link.
    pub fn send(&self, frame: &[u8]) {
        let _ = (&self.0).write(frame);
    }

    /// Waits until one of both has a frame, not longer than `limit`.
    pub fn wait(ports: &[Port; 2], limit: Duration) {
        let mut waits = [0, 1].map(|side: usize| libc::pollfd {
            fd: ports[side].0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        });
        // SAFETY: the array has as many elements as are said.
        unsafe { libc::poll(waits.as_mut_ptr(), 2, limit.as_millis() as i32) };
    }
}

fn packet_socket(name: &str) -> io::Result<OwnedFd> {
    const EVERYTHING: u16 = (libc::ETH_P_ALL as u16).to_be();
    let name = CString::new(name)?;
    // SAFETY: the call takes no pointer.
    let socket = unsafe {
        libc::socket(
            libc::AF_PACKET,
            libc::SOCK_RAW | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC,
            EVERYTHING.into(),
        )
    };
    if socket < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call above has given it, and nobody else has it.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    // SAFETY: the name ends with a NUL; the address is one of its type, all zero but what is set;
    // the option is an int. All of them outlive the calls.
    let result = unsafe {
        let mut address: libc::sockaddr_ll = std::mem::zeroed();
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = EVERYTHING;
        address.sll_ifindex = libc::if_nametoindex(name.as_ptr()) as i32;
        let yes: libc::c_int = 1;
        let ignored = libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_IGNORE_OUTGOING,
            (&raw const yes).cast(),
            size_of_val(&yes) as u32,
        );
        let bound = libc::bind(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            size_of_val(&address) as u32,
        );
        ignored | bound
    };
    if result == 0 {
        Ok(socket)
    } else {
        Err(io::Error::last_os_error())
    }
}

fn tun(name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK);
    let file = options.open("/dev/net/tun")?;
    // SAFETY: all zero is one of its values; the call writes within it, and it outlives the call.
    let result = unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
            *to = from as libc::c_char;
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as i16;
        libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request)
    };
    if result == 0 {
        Ok(file)
    } else {
        Err(io::Error::last_os_error())
    }
}
