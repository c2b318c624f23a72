//! What the kernel programs are told of each interface.

use ftp_track_common::{
    config::Mode,
    interface::{
        INGRESS, Interface as Slot, LAYER3, PARTIAL, ROUTED, SLOTS, STRICT, TCP_ONLY, TRANSMITS,
    },
};

use super::{Error, attachment::Attachment, interface::Interface, link::Link};
use crate::config::{InterfaceName, Mark};

/// How an interface is treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Treatment {
    /// What happens to packets that come in by it.
    pub mode: Mode,
    /// Its list of allowed ports.
    pub list: u8,
    /// In enforce mode, what is neither TCP nor ICMP is dropped.
    pub tcp_only: bool,
    /// Its conntrack zone.
    pub zone: u16,
}

impl From<Mode> for Treatment {
    fn from(mode: Mode) -> Self {
        Self {
            mode,
            list: 0,
            tcp_only: false,
            zone: 0,
        }
    }
}

/// Fails when two named interfaces have one slot.
pub fn check(interfaces: &[Interface]) -> Result<(), Error> {
    (0..interfaces.len()).try_for_each(|at| check_one(interfaces, at))
}

/// Fails when the named interface at `at` has the slot of one in front of it.
pub fn check_one(interfaces: &[Interface], at: usize) -> Result<(), Error> {
    let place = |interface: &Interface| Slot::slot(interface.link.index);
    let (before, one) = (&interfaces[..at], &interfaces[at]);
    match before.iter().find(|it| place(it) == place(one)) {
        None => Ok(()),
        Some(other) => Err(Error::Collision {
            interfaces: [other.name.clone(), one.name.clone()],
            slots: SLOTS,
        }),
    }
}

/// A slot for every interface: those with a door, and those that say something of what comes by
/// them. Where two have one place, the named one has it. `treatment` is that of a named one.
pub fn slots<T: Into<Treatment>>(
    links: &[Link],
    attachments: &[Attachment],
    treatment: impl Fn(&InterfaceName) -> T,
    mark: Mark,
) -> Vec<Slot> {
    let mut slots: Vec<Slot> = links.iter().map(plain).collect();
    confine(links, &mut slots);
    for slot in &mut slots {
        if let Some(attachment) = attachments.iter().find(|it| it.index == slot.index) {
            let treatment = treatment(&attachment.interface).into();
            slot.mode = treatment.mode as u8;
            slot.lists = [treatment.list; 2];
            slot.zone = treatment.zone;
            if treatment.tcp_only {
                slot.flags |= TCP_ONLY;
            }
            if treatment.mode == Mode::Mark {
                (slot.mark, slot.mask) = (mark.value(), mark.mask());
            }
            slot.flags |= INGRESS;
            if attachment.hook.may_join() {
                slot.flags |= PARTIAL;
            }
        }
    }
    tag(links, &mut slots);
    join_bonds(links, &mut slots);
    while cover(links, &mut slots) {}
    // The last one written has the place.
    slots.sort_by_key(|slot| attachments.iter().any(|it| it.index == slot.index));
    slots
}

fn plain(link: &Link) -> Slot {
    let flags = [
        (link.layer3, LAYER3),
        (link.is_virtual(), PARTIAL),
        (link.master.is_none(), ROUTED),
        (link.transmits, TRANSMITS),
    ];
    let mut slot = Slot::new(link.index, Mode::Observe);
    slot.address = link.address.unwrap_or_default();
    slot.flags = flags
        .iter()
        .filter(|(is_set, _)| *is_set)
        .fold(0, |flags, (_, flag)| flags | flag);
    slot
}

/// Packets are held to the way back where they are routed: not at the parts of a bridge or bond, nor
/// where some of them are for an interface on top, which has a setting of its own.
fn confine(links: &[Link], slots: &mut [Slot]) {
    for link in links.iter().filter(|link| link.strict) {
        let carries = links.iter().any(|other| other.below == Some(link.index));
        let place = slots.iter_mut().find(|slot| slot.index == link.index);
        if let Some(slot) = place.filter(|slot| slot.has(ROUTED) && !carries) {
            slot.flags |= STRICT;
        }
    }
}

