//! Conversations of control connections, and the data connections that they admit.

mod active;
mod early;
mod ending;
mod greeting;
mod passive;
mod passive_reply;
mod pipelining;
mod secured;
