//! Two CPUs at once: no update is lost, no session is read half-written, nothing is used twice.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
};

use ftp_track_common::{config::Mode, reason::Reason, segment::SYN};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

use crate::harness::{
    data::{CLIENT_PORT, Data, Initiator},
    namespace,
    play::{Control, Direction, Family, FromClient, FromServer, Play},
    pool,
    tracker::{Tracker, Verdict},
};

/// How often something is tried at once.
const ROUNDS: u32 = 3000;
/// How often a dropped segment is sent again before the test gives up.
const ATTEMPTS: u32 = 100_000;

/// Two CPUs that this process may use; `None` on a machine that has but one, where nothing happens
/// at once.
fn two_cpus() -> Option<[usize; 2]> {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this).expect("this thread's CPUs");
    let mut cpus = (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu) == Ok(true));
    let pair = cpus.next().zip(cpus.next());
    if pair.is_none() {
        println!("only one CPU: nothing can happen at once");
    }
    pair.map(|(first, second)| [first, second])
}

/// Makes this thread one that runs programs on `cpu`.
fn settle(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu).expect("a CPU");
    sched_setaffinity(Pid::from_raw(0), &set).expect("a CPU that is allowed");
    namespace::enter();
}

/// A greeted session in enforce mode.
fn greeted(tracker: &mut Tracker) -> Control {
    tracker.reset(Mode::Enforce);
    let mut play = Play::new(tracker, Family::V4, 0);
    play.greet();
    play.control.clone()
}

/// Sends `bytes` as the `number`th segment of that length, again and again until it passes.
fn send(tracker: &Tracker, control: &Control, direction: Direction, bytes: &[u8], number: u32) {
    let mut segment = control.segment(direction, bytes);
    segment.sequence = segment.sequence.wrapping_add(number * bytes.len() as u32);
    let frame = segment.frame();
    let interface = control.interfaces[direction as usize];
    let passed = (0..ATTEMPTS).any(|_| tracker.run(&frame, interface) == Verdict::Pass);
    assert!(passed, "segment {number} never passes");
}

/// Commands on one CPU, their replies on the other, and user space looks on.
#[test]
fn both_directions() {
    let Some([first, second]) = two_cpus() else {
        return;
    };
    let mut lease = pool::tracker();
    let control = greeted(&mut lease);
    let tracker: &Tracker = &lease;
    let sent = AtomicU32::new(0);
    let done = AtomicBool::new(false);
    let looks = thread::scope(|scope| {
        let (control, sent, done) = (&control, &sent, &done);
        let client = scope.spawn(move || {
            settle(first);
            for number in 0..ROUNDS {
                send(tracker, control, FromClient, b"NOOP\r\n", number);
                sent.store(number + 1, SeqCst);
            }
        });
        let server = scope.spawn(move || {
            settle(second);
            for number in 0..ROUNDS {
                while sent.load(SeqCst) <= number && !done.load(SeqCst) {
                    std::hint::spin_loop();
                }
                send(tracker, control, FromServer, b"200 ok\r\n", number);
            }
        });
        let looker = scope.spawn(move || look(tracker, control, done));
        let ends = [client.join(), server.join()];
        done.store(true, SeqCst);
        for end in ends {
            end.expect("both sides come to their end");
        }
        looker.join().expect("no look shows nonsense")
    });
    assert!(looks > 0);
    let session = tracker
        .sessions
        .get(&control.key())
        .expect("the session")
        .session;
    let conversation = &session.conversation;
    assert_eq!(
        (conversation.commands, conversation.answered),
        (ROUNDS, ROUNDS)
    );
    assert_eq!(tracker.counts(), [(Reason::ControlPort, 1)]);
}

/// Reads the session under its lock until `done`; says how often.
fn look(tracker: &Tracker, control: &Control, done: &AtomicBool) -> u32 {
    let (mut looks, mut before) = (0, (0, 0));
    while !done.load(SeqCst) {
        let session = tracker
            .sessions
            .get(&control.key())
            .expect("the session")
            .session;
        let now = (session.conversation.commands, session.conversation.answered);
        assert!(
            now.0 >= before.0 && now.1 >= before.1 && now.1 <= now.0,
            "{before:?}, {now:?}"
        );
        // Six bytes a command, and the lock covers both numbers.
        let parsed = session.sequences[0].next.wrapping_sub(control.next[0]);
        let committed = parsed / 6;
        assert!(
            committed == now.0 || committed + 1 == now.0,
            "{committed} of {now:?}"
        );
        before = now;
        looks += 1;
    }
    looks
}

/// The same segments of one direction on both CPUs, as after a retransmission.
#[test]
fn same_direction() {
    let Some(cpus) = two_cpus() else {
        return;
    };
    let mut lease = pool::tracker();
    let control = greeted(&mut lease);
    let tracker: &Tracker = &lease;
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        for cpu in cpus {
            let (control, barrier) = (&control, &barrier);
            scope.spawn(move || {
                settle(cpu);
                for number in 0..ROUNDS {
                    barrier.wait();
                    send(tracker, control, FromClient, b"NOOP\r\n", number);
                }
            });
        }
    });
    let session = tracker
        .sessions
        .get(&control.key())
        .expect("the session")
        .session;
    assert_eq!(session.conversation.commands, ROUNDS);
    assert_eq!(tracker.count(Reason::Retransmission), u64::from(ROUNDS));
    println!("{} of {ROUNDS} met", tracker.count(Reason::StreamBusy));
}

/// Two connections want the same expectation at the same moment.
#[test]
fn one_expectation() {
    const RACES: u16 = 300;
    let Some(cpus) = two_cpus() else {
        return;
    };
    let mut lease = pool::tracker();
    lease.reset(Mode::Enforce);
    let mut control = Control::new(Family::V4, 40_000);
    for port in 50_000..50_000 + RACES {
        let mut play = Play::new(&mut lease, Family::V4, 0);
        play.control = control;
        if port == 50_000 {
            play.greet();
        }
        play.passive(port);
        let data = Data::passive(&play, port);
        control = play.control.clone();
        let tracker: &Tracker = &lease;
        let barrier = Barrier::new(2);
        let admitted: usize = thread::scope(|scope| {
            let threads = cpus.map(|cpu| {
                let (mut data, barrier) = (data.clone(), &barrier);
                scope.spawn(move || {
                    settle(cpu);
                    data.ends[0].set_port(CLIENT_PORT + cpu as u16);
                    let frame = data.segment(Initiator, SYN).frame();
                    barrier.wait();
                    tracker.run(&frame, namespace::LAN)
                })
            });
            let verdicts = threads.map(|thread| thread.join().expect("a verdict"));
            verdicts
                .iter()
                .filter(|verdict| **verdict == Verdict::Pass)
                .count()
        });
        assert_eq!(admitted, 1, "port {port}");
        // Those of two CPUs need not be in the order of their times.
        lease.events();
    }
    assert_eq!(lease.count(Reason::Expected), u64::from(RACES));
    assert_eq!(lease.count(Reason::AlreadyUsed), u64::from(RACES));
    assert_eq!(lease.flows.entries().len(), usize::from(RACES));
}