/// Frames of a VLAN are sent by the interface below, with a tag; not so of a VLAN inside a VLAN.
fn tag(links: &[Link], slots: &mut [Slot]) {
    for link in links {
        let (Some(vlan), Some(below)) = (link.vlan, link.below) else {
            continue;
        };
        let parent = links.iter().find(|other| other.index == below);
        let place = slots.iter_mut().find(|slot| slot.index == link.index);
        if let (Some(parent), Some(slot)) = (parent.filter(|it| it.vlan.is_none()), place) {
            slot.port = below;
            slot.vlan = vlan;
            slot.flags |= if parent.transmits { TRANSMITS } else { 0 };
        }
    }
}

/// The parts of a bond are known by the bond's index: a connection's segments come in by any of
/// them. A program on a bond in driver mode runs, and is called, at its parts.
fn join_bonds(links: &[Link], slots: &mut [Slot]) {
    for bond in links.iter().filter(|link| link.is_bond()) {
        let own = slots.iter().find(|slot| slot.index == bond.index).copied();
        for part in links.iter().filter(|link| link.master == Some(bond.index)) {
            for slot in slots.iter_mut().filter(|slot| slot.index == part.index) {
                slot.identity = bond.index;
                if let Some(own) = own.filter(|own| own.has(INGRESS)) {
                    slot.mode = own.mode;
                    slot.lists = own.lists;
                    slot.zone = own.zone;
                    slot.flags |= own.flags & (INGRESS | PARTIAL | TCP_ONLY);
                }
            }
        }
    }
}

