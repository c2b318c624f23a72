//! What the fuzz targets share with the engine's tests, and the form of their input.

pub mod script;

#[path = "../../ftp-track-common/tests/support/mod.rs"]
pub mod support;
