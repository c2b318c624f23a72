//! Tables for the kernel programs: rows of packets in; verdicts, events, counters and the maps'
//! contents out. The programs run in the kernel by `BPF_PROG_TEST_RUN`; that needs root.

mod capacity;
mod concurrency;
mod conntrack;
mod control;
mod door;
mod exhaustion;
mod flow;
mod fuzz;
mod glance;
mod group;
mod harness;
mod history;
mod janitor;
mod mark;
mod packet;
mod policy;
mod related;
mod seat;
mod stream;
#[allow(dead_code, reason = "the engine's tests use more of it")]
#[path = "../../ftp-track-common/tests/support/mod.rs"]
mod support;
mod third_host;
mod verdict;
mod verifier;
mod zone;
