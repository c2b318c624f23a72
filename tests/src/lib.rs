//! Throwaway labs for ftp-track: three network namespaces (client, gateway, server), real FTP
//! servers and clients in them, and a running ftp-track in the gateway.
//!
//! Everything here drives programs that are installed on the machine; nothing is simulated. The
//! library is shared by the namespace tests and by `cargo xtask demo`. It never links ftp-track:
//! it runs the built binary, so it builds where no eBPF toolchain is installed.

pub mod administrator;
pub mod client;
pub mod control;
pub mod guest;
pub mod lab;
pub mod machine;
pub mod matrix;
pub mod pace;
mod package;
pub mod process;
pub mod recipe;
pub mod server;
pub mod tracker;
pub mod transfer;
