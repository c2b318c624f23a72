//! Why something was refused, skipped or ended: every decision of the tracker has a name.

macro_rules! reasons {
    ($($(#[$group:meta])* $variant:ident = $number:literal, $name:literal, $sentence:literal;)*) => {
        /// Why something was refused, skipped or ended. The numbers are part of the layout.
        #[repr(u8)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Reason {
            $(
                #[doc = $sentence]
                $variant = $number,
            )*
        }

        impl Reason {
            /// Every reason, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in counters, events and JSON.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// One sentence for a person.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)*
                }
            }

            /// From its number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

reasons! {
    None = 0, "none", "No reason: nothing was refused or skipped.";

    // The frame.
    NotIp = 1, "not_ip", "The frame carries neither IPv4 nor IPv6; it passed.";
    NotTcp = 2, "not_tcp", "The packet is not TCP; it passed.";
    Fragment = 3, "fragment", "The packet is an IP fragment; it passed unread.";
    Truncated = 4, "truncated", "A header ends before its length says; it passed unread.";
    BadHeader = 5, "bad_header", "A header contradicts itself (version, length); it passed unread.";
    TooManyHeaders = 6, "too_many_headers", "More VLAN tags or IPv6 extension headers than are read; dropped in enforce mode, else it passed unread.";
    TinyFragment = 7, "tiny_fragment", "A fragment hides or overwrites a TCP header (RFC 1858, RFC 7112); dropped in enforce mode, else it passed unread.";
    BadChecksum = 8, "bad_checksum", "The TCP checksum is wrong, so the receiver will not accept the segment; it was not read.";

    // The stream.
    Retransmission = 16, "retransmission", "A segment brought only bytes that were read before.";
    HeldBack = 17, "held_back", "A segment beyond a gap was dropped so that TCP repeats it in order.";
    GapPassed = 18, "gap_passed", "A segment beyond a gap passed unread.";
    Resynchronised = 19, "resynchronised", "The receiver has bytes that never came by here; reading went on at the next line.";
    OutsideWindow = 20, "outside_window", "A segment lies outside the receiver's window, or acknowledges what its receiver cannot have sent; it was not read.";
    WrongInterface = 21, "wrong_interface", "A segment came in by another interface than its connection; it was not read.";
    StreamBusy = 22, "stream_busy", "Two CPUs had segments of the same direction at once; one had to be sent again.";
    BadReset = 23, "bad_reset", "A RST is not exactly where its receiver waits for the next byte; it does not end the session.";
    NoHandshake = 24, "no_handshake", "A control connection without a handshake was picked up in the middle.";
    AfterEnd = 25, "after_end", "A segment belongs to a control connection that has ended.";
    ForgedPath = 26, "forged_path", "Both sides came in by one interface, but are routed to different ones; the connection is not tracked.";
    Contested = 27, "contested", "The SYN was answered twice and differently; the connection is not tracked.";
    Kept = 28, "kept", "A segment beyond a gap passed, and is read once the gap is filled.";
    ReversePath = 29, "reverse_path", "A segment came in by an interface that does not lead back to its sender, where rp_filter is strict: the kernel drops it, and it was not read.";
    Ambiguous = 30, "ambiguous", "Bytes beyond a gap came twice and differently; neither were read.";
    Barred = 31, "barred", "A control connection that found no room when it began, or was forgotten before it had shown that it is FTP, went on: it is not tracked before it begins anew.";

    // The conversation.
    NotFtp = 32, "not_ftp", "The peers do not speak FTP: the client spoke first, or not in FTP verbs.";
    Opaque = 33, "opaque", "The control connection is encrypted after AUTH; it is not read.";
    MalformedCommand = 34, "malformed_command", "The argument of PORT or EPRT does not parse.";
    MalformedReply = 35, "malformed_reply", "A 227 or 229 holds no address or port that parses.";
    NotAReply = 36, "not_a_reply", "The server sent a line that is no reply.";
    StrayReply = 37, "stray_reply", "A reply came to which there is no command.";
    UnrequestedPassive = 38, "unrequested_passive", "A 227 or 229 came without PASV or EPSV.";
    Bounce = 39, "bounce", "PORT or EPRT names an address that is neither the client's own nor in the rule's FXP list (FTP bounce).";
    LowPort = 40, "low_port", "The announced port is below 1024.";
    AfterEpsvAll = 41, "after_epsv_all", "PORT, EPRT or PASV after EPSV ALL.";
    RefusedByServer = 42, "refused_by_server", "The server refused the command.";
    TooManyRequests = 43, "too_many_requests", "More PORT, PASV and the like are outstanding than are remembered.";
    Unconfirmed = 44, "unconfirmed", "Of a connection picked up in the middle, the other side has not been seen yet.";
    StaleCommands = 45, "stale_commands", "Commands that were never answered were given up.";
    BeforeAnswer = 46, "before_answer", "The server connected before it had accepted PORT or EPRT; it has to try again.";

    ThirdHost = 47, "third_host", "A data connection with a third host that the rule's FXP list names was let through.";

    // The expectation.
    Replaced = 48, "replaced", "A newer PORT, PASV, EPRT or EPSV took its place.";
    Reinitialised = 49, "reinitialised", "REIN ended it.";
    Quit = 50, "quit", "QUIT ended it.";
    ControlClosed = 51, "control_closed", "The control connection was closed.";
    ControlReset = 52, "control_reset", "The control connection was reset.";
    ServiceClosing = 53, "service_closing", "The server said 421.";
    Expired = 54, "expired", "Its time was over.";
    Used = 55, "used", "It was used: a data connection came.";
    AlreadyUsed = 56, "already_used", "A second data connection tried to use an expectation.";
    MasterGone = 57, "master_gone", "The control connection of the expectation is gone.";
    SecuredByAuth = 58, "secured_by_auth", "AUTH was accepted.";
    RemovedByHand = 59, "removed_by_hand", "The administrator removed it.";
    Stranger = 60, "stranger", "Who came is neither the client nor a third host that the rule's FXP list names.";

    // The maps.
    SessionsFull = 64, "sessions_full", "The session map is full: a new control connection is not tracked.";
    ExpectationsFull = 65, "expectations_full", "The expectation map is full: a new expectation was refused.";
    FlowsFull = 66, "flows_full", "The flow map is full: a new data connection was refused.";
    ClientLimit = 67, "client_limit", "One client has as many entries as it may.";

    PickUpLimit = 68, "pick_up_limit", "Too many control connections wait to be picked up: this one is once both sides have been seen.";

    // The flow.
    Finished = 72, "finished", "FIN came from both sides.";
    Reset = 73, "reset", "RST came.";
    Idle = 74, "idle", "Nothing came for the idle time.";
    FirstAttemptReset = 75, "first_attempt_reset", "The first attempt was refused with RST; the expectation lives on.";
    FalseEnd = 76, "false_end", "A data connection went on behind the RST or FIN that had ended it, which was forged.";

    // The verdict.
    ControlPort = 80, "control_port", "A new control connection was let through.";
    AllowedPort = 81, "allowed_port", "A new connection to an allowed port was let through.";
    Expected = 82, "expected", "A new connection was expected and let through.";
    Related = 83, "related", "A packet of an admitted data connection was let through.";
    Unexpected = 84, "unexpected", "A new connection was neither allowed nor expected.";
    SentByFrame = 85, "sent_by_frame", "A packet of an admitted data connection went past the firewall as a frame, from XDP.";
    SentByPacket = 86, "sent_by_packet", "A packet of an admitted data connection went past the firewall from TC.";
    NotPlain = 87, "not_plain", "A packet of an admitted data connection was left to the stack: it has IP options, its time is over, or there is no route for it here.";

    // The policy.
    RefusedByPolicy = 88, "refused_by_policy", "The policy refuses control connections of this client to this server.";
    IgnoredByPolicy = 89, "ignored_by_policy", "The policy leaves control connections of this client to this server untracked.";
    ActiveForbidden = 90, "active_forbidden", "The policy forbids PORT and EPRT here.";
    PassiveForbidden = 91, "passive_forbidden", "The policy forbids PASV and EPSV here.";
    PortForbidden = 92, "port_forbidden", "The announced port is none of those that the policy admits.";
    SourcePort = 93, "source_port", "An active data connection has to come from port 20 here, and did not.";
    PendingForbidden = 94, "pending_forbidden", "The policy lets this control connection expect nothing.";
    PolicyChanged = 95, "policy_changed", "The policy that is in force now forbids it.";

    // The kernel's conntrack.
    ConntrackMade = 96, "conntrack_made", "An expected connection got its conntrack entry, so that the firewall takes it for established.";
    ConntrackExists = 97, "conntrack_exists", "An expected connection had a conntrack entry already; it was left alone.";
    ConntrackFailed = 98, "conntrack_failed", "The kernel made no conntrack entry for an expected connection (out of memory, or its table is full); the firewall decides.";
    ConntrackTranslated = 99, "conntrack_translated", "The control connection is translated (NAT), so its data connection got no conntrack entry; the firewall decides.";
    ConntrackHelped = 100, "conntrack_helped", "The control connection has a helper of the kernel, so the first SYN of its data connection was left to it.";

    // Another verdict.
    NotTcpDropped = 101, "not_tcp_dropped", "A packet that is neither TCP nor ICMP was dropped, as the group of its interface says.";
    Revoked = 102, "revoked", "The policy no longer permits the data connection, and the reload was to end such ones.";
}

/// Slots in the counter map; every [`Reason`] is below it.
pub const SLOTS: u32 = 128;

impl Reason {
    /// The slot in the counter map.
    #[inline(always)]
    pub const fn slot(self) -> u32 {
        self as u32
    }
}

const _: () = {
    let mut i = 0;
    while i < Reason::ALL.len() {
        assert!(Reason::ALL[i].slot() < SLOTS);
        i += 1;
    }
};
