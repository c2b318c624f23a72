//! What the command line refuses before it touches anything. Needs no root.

use assert_cmd::Command;

struct Row {
    name: &'static str,
    arguments: &'static [&'static str],
    code: i32,
    stdout: &'static str,
    stderr: &'static str,
}

fn ftp_track() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ftp-track"))
}

const NONE: &str = "nobody-has-this-name";

#[test]
fn rows() {
    let rows = [
        Row {
            name: "nothing",
            arguments: &[],
            code: 2,
            stdout: "",
            stderr: "Usage:",
        },
        Row {
            name: "help",
            arguments: &["--help"],
            code: 0,
            stdout: "Exit status",
            stderr: "",
        },
        Row {
            name: "version",
            arguments: &["--version"],
            code: 0,
            stdout: env!("CARGO_PKG_VERSION"),
            stderr: "",
        },
        Row {
            name: "every reason is explained",
            arguments: &["stats", "--help"],
            code: 0,
            stdout: "FTP bounce",
            stderr: "",
        },
        Row {
            name: "what the exit status of a check means",
            arguments: &["migrate", "--help"],
            code: 0,
            stdout: "0 at most one of helper and tracker is active",
            stderr: "",
        },
        Row {
            name: "unknown command",
            arguments: &["lits"],
            code: 2,
            stdout: "",
            stderr: "list",
        },
        Row {
            name: "no interface",
            arguments: &["run"],
            code: 2,
            stdout: "",
            stderr: "--interface",
        },
        Row {
            name: "port 0",
            arguments: &["run", "--interface", "lo", "--control-port", "0"],
            code: 2,
            stdout: "",
            stderr: "--control-port",
        },
        Row {
            name: "port 65536",
            arguments: &["run", "--interface", "lo", "--allow-port", "65536"],
            code: 2,
            stdout: "",
            stderr: "--allow-port",
        },
        Row {
            name: "mode",
            arguments: &["run", "--interface", "lo", "--mode", "enforc"],
            code: 2,
            stdout: "",
            stderr: "enforce",
        },
        Row {
            name: "interface name that steers the terminal",
            arguments: &["run", "--interface", "\x1b[31m"],
            code: 2,
            stdout: "",
            stderr: "\\u{1b}[31m",
        },
        Row {
            name: "instance name that leaves the directory",
            arguments: &["list", "sessions", "--name", "../x"],
            code: 2,
            stdout: "",
            stderr: "a name has",
        },
        Row {
            name: "interface that does not exist",
            arguments: &["run", "--interface", "nosuchif", "--name", NONE],
            code: 1,
            stdout: "",
            stderr: "no interface nosuchif here; there is: ",
        },
        Row {
            name: "configuration that does not exist",
            arguments: &["run", "--config", "/nonexistent/ftp-track.toml"],
            code: 2,
            stdout: "",
            stderr: "/nonexistent/ftp-track.toml",
        },
        Row {
            name: "no tracker to list",
            arguments: &["list", "flows", "--name", NONE],
            code: 3,
            stdout: "",
            stderr: "",
        },
        Row {
            name: "no tracker to count",
            arguments: &["stats", "--name", NONE],
            code: 3,
            stdout: "",
            stderr: "",
        },
        Row {
            name: "no tracker to follow",
            arguments: &["monitor", "--name", NONE],
            code: 3,
            stdout: "",
            stderr: "no tracker named",
        },
        Row {
            name: "no tracker to explain",
            arguments: &["explain", "192.0.2.1", "192.0.2.2:21", "--name", NONE],
            code: 3,
            stdout: "",
            stderr: "",
        },
        Row {
            name: "nothing to explain",
            arguments: &["explain"],
            code: 2,
            stdout: "",
            stderr: "CLIENT",
        },
        Row {
            name: "no address",
            arguments: &["explain", "192.0.2.1", "ftp\x1b[31m.example.org"],
            code: 2,
            stdout: "",
            stderr: "no address",
        },
        Row {
            name: "one host alone",
            arguments: &["explain", "192.0.2.1"],
            code: 2,
            stdout: "",
            stderr: "name the other one too",
        },
        Row {
            name: "two families",
            arguments: &["explain", "192.0.2.1", "2001:db8::1"],
            code: 2,
            stdout: "",
            stderr: "two families",
        },
        Row {
            name: "a number and a host",
            arguments: &["explain", "7", "2001:db8::1"],
            code: 2,
            stdout: "",
            stderr: "no second host",
        },
    ];
    for row in rows {
        let output = ftp_track().args(row.arguments).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(row.code),
            "{}: {stderr}",
            row.name
        );
        assert!(stdout.contains(row.stdout), "{}: {stdout}", row.name);
        assert!(stderr.contains(row.stderr), "{}: {stderr}", row.name);
        assert!(!stderr.contains('\x1b'), "{}: {stderr:?}", row.name);
        let silent = if row.code == 0 { &stderr } else { &stdout };
        assert_eq!(silent, "", "{}", row.name);
    }
}

#[test]
fn a_wrong_configuration_is_shown_by_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ftp-track.toml");
    std::fs::write(&path, "interfaces = ['lo']\nmodus = 'enforce'\n").unwrap();
    let output = ftp_track()
        .arg("run")
        .arg("--config")
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("ftp-track.toml:2:1"), "{stderr}");
    assert!(stderr.contains("did you mean `mode`?"), "{stderr}");
}

