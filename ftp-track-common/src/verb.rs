//! The verbs of FTP as numbers.

/// A verb of up to four letters: upper-case ASCII, first letter in the highest byte, zero-padded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Verb(pub u32);

impl Verb {
    /// Packs a verb; used with constants only, so that a verb that is too long fails to compile.
    pub const fn pack(text: &str) -> Self {
        let bytes = text.as_bytes();
        assert!(bytes.len() <= 4, "a verb has at most four letters");
        let mut packed = 0u32;
        let mut i = 0;
        while i < 4 {
            packed <<= 8;
            if i < bytes.len() {
                packed |= bytes[i].to_ascii_uppercase() as u32;
            }
            i += 1;
        }
        Self(packed)
    }

    /// The letters, zero-padded.
    pub const fn letters(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

macro_rules! verbs {
    ($($name:ident)*) => {
        impl Verb {
            /// Whether a client may open its part of the conversation with this verb.
            #[inline(always)]
            pub const fn is_known(self) -> bool {
                $(const $name: u32 = Verb::pack(stringify!($name)).0;)*
                matches!(self.0, $($name)|*)
            }
        }
    };
}

// Every verb of RFC 959, 775, 2228, 2389, 2428, 2640, 3659, 7151 and of common servers.
verbs! {
    USER PASS ACCT CWD CDUP SMNT QUIT REIN PORT PASV TYPE STRU MODE RETR STOR STOU APPE ALLO REST
    RNFR RNTO ABOR DELE RMD MKD PWD LIST NLST SITE SYST STAT HELP NOOP
    XCUP XCWD XMKD XPWD XRMD
    AUTH ADAT PROT PBSZ CCC MIC CONF ENC
    FEAT OPTS EPRT EPSV LPRT LPSV LANG MDTM MLSD MLST SIZE HOST
    CLNT CSID MFMT MFCT MFF HASH RANG AVBL COMB DSIZ THMB XCRC XMD5 XSHA ESTP ESTA
}

/// PORT (RFC 959, 4.1.2).
pub const PORT: Verb = Verb::pack("PORT");
/// PASV (RFC 959, 4.1.2).
pub const PASV: Verb = Verb::pack("PASV");
/// EPRT (RFC 2428, 2).
pub const EPRT: Verb = Verb::pack("EPRT");
/// EPSV (RFC 2428, 3).
pub const EPSV: Verb = Verb::pack("EPSV");
/// AUTH (RFC 2228, 3).
pub const AUTH: Verb = Verb::pack("AUTH");
/// REIN (RFC 959, 4.1.1).
pub const REIN: Verb = Verb::pack("REIN");
/// QUIT (RFC 959, 4.1.1).
pub const QUIT: Verb = Verb::pack("QUIT");
/// ABOR (RFC 959, 4.1.3).
pub const ABOR: Verb = Verb::pack("ABOR");
