//! What the tables are run with: the loaded programs, frames, and a conversation of two peers.

pub mod data;
pub mod flows;
pub mod frame;
pub mod map;
pub mod namespace;
pub mod note;
pub mod play;
pub mod pool;
pub mod row;
pub mod segment;
pub mod skb;
pub mod state;
pub mod tracker;