/// What comes in by an interface on top of others has passed a door when those have one. True when
/// something has changed.
fn cover(links: &[Link], slots: &mut [Slot]) -> bool {
    for link in links {
        let below: Vec<Slot> = links
            .iter()
            .filter(|other| link.below == Some(other.index) || other.master == Some(link.index))
            .filter_map(|other| slots.iter().find(|slot| slot.index == other.index))
            .copied()
            .collect();
        let covered = !below.is_empty() && below.iter().all(|slot| slot.has(INGRESS));
        let place = slots.iter_mut().find(|slot| slot.index == link.index);
        let Some(slot) = place.filter(|_| covered) else {
            continue;
        };
        let before = *slot;
        if !slot.has(INGRESS) && below.iter().all(|it| it.zone == below[0].zone) {
            slot.zone = below[0].zone;
        }
        slot.flags |= INGRESS;
        if link.below.is_some() {
            slot.identity = below[0].identity;
        }
        if *slot != before {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use rtnetlink::packet_route::link::InfoKind;

    use super::*;
    use crate::daemon::attachment::Hook;

    fn link(index: u32, kind: Option<InfoKind>) -> Link {
        Link {
            name: format!("if{index}"),
            index,
            kind,
            ..Link::default()
        }
    }

    fn on(link: &Link, hook: Hook) -> Attachment {
        Attachment {
            interface: link.name.parse().unwrap(),
            index: link.index,
            hook,
            forward: None,
            egress: Some(Hook::Tcx),
        }
    }

    fn slot(slots: &[Slot], index: u32) -> Slot {
        *slots.iter().find(|slot| slot.index == index).unwrap()
    }

    #[test]
    fn doors_and_others() {
        let mut links = vec![
            link(1, None),
            link(2, Some(InfoKind::Veth)),
            link(3, None),
            link(4, Some(InfoKind::Tun)),
        ];
        links[3].layer3 = true;
        let attachments = [on(&links[0], Hook::Driver), on(&links[2], Hook::Generic)];
        let slots = slots(&links, &attachments, |_| Mode::Enforce, Mark::default());
        let seen = [1, 2, 3, 4].map(|index| (slot(&slots, index).mode, slot(&slots, index).flags));
        assert_eq!(
            seen,
            [
                (1, INGRESS | ROUTED),
                (0, PARTIAL | ROUTED),
                (1, INGRESS | PARTIAL | ROUTED),
                (0, PARTIAL | LAYER3 | ROUTED)
            ]
        );
    }

    #[test]
    fn vlan_on_a_bond_whose_parts_are_named() {
        let mut links = vec![
            link(1, Some(InfoKind::Vlan)),
            link(2, Some(InfoKind::Bond)),
            link(3, None),
            link(4, None),
        ];
        links[0].below = Some(2);
        links[2].master = Some(2);
        links[3].master = Some(2);
        let both = [on(&links[2], Hook::Driver), on(&links[3], Hook::Driver)];
        let whole = slots(&links, &both, |_| Mode::Enforce, Mark::default());
        for index in 1..=4 {
            assert_eq!(slot(&whole, index).identity, 2);
            assert!(slot(&whole, index).has(INGRESS));
        }
        let half = slots(&links, &both[..1], |_| Mode::Enforce, Mark::default());
        for index in [1, 2, 4] {
            assert!(!slot(&half, index).has(INGRESS), "{index}");
        }
        let above = slots(
            &links,
            &[on(&links[1], Hook::Driver)],
            |_| Mode::Enforce,
            Mark::default(),
        );
        assert_eq!(slot(&above, 3).mode, Mode::Enforce as u8);
        assert!(slot(&above, 3).has(INGRESS) && !slot(&above, 3).has(ROUTED));
    }

    #[test]
    fn strict_ones() {
        let mut links = vec![
            link(1, None),
            link(2, None),
            link(3, Some(InfoKind::Vlan)),
            link(4, None),
            link(5, None),
        ];
        links[2].below = Some(2);
        links[3].master = Some(9);
        for link in &mut links[..4] {
            link.strict = true;
        }
        let slots = slots(&links, &[], |_| Mode::Enforce, Mark::default());
        let strict = [1, 2, 3, 4, 5].map(|index| slot(&slots, index).has(STRICT));
        assert_eq!(strict, [true, false, true, false, false]);
    }

    /// What is on top of interfaces of one zone is in it, too.
    #[test]
    fn zones() {
        let mut links = [1, 2, 3, 4].map(|index| link(index, None)).to_vec();
        links.push(link(5, Some(InfoKind::Vlan)));
        links.push(link(6, Some(InfoKind::Bond)));
        links.push(link(7, Some(InfoKind::Vrf)));
        links[4].below = Some(1);
        for (part, master) in [(1, 6), (2, 6), (2, 7), (3, 7)] {
            links[part].master = Some(master);
        }
        let zone = |name: &InterfaceName| Treatment {
            zone: match name.as_str() {
                "if4" => 0,
                "if3" => 7,
                _ => 5,
            },
            ..Mode::Conntrack.into()
        };
        let at = |doors: &[usize], links: &[Link]| {
            let doors = doors.iter().map(|door| on(&links[*door], Hook::Driver));
            let attachments: Vec<Attachment> = doors.collect();
            let slots = slots(links, &attachments, zone, Mark::default());
            [1, 2, 3, 4, 5, 6, 7].map(|index| slot(&slots, index).zone)
        };
        assert_eq!(at(&[0, 1, 2, 3], &links), [5, 5, 7, 0, 5, 5, 0]);
        links[3].master = None;
        links[2].master = Some(6);
        links[1].master = Some(7);
        // A program on the bond is called at its part.
        assert_eq!(at(&[1, 5], &links), [0, 5, 5, 0, 0, 5, 5]);
    }

    #[test]
    fn marks() {
        let links = [link(1, None), link(2, None)];
        let mark: Mark = "4/12".parse().unwrap();
        for (mode, expect) in [(Mode::Mark, (4, 12)), (Mode::Observe, (0, 0))] {
            let slots = slots(&links, &[on(&links[0], Hook::Tcx)], |_| mode, mark);
            let [named, other] = [1, 2].map(|index| slot(&slots, index));
            assert_eq!((named.mark, named.mask), expect);
            assert_eq!((other.mark, other.mask), (0, 0));
        }
    }

    #[test]
    fn one_place_for_two() {
        let links = [
            link(7 + SLOTS, Some(InfoKind::Veth)),
            link(7, None),
            link(7 + 2 * SLOTS, None),
        ];
        let slots = slots(
            &links,
            &[on(&links[1], Hook::Driver)],
            |_| Mode::Enforce,
            Mark::default(),
        );
        assert_eq!(slots.last().map(|slot| slot.index), Some(7));
    }

    #[test]
    fn two_that_are_named() {
        let named = |index| Interface {
            name: format!("if{index}").parse().unwrap(),
            link: link(index, None),
        };
        assert!(check(&[named(7), named(8)]).is_ok());
        let error = check(&[named(7), named(8), named(7 + SLOTS)]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("if7") && text.contains("if4103"), "{text}");
    }
}
