//! `ftp-track`: tracks FTP control connections on a gateway and admits their data connections.

fn main() -> std::process::ExitCode {
    ftp_track::cli::main().into()
}
