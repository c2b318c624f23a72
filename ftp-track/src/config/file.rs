//! The configuration file: TOML with the command line's settings and the lifetimes.

use std::{fs, num::NonZeroU16, ops::Range, path::Path};

use serde::Deserialize;
use toml::Spanned;

use super::{
    Choice, Error, HookChoice, InterfaceName, Lifetime, Mark, Mode, suggestion::suggestion,
};
use crate::instance::Name;

/// The keys of the file, for suggestions.
const KEYS: &[&str] = &[
    "name",
    "interfaces",
    "control_ports",
    "allow_ports",
    "hook",
    "mode",
    "mark",
    "expectation_lifetime",
    "session_idle",
    "flow_idle",
    "keep",
    "wait_for_interfaces",
];

/// The file as it is written. Every key may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    name: Option<Spanned<String>>,
    interfaces: Option<Vec<InterfaceName>>,
    control_ports: Option<Vec<NonZeroU16>>,
    allow_ports: Option<Vec<NonZeroU16>>,
    hook: Option<HookChoice>,
    mode: Option<Mode>,
    mark: Option<Mark>,
    expectation_lifetime: Option<Lifetime>,
    session_idle: Option<Lifetime>,
    flow_idle: Option<Lifetime>,
    keep: Option<bool>,
    wait_for_interfaces: Option<bool>,
}

impl File {
    /// Reads what the file at `path` chooses.
    pub fn read(path: &Path) -> Result<Choice, Error> {
        let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Parses the text of the file at `path`.
    pub fn parse(text: &str, path: &Path) -> Result<Choice, Error> {
        let invalid = |span: Option<Range<usize>>, message: String| {
            let (line, column) = position(text, span.map_or(0, |span| span.start));
            Error::Invalid {
                path: path.to_owned(),
                line,
                column,
                message,
            }
        };
        let file: Self =
            toml::from_str(text).map_err(|error| invalid(error.span(), explain(text, &error)))?;
        let name = match file.name {
            None => None,
            Some(name) => {
                let parsed = name.get_ref().parse::<Name>();
                Some(parsed.map_err(|error| invalid(Some(name.span()), error.to_string()))?)
            }
        };
        Ok(Choice {
            name,
            interfaces: file.interfaces,
            control_ports: file.control_ports,
            allow_ports: file.allow_ports,
            hook: file.hook,
            mode: file.mode,
            mark: file.mark,
            expectation_lifetime: file.expectation_lifetime,
            session_idle: file.session_idle,
            flow_idle: file.flow_idle,
            keep: file.keep,
            wait_for_interfaces: file.wait_for_interfaces,
        })
    }
}

/// Line and column of a byte, from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |feed| feed + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[start..].chars().count() + 1)
}

/// The message, and what was perhaps meant.
fn explain(text: &str, error: &toml::de::Error) -> String {
    let message = error.message();
    if !message.starts_with("unknown field") {
        return message.to_owned();
    }
    let span = error.span().and_then(|span| text.get(span));
    let written = span.unwrap_or_default().trim_matches(['"', '\'']);
    format!("{message}{}", suggestion(written, KEYS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything() {
        let text = "name = 'gw'\n\
            interfaces = ['lan', 'wan']\n\
            control_ports = [21, 2121]\n\
            allow_ports = [22]\n\
            hook = 'tc'\n\
            mode = 'enforce'\n\
            mark = '0x4/0xc'\n\
            expectation_lifetime = 30\n\
            session_idle = 600\n\
            flow_idle = 60\n\
            keep = true\n\
            wait_for_interfaces = true\n";
        let choice = File::parse(text, Path::new("x")).unwrap();
        assert_eq!(choice.name.unwrap().as_str(), "gw");
        assert_eq!(choice.interfaces.unwrap().len(), 2);
        assert_eq!(choice.control_ports.unwrap()[1].get(), 2121);
        assert_eq!(choice.allow_ports.unwrap()[0].get(), 22);
        assert_eq!(choice.hook, Some(HookChoice::Tc));
        assert_eq!(choice.mode, Some(Mode::Enforce));
        assert_eq!(choice.mark.unwrap().mask(), 0xc);
        assert_eq!(
            choice.expectation_lifetime.unwrap().nanoseconds(),
            30_000_000_000
        );
        assert_eq!(choice.session_idle.unwrap().nanoseconds(), 600_000_000_000);
        assert_eq!(choice.flow_idle.unwrap().nanoseconds(), 60_000_000_000);
        assert_eq!(choice.keep, Some(true));
        assert_eq!(choice.wait_for_interfaces, Some(true));
        for key in KEYS {
            assert!(text.contains(key), "{key} is suggested, but not read");
        }
        assert_eq!(File::parse("", Path::new("x")).unwrap(), Choice::default());
    }

    #[test]
    fn errors() {
        for (text, place, message) in [
            ("interface = ['lan']", "f:1:1", "did you mean `interfaces`?"),
            ("\nmode = 'enforced'", "f:2:8", "did you mean `enforce`?"),
            (
                "mode = 'xyz'",
                "f:1:8",
                "no mode `xyz`, but: conntrack, observe, enforce, mark, bypass",
            ),
            ("mode = 1", "f:1:8", "invalid type"),
            ("mark = '3/1'", "f:1:8", "VALUE has bits"),
            ("mark = 512", "f:1:8", "expected a string"),
            ("zzz = 1", "f:1:1", "unknown field `zzz`"),
            ("control_ports = [21, 0]", "f:1:22", "nonzero"),
            ("control_ports = [70000]", "f:1:18", "70000"),
            ("control_ports = [-1]", "f:1:18", "-1"),
            ("control_ports = 21", "f:1:17", "sequence"),
            ("interfaces = ['a b']", "f:1:14", "without spaces"),
            ("session_idle = 0", "f:1:16", "from 1 to"),
            ("flow_idle = 2592001", "f:1:13", "from 1 to"),
            ("name = 'a.b'", "f:1:8", "a name has"),
            (
                "mode = 'observe'\nmode = 'observe'",
                "f:2:1",
                "duplicate key",
            ),
            ("mode = ", "f:1:", ""),
            ("a = 'ä' b", "f:1:", ""),
        ] {
            let error = File::parse(text, Path::new("f")).unwrap_err().to_string();
            assert!(error.starts_with(place), "{text:?}: {error}");
            assert!(error.contains(message), "{text:?}: {error}");
        }
    }

    #[test]
    fn positions() {
        assert_eq!(position("ä = 1\nbc", 0), (1, 1));
        assert_eq!(position("ä = 1\nbc", 3), (1, 3));
        assert_eq!(position("ä = 1\nbc", 7), (2, 1));
        assert_eq!(position("a", 9), (1, 2));
    }
}
