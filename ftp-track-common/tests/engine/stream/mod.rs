//! Segments: order, windows, loss, and the life of expectations and flows.

mod expectation;
mod flow;
mod handshake;
mod kept;
mod limit;
mod loss;
mod order;
mod pick_up;
mod reset;
mod unread;

use crate::support::connection::Connection;

/// An IPv4 connection that has been greeted.
fn greeted() -> Connection {
    let mut connection = Connection::v4();
    connection.server("220 ready");
    connection
}

/// A connection that expects PASV 5001.
fn expecting() -> Connection {
    let mut connection = greeted();
    connection.client("PASV");
    connection.server("227 (192,0,2,1,19,137)");
    assert_eq!(connection.take_notes(), ["made PASV 5001"]);
    connection
}
