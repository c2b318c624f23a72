//! What the engine's tests and fuzz targets share: a control connection driven as the kernel
//! programs drive it, transcripts as text, and an independent reference.

pub mod agreement;
pub mod connection;
pub mod reference;
pub mod segmentation;
pub mod transcript;
