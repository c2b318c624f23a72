//! Keys of the whole tracker, and values of any.

use super::assert_faults;

#[test]
fn single_faults() {
    assert_faults(&[
        ("interface = ['lan']", "f:1:1", "did you mean `interfaces`?"),
        ("zzz = 1", "f:1:1", "there is no key `zzz` here"),
        ("\nmode = 'enforced'", "f:2:8", "did you mean `enforce`?"),
        (
            "mode = 'xyz'",
            "f:1:8",
            "there is no mode `xyz`, but: conntrack, observe, enforce, mark, bypass",
        ),
        (
            "mode = 1",
            "f:1:8",
            "a string in quotes is expected here, not an integer",
        ),
        ("mark = '3/1'", "f:1:8", "VALUE has bits"),
        ("mark = 512", "f:1:8", "a string in quotes is expected"),
        ("control_ports = [21, 0]", "f:1:22", "0 is no port"),
        ("control_ports = [70000]", "f:1:18", "70000 is no port"),
        ("control_ports = [-1]", "f:1:18", "-1 is no port"),
        (
            "control_ports = 'ftp'",
            "f:1:17",
            "a whole number is expected here, not a string",
        ),
        (
            "control_ports = [99999999999999999999999999999999999999999999]",
            "f:1:18",
            "too large",
        ),
        ("interfaces = ['a b']", "f:1:15", "without spaces"),
        ("session_idle = 0", "f:1:16", "from 1 to"),
        ("session_idle = -5", "f:1:16", "from 1 to"),
        ("flow_idle = 2592001", "f:1:13", "from 1 to"),
        (
            "flow_idle = 1.5",
            "f:1:13",
            "a whole number is expected here, not a float",
        ),
        ("name = 'a.b'", "f:1:8", "a name has"),
        (
            "mode = 'observe'\nmode = 'observe'",
            "f:2:1",
            "duplicate key",
        ),
        ("mode = ", "f:1:", ""),
        ("a = 'ä' b", "f:1:", ""),
        ("not_tcp = 'dorp'", "f:1:11", "did you mean `drop`?"),
    ]);
}
