//! A kernel that is too old: refused with one sentence.

use std::process::Command;

use ftp_track_tests::tracker;

/// The exit code for what the kernel refuses.
const REFUSED: i32 = 3;

#[test]
fn linux_before_5_17() {
    let mut run = Command::new(tracker::binary().unwrap());
    run.args(["run", "--interface", "lo", "--control-port", "21"]);
    let output = run.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(REFUSED), "{text}");
    assert!(
        text.contains("lacks bpf_loop, which Linux has since 5.17"),
        "{text}"
    );
}
