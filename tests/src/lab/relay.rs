//! Carries frames from one port to another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Port;

/// A thread that carries frames between two ports. Dropping it stops that.
#[derive(Debug)]
pub struct Relay {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Starts. `change` is told by which of the ports (0 or 1) a frame came, and says what goes out
    /// by the other one.
    pub fn start(
        ports: [Port; 2],
        mut change: impl FnMut(usize, Vec<u8>) -> Vec<Vec<u8>> + Send + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while !stopped.load(Relaxed) {
                Port::wait(&ports, Duration::from_millis(20));
                for (side, port) in ports.iter().enumerate() {
                    while let Some(length) = port.receive(&mut buffer) {
                        for frame in change(side, buffer[..length].to_vec()) {
                            ports[1 - side].send(&frame);
                        }
                    }
                }
            }
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in it is seen by what did not arrive.
            let _ = thread.join();
        }
    }
}
