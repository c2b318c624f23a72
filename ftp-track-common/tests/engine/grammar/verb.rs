//! Verbs as numbers, and which of them begin a conversation.

use ftp_track_common::verb::{self, Verb};

#[test]
fn packing() {
    assert_eq!(Verb::pack("PASV"), verb::PASV);
    assert_eq!(Verb::pack("pasv"), verb::PASV);
    assert_eq!(Verb::pack("CWD").letters(), *b"CWD\0");
    assert_eq!(Verb::pack("").letters(), [0; 4]);
    assert_eq!(verb::PORT.letters(), *b"PORT");
    assert_ne!(verb::PORT, verb::EPRT);
}

#[test]
fn known() {
    let rfc959 = "USER PASS ACCT CWD CDUP SMNT QUIT REIN PORT PASV TYPE STRU MODE RETR STOR STOU \
        APPE ALLO REST RNFR RNTO ABOR DELE RMD MKD PWD LIST NLST SITE SYST STAT HELP NOOP";
    let later = "AUTH ADAT PROT PBSZ CCC MIC CONF ENC FEAT OPTS EPRT EPSV LPRT LPSV LANG MDTM MLSD \
        MLST SIZE HOST XCUP XCWD XMKD XPWD XRMD";
    for name in rfc959.split(' ').chain(later.split(' ')) {
        assert!(Verb::pack(name).is_known(), "{name}");
    }
    for name in [
        "GET", "POST", "PUT", "HEAD", "EHLO", "HELO", "PRI", "SSH", "", "P", "XXXX",
    ] {
        assert!(!Verb::pack(name).is_known(), "{name}");
    }
}