#[test]
fn a_configuration_is_checked_without_privilege() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ftp-track.toml");
    let check = |text: &str, more: &[&str]| {
        std::fs::write(&path, text).unwrap();
        let mut check = ftp_track();
        check.args(["check", "--config"]).arg(&path).args(more);
        check.output().unwrap()
    };

    let output = check("\"\\u001b[31m\" = 1", &[]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("\\u{1b}[31m"), "{stderr:?}");
    let output = check("mode = 'enforced'\n[[rule]]\nclient = '10.0.0.1/8'\n", &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("ftp-track.toml:1:8"), "{stderr}");
    assert!(stderr.contains("ftp-track.toml:3:10"), "{stderr}");
    assert!(stderr.contains("did you mean `10.0.0.0/8`?"), "{stderr}");

    let right = "interfaces = ['lan']\nhook = 'tc'\nlocal = false\nmark = '0x400'\nkeep = true\n\
         wait_for_interfaces = true\nmetrics = '127.0.0.1:9421'\nmax_sessions = 1000\n\
         max_flows = 2000\n\
         [[rule]]\nname = 'x'\nclient = '10.0.0.0/8'\nactive = false\n";
    let output = check(right, &[]);
    assert_eq!(output.status.code(), Some(0));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let row = |start: &str| {
        let line = stdout.lines().find(|line| line.starts_with(start));
        let words = line.unwrap_or_else(|| panic!("{start}: {stdout}"));
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("name:"), "name: default");
    assert_eq!(row("hook:"), "hook: tc");
    assert_eq!(row("local:"), "local: false");
    assert_eq!(row("mark:"), "mark: 0x400/0x400");
    assert_eq!(row("keep:"), "keep: true");
    assert_eq!(row("wait_for_interfaces:"), "wait_for_interfaces: true");
    assert_eq!(row("metrics:"), "metrics: 127.0.0.1:9421");
    assert_eq!(row("max_sessions:"), "max_sessions: 1000");
    assert_eq!(row("max_flows:"), "max_flows: 2000");
    assert_eq!(row("default  lan"), "default lan by default - pass");
    assert_eq!(
        row("x "),
        "x 10.0.0.0/8 any 21 passive 1024-65535 1024 4096 60s 7200s 600s normal"
    );
    // The rule for everybody is the last.
    let last = stdout.lines().last().unwrap();
    assert!(last.starts_with("default  any"), "{stdout}");

    let output = check(right, &["--output", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["metainfo"]["tool"], "ftp-track");
    for (member, value) in [
        ("hook", "tc".into()),
        ("local", false.into()),
        ("mark", "0x400/0x400".into()),
        ("keep", true.into()),
        ("wait_for_interfaces", true.into()),
        ("metrics", "127.0.0.1:9421".into()),
        ("max_sessions", 1000.into()),
        ("max_flows", serde_json::Value::from(2000)),
    ] {
        assert_eq!(json[member], value, "{member}");
    }
    assert_eq!(json["groups"][0]["interfaces"][0], "lan");
    assert_eq!(json["rules"][0]["client"], "10.0.0.0/8");
    assert_eq!(json["rules"][0]["active"], false);
    assert_eq!(json["rules"][1]["active"], true);
}

#[test]
fn the_example_is_printed_and_is_right() {
    let output = ftp_track().args(["check", "--example"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("example.toml");
    std::fs::write(&path, &output.stdout).unwrap();
    let of_example = ftp_track().args(["check", "--config"]).arg(&path).output();
    let of_nothing = ftp_track().arg("check").output();
    assert_eq!(of_example.unwrap().stdout, of_nothing.unwrap().stdout);
}

/// systemd's journal takes a line for a message, and its priority from its beginning.
#[test]
fn errors_have_a_priority_in_the_journal() {
    use std::{fs::File, os::unix::fs::MetadataExt as _};

    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("ftp-track.toml");
    std::fs::write(&config, "mode = 'x'\nhook = 'y'\n").unwrap();
    let path = directory.path().join("stderr");
    let said = |is_journal: bool| {
        let stderr = File::create(&path).unwrap();
        let stream = stderr.metadata().unwrap();
        let inode = stream.ino() + u64::from(!is_journal);
        let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_ftp-track"));
        check.args(["check", "--config"]).arg(&config);
        check.env("JOURNAL_STREAM", format!("{}:{inode}", stream.dev()));
        let status = check.stderr(stderr).status().unwrap();
        assert_eq!(status.code(), Some(2));
        std::fs::read_to_string(&path).unwrap()
    };
    let text = said(true);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.lines().all(|line| line.starts_with("<3>")), "{text}");
    let text = said(false);
    assert!(text.starts_with("ftp-track: "), "{text}");
}

/// A reader that had enough is none; a disk that is full is one.
#[test]
fn what_cannot_be_written_is_a_failure() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["check"],
        &["list", "--help"],
    ] {
        let run = |stdout: std::process::Stdio| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ftp-track"));
            command.args(arguments).stdout(stdout).output().unwrap()
        };
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let output = run(full.unwrap().into());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("No space left"), "{arguments:?}: {stderr}");

        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = run(writer.into());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(output.stderr, b"", "{arguments:?}");
    }
}
