//! Copies that need no stack.

/// Copies a value of whole 32-bit words, one after the other. The compiler would load all of a key
/// before it stores the first word, and has not the registers for it: they would go to the stack.
///
/// # Safety
/// Both pointers must be valid for a `T` and aligned to 4.
#[inline(always)]
pub unsafe fn copy<T>(from: *const T, to: *mut T) {
    const { assert!(size_of::<T>().is_multiple_of(4) && align_of::<T>() <= 8) };
    for i in 0..size_of::<T>() / 4 {
        // SAFETY: the caller gives valid pointers, and `i` counts the words of a `T`.
        unsafe {
            let word = from.cast::<u32>().add(i).read_volatile();
            to.cast::<u32>().add(i).write_volatile(word);
        }
    }
}
