//! firewalld: its services bring the helper, so its own program has to take them away.

use super::{Change, Obstacle, Role, Rule, change::quoted, nft::Nft, ports, program::read};

const PROGRAM: &str = "firewall-cmd";

/// The place of firewalld's own rules, as nft names it.
const TABLE: &str = "inet firewalld ";

/// A zone or a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Section {
    /// `--zone=public` or `--policy=lan-to-wan`.
    option: String,
    services: Vec<String>,
    ports: Vec<String>,
    rich_rules: Vec<String>,
}

/// What a service consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Service {
    name: String,
    ports: Vec<String>,
    helpers: Vec<String>,
}

/// Replaces what nft shows of firewalld's rules by what firewalld calls them. Without firewalld's
/// program its rules stay in the list, but without commands: it would bring them back.
pub fn look(nft: &mut Nft, unseen: &mut Vec<Obstacle>) -> Vec<Rule> {
    let is_own = |rule: &Rule| rule.place.starts_with(TABLE);
    if !nft.rules.iter().any(is_own) {
        return Vec::new();
    }
    match ask() {
        Ok(rules) => {
            nft.rules.retain(|rule| !is_own(rule));
            rules
        }
        Err(obstacle) => {
            for rule in nft.rules.iter_mut().filter(|rule| is_own(rule)) {
                rule.remove = None;
            }
            unseen.push(obstacle);
            Vec::new()
        }
    }
}

fn ask() -> Result<Vec<Rule>, Obstacle> {
    let mut sections = sections(&read(PROGRAM, &["--list-all-zones"])?, "--zone");
    // Policies exist since firewalld 0.9; where there are none, nothing is missed.
    if let Ok(text) = read(PROGRAM, &["--list-all-policies"]) {
        sections.extend(self::sections(&text, "--policy"));
    }
    let mut names: Vec<&String> = sections
        .iter()
        .flat_map(|section| &section.services)
        .collect();
    names.sort();
    names.dedup();
    let mut services = Vec::new();
    for name in names {
        let text = read(PROGRAM, &[&format!("--info-service={name}")])?;
        services.push(service(name, &text));
    }
    let bring: Vec<&Service> = services
        .iter()
        .filter(|service| service.helpers.iter().any(|helper| helper == "ftp"))
        .collect();
    Ok(sections
        .iter()
        .flat_map(|section| rules(section, &bring))
        .collect())
}

fn rules(section: &Section, services: &[&Service]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for service in services {
        let rule = |text: String, remove| Rule {
            role: Role::Assigns,
            firewall: "firewalld".to_owned(),
            place: section.option.trim_start_matches('-').replace('=', " "),
            text,
            ports: service
                .ports
                .iter()
                .filter_map(|port| port.strip_suffix("/tcp"))
                .flat_map(|port| ports::list(&port.replace('-', ":")))
                .collect(),
            local: false,
            remove,
            established: None,
        };
        if section.services.contains(&service.name) {
            let text = format!("service {}", service.name);
            rules.push(rule(text, Some(remove(section, service))));
        }
        let named = format!("service name=\"{}\"", service.name);
        for rich in &section.rich_rules {
            if rich.contains(&named) {
                rules.push(rule(rich.clone(), None));
            }
        }
    }
    rules
}

/// First the ports, then the service away: the ports are open at every moment.
///
/// On the way back everything is loaded anew. firewalld keeps one rule for a port that is open
/// twice; if the service came back beside it, the rule that gives the helper would lie behind that
/// one and never be reached.
fn remove(section: &Section, service: &Service) -> Change {
    let ports = service.ports.iter();
    let ports: Vec<&String> = ports.filter(|port| !section.ports.contains(port)).collect();
    let name = &service.name;
    let mut change = Change::default();
    for lasting in ["", "--permanent "] {
        let command = |action: &str, what: &str| {
            format!("{PROGRAM} {lasting}{} --{action}={what}", section.option)
        };
        let opened = ports.iter().map(|port| command("add-port", port));
        change.apply.extend(opened);
        change.apply.push(command("remove-service", name));
        if !lasting.is_empty() {
            change.undo.push(command("add-service", name));
            let closed = ports.iter().map(|port| command("remove-port", port));
            change.undo.extend(closed);
        }
    }
    change.undo.push(format!("{PROGRAM} --reload"));
    change
}

