//! stub
/// x
pub fn remove_pins(_: &str) {}
