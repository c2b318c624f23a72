//! The byte streams of a control connection: each byte once and in order (rules 1 to 5).

mod ambiguous;
pub(crate) mod barred;
pub(crate) mod checksum;
mod gap;
mod handshake;
mod interface;
mod kept;
mod order;
mod pick_up;
mod reset;
mod window;
