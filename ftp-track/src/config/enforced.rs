//! Keys that have a meaning in enforce mode only.

use std::num::NonZeroU16;

use toml::Spanned;

use super::{
    Mode, NotTcp,
    document::{Problems, Section},
    settings::sorted,
};

/// The keys, as they are written at the top of the file and in a `[[group]]`.
#[derive(Debug, Default)]
pub struct Enforced {
    allow_ports: Option<Vec<Spanned<NonZeroU16>>>,
    not_tcp: Option<Spanned<NotTcp>>,
}

impl Enforced {
    /// Reads them from a table.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            allow_ports: section.list("allow_ports"),
            not_tcp: section.get("not_tcp"),
        }
    }

    /// Where new connections are allowed, sorted.
    pub fn allow_ports(&self) -> Option<Vec<u16>> {
        Some(sorted(self.ports()?))
    }

    /// The same, as it is written.
    pub fn ports(&self) -> Option<impl Iterator<Item = NonZeroU16>> {
        let ports = self.allow_ports.as_ref()?;
        Some(ports.iter().map(|port| *port.get_ref()))
    }

    /// What becomes of packets that are neither TCP nor ICMP.
    pub fn not_tcp(&self) -> Option<NotTcp> {
        self.not_tcp.as_ref().map(|not_tcp| *not_tcp.get_ref())
    }

    /// Notes what asks for something that `mode` does not do; `who` is in that mode.
    pub fn refuse(&self, mode: Mode, who: &str, problems: &Problems) {
        let ports = self.allow_ports.as_ref();
        let drop = |not_tcp: &&Spanned<NotTcp>| *not_tcp.get_ref() == NotTcp::Drop;
        let said = [
            (
                "allow_ports",
                ports.and_then(|ports| Some(ports.first()?.span())),
            ),
            (
                "not_tcp",
                self.not_tcp.as_ref().filter(drop).map(Spanned::span),
            ),
        ];
        for (key, at) in said {
            if let Some(at) = at {
                let name = mode.name();
                let message = format!(
                    "`{key}` is for enforce mode, and {who} is in {name} mode; remove one of them"
                );
                problems.add(at, message);
            }
        }
    }
}
