//! What differs from kernel to kernel, run inside virtual machines by
//! `cargo xtask integration-test vm`.

mod driver;
mod hook;
mod layer3;
mod refusal;
mod release;
mod service;
mod transfer;
mod zone;
