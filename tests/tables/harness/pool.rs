//! Loaded trackers that tests use one after the other: verifying the programs takes a second or
//! more. Whoever takes one resets it before each row, so none sees what another left.

use std::{
    ops::{Deref, DerefMut},
    panic::{catch_unwind, resume_unwind},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use super::{namespace, tracker::Tracker};

static IDLE: Mutex<Vec<Tracker>> = Mutex::new(Vec::new());

/// A tracker that goes back to the pool.
pub struct Lease(Option<Tracker>);

/// A tracker with the capacities of the object.
pub fn tracker() -> Lease {
    namespace::enter();
    let idle = idle().pop();
    Lease(Some(idle.unwrap_or_else(load)))
}

fn load() -> Tracker {
    static BROKEN: AtomicBool = AtomicBool::new(false);
    // The kernel may take seconds to refuse a program, and does not change its mind.
    assert!(
        !BROKEN.load(SeqCst),
        "the programs could not be loaded, see another test"
    );
    catch_unwind(|| Tracker::load_with(&[])).unwrap_or_else(|panic| {
        BROKEN.store(true, SeqCst);
        resume_unwind(panic)
    })
}

fn idle() -> MutexGuard<'static, Vec<Tracker>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deref for Lease {
    type Target = Tracker;

    fn deref(&self) -> &Tracker {
        self.0.as_ref().expect("it is given back at the end only")
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Tracker {
        self.0.as_mut().expect("it is given back at the end only")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        idle().extend(self.0.take());
    }
}
