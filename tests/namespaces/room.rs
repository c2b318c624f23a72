//! How many entries the maps have room for.

use std::fs;

use ftp_track_tests::lab::Lab;
use ftp_track_tests::process;
use ftp_track_tests::tracker::{Tracker, TrackerMode, command, json, run_command};

/// Maps of a size that was chosen; it is part of what a later tracker has to match.
#[test]
fn is_chosen_before_the_tracker_runs() {
    let lab = Lab::new().unwrap();
    let path = lab.folder().join("ftp-track.toml");
    let config = ["--keep", "--config", path.to_str().unwrap()];
    let write = |text| fs::write(&path, text).unwrap();
    write("max_sessions = 10\nmax_flows = 300000\n");
    let tracker = Tracker::start_with(&lab, TrackerMode::Observe, &config).unwrap();
    let room = || {
        let status = json(&lab, "status").unwrap();
        let maps = status["maps"].as_array().unwrap().iter();
        let room = maps.map(|map| map["capacity"].as_u64().unwrap());
        room.collect::<Vec<u64>>()
    };
    assert_eq!(room(), [10, 20, 300_000]);

    write("max_flows = 300001\n");
    let refused = process::run(&mut command(&lab, "reload").unwrap()).unwrap_err();
    let text = format!("{refused:#}");
    assert!(text.contains("the room that they have"), "{text}");
    assert_eq!(room(), [10, 20, 300_000]);

    assert!(tracker.stop().unwrap().success());
    let refused = process::run(
        run_command(&lab, TrackerMode::Observe)
            .unwrap()
            .args(config),
    );
    let text = format!("{:#}", refused.unwrap_err());
    assert!(
        text.contains(" 20 entries), and should be") && text.contains("--replace"),
        "{text}"
    );
    write("max_sessions = 10\nmax_flows = 300000\n");
    let tracker = Tracker::start_with(&lab, TrackerMode::Observe, &config).unwrap();
    assert!(tracker.log().contains("took over"), "{}", tracker.log());
    assert!(tracker.stop().unwrap().success());
    process::run(&mut command(&lab, "stop").unwrap()).unwrap();
}