/// The sections of `--list-all-zones` and `--list-all-policies`.
fn sections(text: &str, option: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut in_rich_rules = false;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(' ').next().unwrap_or_default();
            sections.push(Section {
                option: format!("{option}={}", quoted(name)),
                services: Vec::new(),
                ports: Vec::new(),
                rich_rules: Vec::new(),
            });
            in_rich_rules = false;
            continue;
        }
        let Some(section) = sections.last_mut() else {
            continue;
        };
        let line = line.trim();
        if in_rich_rules && line.starts_with("rule ") {
            section.rich_rules.push(line.to_owned());
            continue;
        }
        in_rich_rules = line.starts_with("rich rules:");
        match line.split_once(':') {
            Some(("services", rest)) => section.services = list(rest),
            Some(("ports", rest)) => section.ports = list(rest),
            _ => {}
        }
    }
    sections
}

/// What `--info-service` prints.
fn service(name: &str, text: &str) -> Service {
    let member = |wanted: &str| {
        let lines = text.lines().filter_map(|line| line.trim().split_once(':'));
        let found = lines.into_iter().find(|(name, _)| *name == wanted);
        found.map_or_else(Vec::new, |(_, rest)| list(rest))
    };
    Service {
        name: name.to_owned(),
        ports: member("ports"),
        helpers: member("helpers"),
    }
}

fn list(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONES: &str = "\
public (active)
  target: default
  interfaces: lan
  services: dhcpv6-client ftp ssh
  ports: 990/tcp
  rich rules: 
\trule family=\"ipv4\" source address=\"10.0.0.0/8\" service name=\"ftp\" accept

work
  services: ssh
  ports: 
  rich rules: 
";
    const FTP: &str = "ftp\n  ports: 21/tcp\n  protocols: \n  helpers: ftp\n";

    #[test]
    fn the_ports_stay_open_when_the_service_goes() {
        let sections = sections(ZONES, "--zone");
        let ftp = service("ftp", FTP);
        let found: Vec<Rule> = sections
            .iter()
            .flat_map(|section| rules(section, &[&ftp]))
            .collect();
        assert_eq!(found.len(), 2, "{found:#?}");
        assert_eq!(
            (found[0].place.as_str(), &found[0].ports[..]),
            ("zone public", &[21][..])
        );
        let change = found[0].remove.as_ref().unwrap();
        assert_eq!(
            change.apply,
            [
                "firewall-cmd --zone=public --add-port=21/tcp",
                "firewall-cmd --zone=public --remove-service=ftp",
                "firewall-cmd --permanent --zone=public --add-port=21/tcp",
                "firewall-cmd --permanent --zone=public --remove-service=ftp",
            ]
        );
        assert_eq!(
            change.undo,
            [
                "firewall-cmd --permanent --zone=public --add-service=ftp",
                "firewall-cmd --permanent --zone=public --remove-port=21/tcp",
                "firewall-cmd --reload",
            ]
        );
        assert!(found[1].text.starts_with("rule family="));
        assert_eq!(found[1].remove, None);
    }

    #[test]
    fn a_port_that_was_open_stays() {
        let ftps = Service {
            name: "ftps".into(),
            ports: vec!["990/tcp".into()],
            helpers: vec!["ftp".into()],
        };
        let mut section = sections(ZONES, "--zone").remove(0);
        section.services = vec!["ftps".into()];
        let change = remove(&section, &ftps);
        assert!(!change.apply.iter().any(|command| command.contains("port")));
    }
}
