//! What a running daemon can be asked on its control socket, and the answers: one JSON object on
//! one line each way, then the connection ends.

mod client;
mod entry;
mod request;

pub use self::{
    client::{Error, ask},
    entry::{
        EndpointArgument, Ends, Key, ParseKeyError, address, expectation_key, flow_key, session_key,
    },
    request::{Answer, Content, LONGEST, Request, What},
};
