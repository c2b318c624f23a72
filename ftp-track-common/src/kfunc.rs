//! Functions and fields of the running kernel that the conntrack programs use.
//!
//! Their numbers in the object are placeholders. Which function has which number, and where a field
//! lies, differs from kernel to kernel: the daemon finds it in the kernel's BTF and writes it into
//! the instructions before it loads the program.

macro_rules! names {
    ($(#[$doc:meta])* $kind:ident: $type:ty { $($(#[$about:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $kind {
            $($(#[$about])* $variant,)*
        }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in the kernel's BTF.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What stands in the object's instructions in its place.
            pub const fn placeholder(self) -> $type {
                Self::FIRST + self as $type
            }

            /// From its placeholder.
            pub fn from_placeholder(placeholder: $type) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.placeholder() == placeholder)
            }
        }
    };
}

names! {
    /// Functions of the kernel (net/netfilter/nf_conntrack_bpf.c), in Linux since 6.0.
    Kfunc: i32 {
        /// Finds an entry; for XDP.
        XdpLookup = "bpf_xdp_ct_lookup",
        /// Makes an entry that is in no table yet; for XDP.
        XdpAlloc = "bpf_xdp_ct_alloc",
        /// As [`Kfunc::XdpLookup`], for TC.
        SkbLookup = "bpf_skb_ct_lookup",
        /// As [`Kfunc::XdpAlloc`], for TC.
        SkbAlloc = "bpf_skb_ct_alloc",
        /// Puts a new entry into the table.
        Insert = "bpf_ct_insert_entry",
        /// Gives a found or inserted entry back.
        Release = "bpf_ct_release",
        /// Says how long a new entry lives, in milliseconds.
        SetTimeout = "bpf_ct_set_timeout",
        /// Sets status bits of a new entry.
        SetStatus = "bpf_ct_set_status",
        /// Says how long an entry in the table still lives, in milliseconds.
        ChangeTimeout = "bpf_ct_change_timeout",
    }
}

names! {
    /// Fields of `struct nf_conn` (include/net/netfilter/nf_conntrack.h).
    Field: i16 {
        /// The mark, 32 bits; absent in kernels without `CONFIG_NF_CONNTRACK_MARK`.
        Mark = "mark",
        /// The status bits; their lower 32 are read.
        Status = "status",
        /// The state of TCP, 8 bits.
        TcpState = "proto.tcp.state",
    }
}

impl Kfunc {
    /// No helper has such a number.
    const FIRST: i32 = 0x4654_0000;
}

impl Field {
    /// Larger than any offset into the structure.
    const FIRST: i16 = 0x4654;
}

/// `IPS_SEEN_REPLY` (uapi/linux/netfilter/nf_conntrack_common.h): packets are `established`.
pub const SEEN_REPLY: u32 = 1 << 1;
/// `IPS_NAT_MASK`: source or destination are translated.
pub const NAT: u32 = 1 << 4 | 1 << 5;
/// `IPS_HELPER`: a rule gave the connection a helper.
pub const HELPER: u32 = 1 << 13;
/// `TCP_CONNTRACK_TIME_WAIT` (uapi/linux/netfilter/nf_conntrack_tcp.h).
pub const TIME_WAIT: u8 = 7;
/// `TCP_CONNTRACK_CLOSE`.
pub const CLOSE: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_again() {
        for &function in Kfunc::ALL {
            assert_eq!(
                Kfunc::from_placeholder(function.placeholder()),
                Some(function)
            );
        }
        for &field in Field::ALL {
            assert_eq!(Field::from_placeholder(field.placeholder()), Some(field));
        }
        assert_eq!(Kfunc::from_placeholder(1), None);
        assert_eq!(Field::from_placeholder(0), None);
    }
}
