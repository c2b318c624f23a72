//! What people and programs are shown. Made from the maps, but independent of their layout: a
//! change that a reader of the JSON has to know of raises [`SCHEMA`].

mod counters;
#[cfg(test)]
mod document;
mod endpoint;
mod event;
mod expectation;
mod explain;
mod flow;
mod master;
mod metainfo;
mod migration;
mod policy;
mod rule;
mod session;
mod status;
mod table;
mod time;
pub mod zone;

pub use self::{
    counters::CountersView,
    endpoint::{Endpoint, address},
    event::{EventName, EventView, LostWhere},
    expectation::{ExpectationState, ExpectationView},
    explain::{AttemptView, ExplainView, NoteView, Story, StoryView},
    flow::{FlowState, FlowView, PerSide},
    master::MasterView,
    metainfo::{Document, Metainfo, SCHEMA},
    migration::{AttachmentView, HelperView, InterfaceView, MigrationView, RuleView, StepView},
    policy::{GroupView, PolicyView},
    rule::{PolicyRuleView, rule_name},
    session::{PendingView, SessionState, SessionView},
    status::{DoorView, FillView, RemarkView, RunningView, SettingsView, StatusView, TrackerState},
    table::{Table, TableRow},
    time::{Seconds, duration},
};
