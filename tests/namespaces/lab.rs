//! The lab itself: it cleans up, and it is a network of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ftp_track_tests::control::Control;
use ftp_track_tests::lab::{Family, Host, Lab};
use ftp_track_tests::process;
use ftp_track_tests::server::{Server, ServerKind};

#[test]
fn a_panic_removes_the_lab() {
    let mut name = String::new();
    let mut folder = None;
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let lab = Lab::new().unwrap();
        name = lab.name().to_owned();
        folder = Some(lab.folder().to_owned());
        let server = Server::start(&lab, ServerKind::Pyftpdlib, Family::V4).unwrap();
        assert_eq!(lab.namespace(Host::Server).processes().len(), 1);
        // A server that is never dropped is left to the lab.
        std::mem::forget(server);
        panic!("as intended");
    }));
    let message = panic.unwrap_err();
    assert_eq!(message.downcast_ref(), Some(&"as intended"));
    let namespaces = process::run(process::command("ip").args(["netns", "list"])).unwrap();
    assert!(!namespaces.contains(&format!("{name}-")), "{namespaces}");
    assert!(!folder.unwrap().exists());
}

#[test]
fn labs_do_not_see_each_other() {
    let labs = [Lab::new().unwrap(), Lab::new().unwrap()];
    let before = labs.each_ref().map(|lab| lab.passage().unwrap());
    let server = Server::start(&labs[0], ServerKind::Pyftpdlib, Family::V4).unwrap();
    let control = |lab| Control::open(lab, &server, Family::V4);
    assert!(control(&labs[0]).is_ok());
    assert!(
        control(&labs[1]).is_err(),
        "a server of another lab was reached"
    );
    let passed = |i: usize| labs[i].passage().unwrap().since(before[i]).control_opened;
    assert_eq!((passed(0), passed(1)), (1, 1));
}
