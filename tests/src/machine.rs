//! A gateway on which a firewall's packages seem to be installed.
//!
//! firewalld and ufw would take over the whole machine if they were installed. Here they are
//! unpacked below the target folder, and seen only in a mount namespace of the gateway: over the
//! machine's `/usr` and `/etc`, and with places of their own for what they write.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::lab::{Host, Lab};
use crate::package::{FIREWALLD, Package, UFW};
use crate::process::{self, Service};

/// What every firewall needs: its files, and nothing that it writes leaves the namespace.
const SETUP: &str = r#"
set -e
private=$(mktemp -d)
mount -t tmpfs private "$private"
for place in usr etc; do
    mkdir -p "$private/$place" "$private/$place.work"
    mount -t overlay overlay -o "lowerdir=$TREE/$place:/$place,upperdir=$private/$place,workdir=$private/$place.work" "/$place"
done
if [ -d "$TREE/lib" ]; then
    mount -t overlay overlay -o "lowerdir=$TREE/lib:/usr/lib" /usr/lib
fi
mkdir -p /run/dbus
mount -t tmpfs log /var/log
"#;

/// The bus, the actions that its authority knows, and firewalld itself.
const START_FIREWALLD: &str = r#"
mount -t tmpfs bus /run/dbus
actions=/usr/share/polkit-1/actions
cp $actions/org.fedoraproject.FirewallD1.server.policy.choice $actions/org.fedoraproject.FirewallD1.policy
dbus-daemon --system --fork --nopidfile
exec firewalld --nofork --nopid
"#;

/// What the package's installation would copy.
const START_UFW: &str = r#"
cp /usr/share/ufw/*.rules /usr/share/ufw/ufw.conf /etc/ufw/
touch /var/log/ufw-is-there
exec sleep infinity
"#;

/// Whether the packages of all firewalls are there.
pub fn are_firewalls_there() -> bool {
    [FIREWALLD, UFW].iter().all(Package::is_unpacked)
}

/// Downloads and unpacks what is missing of the firewalls' packages.
///
/// # Errors
/// When a package cannot be fetched or unpacked.
pub fn fetch_firewalls() -> Result<()> {
    let packages = [FIREWALLD, UFW];
    let mut missing = packages.iter().filter(|package| !package.is_unpacked());
    missing.try_for_each(Package::fetch)
}

/// A gateway on which a firewall's packages seem to be installed. Dropping it stops them.
#[derive(Debug)]
pub struct Machine {
    service: Service,
}

impl Machine {
    /// With firewalld, running.
    pub fn with_firewalld(lab: &Lab) -> Result<Self> {
        Self::start(lab, &FIREWALLD, START_FIREWALLD, "firewall-cmd --state")
    }

    /// With ufw, not enabled yet.
    pub fn with_ufw(lab: &Lab) -> Result<Self> {
        Self::start(lab, &UFW, START_UFW, "test -e /var/log/ufw-is-there")
    }

    fn start(lab: &Lab, package: &Package, start: &str, ready: &str) -> Result<Self> {
        ensure!(
            package.is_unpacked(),
            "its packages are not there; run `cargo xtask setup`"
        );
        let mut command = lab.namespace(Host::Gateway).command("unshare");
        command
            .env("TREE", package.tree())
            .args(["--mount", "--propagation", "private", "sh", "-c"])
            .arg(format!("{SETUP}{start}"));
        let log = lab.folder().join("firewall.log");
        let service = Service::start("the firewall", command, &log)?;
        let mut machine = Self { service };
        let pid = machine.service.id();
        machine
            .service
            .wait_ready(Duration::from_secs(40), || {
                let mut shell = shell(pid);
                process::run(shell.args(["-c", ready])).is_ok()
            })
            .context("cannot start the firewall")?;
        Ok(machine)
    }

    /// A shell on it.
    pub(crate) fn shell(&self) -> Command {
        shell(self.service.id())
    }
}

fn shell(pid: u32) -> Command {
    let mut command = process::command("nsenter");
    command
        .args(["--target", &pid.to_string(), "--mount", "--net"])
        .args(["--", "sh"]);
    command
}
