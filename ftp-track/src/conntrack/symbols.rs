//! Where this kernel has the functions and fields that the programs use.

use std::{
    fs, io,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    path::Path,
};

use ftp_track_common::kfunc::{Field, Kfunc};

use super::{Obstacle, btf::Btf};
use crate::syscall;

const VMLINUX: &str = "/sys/kernel/btf/vmlinux";
const MODULE: &str = "nf_conntrack";
const MODULE_BTF: &str = "/sys/kernel/btf/nf_conntrack";
/// There as soon as nf_conntrack is.
pub(super) const SYSCTL: &str = "/proc/sys/net/netfilter/nf_conntrack_count";

/// The functions and fields of this kernel.
pub struct Symbols {
    functions: Vec<(Kfunc, u32)>,
    fields: Vec<(Field, i16)>,
    /// The module that has the functions; none if they are built in.
    module: Option<OwnedFd>,
    /// Whether entries can be made in zones.
    zones: bool,
}

/// Whether the kernel can make entries in conntrack zones, as far as it says so: in the structure
/// by which it is asked for entries, and in that of the entries (`CONFIG_NF_CONNTRACK_ZONES`).
pub fn knows_zones() -> Result<bool, Obstacle> {
    with_btf(|btf, _| Ok(has_zones(btf)))
}

fn has_zones(btf: &Btf<'_>) -> bool {
    btf.field("bpf_ct_opts", "ct_zone_id").is_some() && btf.field("nf_conn", "zone").is_some()
}

impl Symbols {
    /// Finds them in the BTF of vmlinux, or else of the module nf_conntrack.
    pub fn find() -> Result<Self, Obstacle> {
        with_btf(|btf, is_module| {
            let mut symbols = Self::of(btf)?;
            if is_module {
                symbols.module = Some(module_fd()?);
            }
            Ok(symbols)
        })
    }

    fn of(btf: &Btf<'_>) -> Result<Self, Obstacle> {
        let functions = Kfunc::ALL.iter().map(|&function| {
            let number = btf.function(function.name());
            let number = number.ok_or(Obstacle::NoFunction(function))?;
            Ok((function, number))
        });
        let mut fields = Vec::new();
        for &field in Field::ALL {
            match btf.field("nf_conn", field.name()).map(i16::try_from) {
                Some(Ok(offset)) => fields.push((field, offset)),
                None if field == Field::Mark => {}
                _ => return Err(Obstacle::NoField(field.name())),
            }
        }
        Ok(Self {
            functions: functions.collect::<Result<_, Obstacle>>()?,
            fields,
            module: None,
            zones: has_zones(btf),
        })
    }

    /// The BTF number of a function.
    pub fn function(&self, wanted: Kfunc) -> Option<u32> {
        let mut functions = self.functions.iter();
        functions.find_map(|(function, number)| (*function == wanted).then_some(*number))
    }

    /// The offset of a field, if the kernel has it.
    pub fn field(&self, wanted: Field) -> Option<i16> {
        let mut fields = self.fields.iter();
        fields.find_map(|(field, offset)| (*field == wanted).then_some(*offset))
    }

    /// Whether entries can be made in conntrack zones.
    pub fn has_zones(&self) -> bool {
        self.zones
    }

    /// The BTF of the module that has the functions.
    pub fn module(&self) -> Option<BorrowedFd<'_>> {
        self.module.as_ref().map(OwnedFd::as_fd)
    }
}

/// Looks at the BTF of vmlinux, or else of the module nf_conntrack: at that which has the functions.
fn with_btf<T>(look: impl FnOnce(&Btf<'_>, bool) -> Result<T, Obstacle>) -> Result<T, Obstacle> {
    let bytes = fs::read(VMLINUX).map_err(|_| Obstacle::NoBtf)?;
    let vmlinux = parse("vmlinux", &bytes, None)?;
    if vmlinux.function(Kfunc::XdpLookup.name()).is_some() {
        return look(&vmlinux, false);
    }
    let bytes = match fs::read(MODULE_BTF) {
        Ok(bytes) => bytes,
        Err(_) if !Path::new(SYSCTL).exists() => return Err(Obstacle::NotLoaded),
        // Built in, and too old to have the functions; or a module without BTF.
        Err(_) if !Path::new("/sys/module/nf_conntrack/initstate").exists() => {
            return Err(Obstacle::NoFunction(Kfunc::XdpLookup));
        }
        Err(_) => return Err(Obstacle::NoModuleBtf),
    };
    look(&parse(MODULE, &bytes, Some(&vmlinux))?, true)
}

fn parse<'a>(
    name: &'static str,
    bytes: &[u8],
    base: Option<&'a Btf<'a>>,
) -> Result<Btf<'a>, Obstacle> {
    Btf::parse(bytes, base).map_err(|reason| Obstacle::BadBtf { name, reason })
}

/// The kernel has no other way to a module's BTF than to go through all.
fn module_fd() -> Result<OwnedFd, Obstacle> {
    let mut id = 0;
    loop {
        id = syscall::next_btf(id).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Obstacle::NoModuleBtf,
            _ => Obstacle::NoPrivilege(error),
        })?;
        let fd = match syscall::open_btf(id) {
            Ok(fd) => fd,
            // Unloaded in between.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Obstacle::NoPrivilege(error)),
        };
        let named = syscall::is_kernel_btf(fd.as_fd(), MODULE);
        if named.map_err(Obstacle::NoPrivilege)? {
            return Ok(fd);
        }
    }
}
