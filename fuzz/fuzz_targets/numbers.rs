//! Numbers and addresses: the engine accepts exactly what the reference accepts.

#![no_main]

use ftp_track_fuzz::support::agreement;
use libfuzzer_sys::fuzz_target;

/// Longer input only repeats itself, and the reference takes its time.
const LONGEST: usize = 200;

fuzz_target!(|data: &[u8]| {
    if data.len() > LONGEST {
        return;
    }
    for line in data.split(|&byte| byte == b'\n') {
        agreement::on_number(line);
        agreement::on_address(line);
        for verb in ["", "PORT ", "EPRT ", "EPRT |1|", "EPRT |2|", "EPSV "] {
            agreement::on_command(&[verb.as_bytes(), line].concat());
        }
        for code in ["", "227 ", "229 ", "229 (|||"] {
            agreement::on_reply(&[code.as_bytes(), line].concat());
        }
    }
});
