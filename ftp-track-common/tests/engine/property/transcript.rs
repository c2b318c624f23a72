//! Whole conversations: as the reference has them, and the same in whatever segments they come.

use proptest::{collection::vec, prelude::*};

use super::{sample, script, share};
use crate::support::{agreement, segmentation::Segmentation, transcript::Transcript};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn conversations(transcript in script::transcript(), choices in vec(any::<u8>(), 0..60)) {
        agreement::on_transcript(&transcript, &choices);
    }

    #[test]
    fn noise(transcript in script::noise(), choices in vec(any::<u8>(), 0..60)) {
        agreement::on_transcript(&transcript, &choices);
    }

    #[test]
    fn every_segmentation_of_one(choices in vec(any::<u8>(), 1..200)) {
        let mut transcript = Transcript::default();
        for row in [FIRST, SECOND] {
            let more = Transcript::parse(row).expect("a transcript");
            more.turns.into_iter().for_each(|turn| transcript.push(turn));
        }
        let expect = transcript.play().concat();
        prop_assert_eq!(expect.len(), 7);
        prop_assert_eq!(Segmentation::new(&choices).play(&transcript), expect);
    }
}

const FIRST: &str = "
    < 220-Welcome
    < 227 Entering Passive Mode (192,0,2,1,19,1)
    < 220 ready
    > USER x
    > PASS y
    > PASV
    > RETR a
    < 331 password
    < 230-in
    < 230 in
    < 227 Entering Passive Mode (192,0,2,1,19,137).
    < 150 here
    < 226 done
";
const SECOND: &str = r"
    > EPRT |1|10.0.0.1|5002|
    < 200 ok
    > STOR b
    < 150 here
    > \xff\xf4\xff\xf2ABOR
    < 426 aborted
    < 226 ok
    > PORT 10,0,0,9,19,138
    < 200 ok
    > EPSV
    < 229 ok (|||5003|)
    ! fin client
";

/// The generator reaches what it is for.
#[test]
fn conversations_are_worth_it() {
    let transcripts = sample(&script::transcript(), 600);
    let notes: Vec<String> = transcripts
        .iter()
        .map(|transcript| agreement::on_transcript(transcript, &[]).join("\n"))
        .collect();
    for (note, least) in [
        ("made ", 60),
        ("made PASV", 25),
        ("made EPSV", 25),
        ("made PORT", 8),
        ("made EPRT", 8),
        ("replaced", 25),
        ("reinitialised", 2),
        ("quit", 2),
        ("control_closed", 1),
        ("control_reset", 1),
        ("service_closing", 1),
        ("secured_by_auth", 1),
        ("refused_by_server", 10),
        ("malformed_command", 10),
        ("malformed_reply", 5),
        ("bounce", 10),
        ("low_port", 10),
        ("after_epsv_all", 5),
        ("counted stray_reply", 10),
        ("counted unrequested_passive", 10),
        ("counted not_a_reply", 2),
        ("counted not_ftp", 1),
    ] {
        let share = share(&notes, |notes| notes.contains(note));
        assert!(share >= least, "{note}: only {share} %");
    }
}
