//! Memory of a process that needs much once, and then hardly any.
#![cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "malloc_trim(3) is C")
)]

/// Gives the kernel back what nobody uses. Reading the object and the kernel's BTF takes some 20 MB;
/// what stays lies between the pieces, so that the allocator would keep them all.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it may be called at any time, and takes no pointers.
    unsafe {
        libc::malloc_trim(0);
    }
}
