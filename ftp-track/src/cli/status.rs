//! `ftp-track status`.

use clap::Args;
use ftp_track_common::layout;

use super::{
    Done, InstanceArgument,
    output::{Format, print, print_json},
    tracked,
};
use crate::{
    control::{self, Content, Request},
    instance::Name,
    map::{self, Interfaces, Maps, PinDirectory},
    view::{RunningView, SettingsView, StatusView, TrackerState},
};

/// Show how a tracker is
///
/// Whether it runs, since when and where; the settings in force; how full its maps are; and its last
/// warnings. Also shows what a killed tracker has left. Ends with status 3 where there is nothing, and with 1 where
/// the tracker does not answer.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    instance: InstanceArgument,

    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

impl Arguments {
    /// Shows it.
    pub fn run(self) -> Done {
        let name = &self.instance.name;
        let (daemon, silent) = running(name)?;
        let view = status(name, daemon, silent.is_some())?;
        let absent = view.state == TrackerState::Absent && view.other_layouts.is_empty();
        match self.output {
            Format::Table if absent => {}
            Format::Table => print(&view.to_string())?,
            Format::Json => print_json(name, view)?,
        }
        if absent {
            PinDirectory::check_bpffs()?;
            return Err(tracked::not_running(name).into());
        }
        match silent {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }
}

fn status(
    name: &Name,
    daemon: Option<RunningView>,
    is_silent: bool,
) -> Result<StatusView, map::Error> {
    let pins = PinDirectory::of(name);
    let others = PinDirectory::all(name).into_iter();
    let other_layouts = others
        .map(|directory| directory.version())
        .filter(|version| *version != layout::VERSION)
        .collect();
    let state = match &daemon {
        Some(_) => TrackerState::Running,
        None if is_silent => TrackerState::Silent,
        None if pins.exists() => TrackerState::Left,
        None => TrackerState::Absent,
    };
    let mut view = StatusView {
        state,
        daemon,
        settings: None,
        links: pins.links().len(),
        maps: Vec::new(),
        lost_events: 0,
        other_layouts,
    };
    if state != TrackerState::Absent {
        look(&pins, &mut view)?;
    }
    Ok(view)
}

/// What the daemon says, or why it says nothing although there is one.
fn running(name: &Name) -> anyhow::Result<(Option<RunningView>, Option<control::Error>)> {
    match control::ask(name, &Request::Status) {
        Ok(None) => Ok((None, None)),
        Ok(Some(Content::Running(view))) => Ok((Some(*view), None)),
        Ok(Some(_)) => Err(control::Error::Misunderstood.into()),
        Err(error) => match error.downcast()? {
            silent @ control::Error::Silent { .. } => Ok((None, Some(silent))),
            error => Err(error.into()),
        },
    }
}

fn look(pins: &PinDirectory, view: &mut StatusView) -> Result<(), map::Error> {
    let maps = Maps::open(pins)?;
    let slots = Interfaces::open(pins)?.get()?;
    let config = maps.settings.get()?;
    let (control, allowed) = maps.ports.get(config.generation)?;
    view.settings = Some(SettingsView::of(
        &maps.rules.in_force(&config)?,
        &slots,
        control,
        allowed,
    ));
    view.maps = maps.fill()?;
    view.lost_events = maps.lost_events.get()?;
    Ok(())
}
