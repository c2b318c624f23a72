//! Carries frames over a cut wire.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ftp_track_tests::lab::Wire;
use nix::libc;

use super::mangler::{Mangler, Tally};

/// When a frame goes on, its number, by which side, and its bytes.
type Waiting = Reverse<(Instant, u64, usize, Vec<u8>)>;

/// A thread that carries frames. Dropping it stops that.
pub struct Carrier {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Tally>>,
}

impl Carrier {
    /// Starts carrying, with what `mangler` does to the frames.
    pub fn start(wire: &Wire, mangler: Mangler) -> Self {
        let names = [wire.host.clone(), wire.gateway.clone()];
        let open = || names.map(|name| packet_socket(&name).unwrap());
        let sockets = wire.namespace.enter(open).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || carry(&sockets, mangler, &stopped));
        Self {
            stop,
            thread: Some(thread),
        }
    }

    /// Stops, and says what was done to the frames.
    pub fn stop(mut self) -> Tally {
        self.stop.store(true, Relaxed);
        let thread = self.thread.take().expect("it is stopped once");
        thread.join().expect("the carrier does not panic")
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
    }
}

fn carry(sockets: &[OwnedFd; 2], mut mangler: Mangler, stop: &AtomicBool) -> Tally {
    let mut waiting: BinaryHeap<Waiting> = BinaryHeap::new();
    let mut number = 0u64;
    let mut buffer = vec![0; 65_536];
    while !stop.load(Relaxed) {
        let next = waiting.peek().map(|Reverse((due, ..))| *due);
        poll(sockets, next);
        for (side, socket) in sockets.iter().enumerate() {
            while let Some(length) = receive(socket, &mut buffer) {
                for (delay, frame) in mangler.pass(side, buffer[..length].to_vec()) {
                    let due = Instant::now() + Duration::from_millis(delay as u64);
                    number += 1;
                    waiting.push(Reverse((due, number, 1 - side, frame)));
                }
            }
        }
        while let Some(Reverse((due, ..))) = waiting.peek() {
            if *due > Instant::now() {
                break;
            }
            let Some(Reverse((_, _, side, frame))) = waiting.pop() else {
                break;
            };
            send(&sockets[side], &frame);
        }
    }
    mangler.tally
}

/// A socket that gets every frame that comes by the interface called `name`, and sends by it.
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

/// Waits for a frame, until `due` or for a little while.
fn poll(sockets: &[OwnedFd; 2], due: Option<Instant>) {
    let left = due.map(|due| due.saturating_duration_since(Instant::now()));
    let limit = left.map_or(20, |left| left.as_millis().min(20) as i32);
    let mut waits = [0, 1].map(|side: usize| libc::pollfd {
        fd: sockets[side].as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    });
    // SAFETY: the array has as many elements as are said.
    unsafe { libc::poll(waits.as_mut_ptr(), 2, limit) };
}

fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> Option<usize> {
    // SAFETY: the buffer is writable and as long as is said.
    let length = unsafe {
        libc::recv(
            socket.as_raw_fd(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            0,
        )
    };
    usize::try_from(length).ok()
}

/// Sends a frame. One that is refused is lost, as on any bad link.
fn send(socket: &OwnedFd, frame: &[u8]) {
    // SAFETY: the frame is readable and as long as is said.
    unsafe { libc::send(socket.as_raw_fd(), frame.as_ptr().cast(), frame.len(), 0) };
}
