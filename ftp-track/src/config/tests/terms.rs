//! What is permitted, and for how long.

use super::assert_faults;

#[test]
fn single_faults() {
    assert_faults(&[
        ("actve = true", "f:1:1", "did you mean `active`?"),
        (
            "active = 1",
            "f:1:10",
            "true or false is expected here, not an integer",
        ),
        (
            "action = 'drop'",
            "f:1:10",
            "there is no action `drop`, but: track, ignore, refuse",
        ),
        ("action = 'refused'", "f:1:10", "did you mean `refuse`?"),
        ("log = 'warning'", "f:1:7", "did you mean `warn`?"),
        ("pending_per_session = 2", "f:1:23", "2 is not possible"),
        ("sessions_per_client = -1", "f:1:23", "-1 is not from 0 to"),
        (
            "ports = ['5100-5000']",
            "f:1:10",
            "did you mean \"5000-5100\"?",
        ),
        ("ports = []", "f:1:9", "every announcement would be refused"),
        ("ports = [20]", "f:1:10", "below 1024 is never admitted"),
        (
            "fxp = ['10.0.0.1/8']",
            "f:1:8",
            "did you mean `10.0.0.0/8`?",
        ),
        (
            "fxp = ['10.0.0.0/8', '10.0.0.1']",
            "f:1:22",
            "10.0.0.0/8 and 10.0.0.1 overlap",
        ),
        (
            "fxp = ['10.0.0.1','10.0.0.2','10.0.0.3','10.0.0.4','10.0.0.5','10.0.0.6',\
             '10.0.0.7','10.0.0.8','10.0.0.9']",
            "f:1:96",
            "at most 8 prefixes of third hosts",
        ),
        (
            "action = 'ignore'\nfxp = '10.0.0.1'",
            "f:2:7",
            "`fxp` contradicts action",
        ),
        ("ports = '1-65535'", "f:1:9", "below 1024 is never admitted"),
        (
            "ports = ['5000-5100', '5050-5200']",
            "f:1:23",
            "5050-5200 and 5000-5100 overlap; did you mean \"5000-5200\"?",
        ),
        (
            "ports = [2000,2001,2002,2003,2004,2005,2006,2007,2008]",
            "f:1:50",
            "at most 8 ranges",
        ),
        (
            "expectation_lifetime = 90\nsession_idle = 60",
            "f:1:24",
            "would be given up before",
        ),
        ("session_idle = 59", "f:1:16", "would be given up before"),
        (
            "active = false\nsource_port_20 = true",
            "f:2:18",
            "active is false here",
        ),
        (
            "action = 'refuse'\npassive = false",
            "f:2:11",
            "contradicts action = \"refuse\"",
        ),
        (
            "action = 'ignore'\nports = [5000]",
            "f:2:10",
            "contradicts action = \"ignore\"",
        ),
    ]);
}
