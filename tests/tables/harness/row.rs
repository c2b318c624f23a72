//! Rows of conversations, each run in every cell that it names.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ftp_track_common::{config::Mode, reason::Reason, rule::Rule};

use super::{
    play::{Family, Play},
    pool, state,
    tracker::{Door, Tracker, open},
};

/// Where a row is run.
#[derive(Clone, Copy)]
pub struct Cells {
    /// The programs.
    pub doors: &'static [Door],
    /// The modes.
    pub modes: &'static [Mode],
    /// The families.
    pub families: &'static [Family],
    /// The longest payload of one segment, 0 for any.
    pub splits: &'static [usize],
}

/// Both doors, both modes, both families; each line in one segment, byte by byte, and in parts of seven bytes.
pub const EVERYWHERE: Cells = Cells {
    doors: &Door::ALL,
    modes: &[Mode::Observe, Mode::Enforce],
    families: &[Family::V4, Family::V6],
    splits: &[0, 1, 7],
};
/// As [`EVERYWHERE`], for rows with text of IPv4.
pub const V4: Cells = Cells {
    families: &[Family::V4],
    ..EVERYWHERE
};
/// As [`EVERYWHERE`], for rows with text of IPv6.
pub const V6: Cells = Cells {
    families: &[Family::V6],
    ..EVERYWHERE
};
/// Both modes and families, for rows that say themselves how their bytes are sent.
pub const WHOLE: Cells = Cells {
    splits: &[0],
    ..EVERYWHERE
};
/// As [`WHOLE`], for super-packets: by hand, a program at TC is given no more than a page.
pub const LARGE: Cells = Cells {
    doors: &[Door::Xdp],
    ..WHOLE
};
/// As [`WHOLE`], where packets may be dropped.
pub const ENFORCE: Cells = Cells {
    modes: &[Mode::Enforce],
    ..WHOLE
};
/// As [`WHOLE`], where segments beyond a gap may be held back.
pub const HOLDING: Cells = Cells {
    modes: &[Mode::Enforce, Mode::Mark, Mode::Bypass, Mode::Conntrack],
    ..WHOLE
};
/// As [`WHOLE`], where none may be.
pub const OBSERVE: Cells = Cells {
    modes: &[Mode::Observe],
    ..WHOLE
};

/// A conversation and all that comes of it.
pub struct Row {
    /// What it is about.
    pub name: &'static str,
    /// Where it is run.
    pub cells: Cells,
    /// What is sent.
    pub play: fn(&mut Play<'_>),
    /// Events and `drop`s in their order. In observe mode those of dropping are left out.
    pub notes: &'static [&'static str],
    /// Every counter that is not zero.
    pub counts: &'static [(Reason, u64)],
    /// What the maps hold afterwards.
    pub state: &'static [&'static str],
}

/// Runs rows with programs loaded for them; every row and cell that is not as it should be is named.
pub fn run(rows: &[Row]) {
    let mut tracker = pool::tracker();
    run_with(&mut tracker, &[open()], rows);
}

/// Runs rows with a tracker and a policy, once by each door.
pub fn run_with(tracker: &mut Tracker, rules: &[Rule], rows: &[Row]) {
    assert!(!rows.is_empty());
    let mut cells = 0;
    let mut failures = Vec::new();
    for row in rows {
        let all = row.cells.doors.iter().flat_map(|door| {
            let cells = row.cells.all();
            cells.map(move |(mode, family, split)| (*door, mode, family, split))
        });
        for (door, mode, family, split) in all {
            cells += 1;
            tracker.reset(mode);
            tracker.configure(rules);
            tracker.door = door;
            let play = Play::new(tracker, family, split);
            let outcome = catch_unwind(AssertUnwindSafe(|| run_row(row, mode, play)));
            if let Err(panic) = outcome {
                let text = message(&*panic);
                let name = row.name;
                failures.push(format!(
                    "{name} ({door:?}, {}, {family:?}, split {split}):\n{text}",
                    mode.name()
                ));
            }
        }
    }
    println!("{} rows in {cells} cells", rows.len());
    assert!(
        failures.is_empty(),
        "{} of {cells} cells failed\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

impl Cells {
    fn all(self) -> impl Iterator<Item = (Mode, Family, usize)> {
        let modes = self.modes.iter();
        modes.flat_map(move |mode| {
            let families = self.families.iter();
            families
                .flat_map(move |family| self.splits.iter().map(|split| (*mode, *family, *split)))
        })
    }
}

fn run_row(row: &Row, mode: Mode, mut play: Play<'_>) {
    (row.play)(&mut play);
    let notes = row
        .notes
        .iter()
        .filter(|note| mode != Mode::Observe || !note.starts_with("drop"));
    let notes: Vec<&str> = notes.copied().collect();
    assert_eq!(play.notes, notes, "events and drops");
    assert_eq!(play.tracker.counts(), sorted(row.counts), "counters");
    assert_eq!(play.tracker.lost(), 0, "lost events");
    let state = state::lines(play.tracker, play.family, &play.control);
    assert_eq!(state, row.state, "maps");
}

fn sorted(counts: &[(Reason, u64)]) -> Vec<(Reason, u64)> {
    let mut counts = counts.to_vec();
    counts.sort_by_key(|(reason, _)| reason.slot());
    counts
}

/// What a panic says.
pub fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_else(|| "a panic without words".to_owned())
}
