//! Fuzz targets in four lines: a fuzzer's bytes drive the schedule.
//!
//! ```text
//! #![no_main]
//! libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
//!     rehearsal::fuzz!(my_bank::bank(), bytes)
//! });
//! ```
//!
//! The bytes mean what [`Bytes`](crate::chooser::Bytes) says they mean, and will: a corpus lives on. A target with generated
//! clients takes `(Play<Order>, Play<Order>, Vec<u8>)` by the feature `arbitrary`, and calls [`Cases::hold_with`].
//!
//! libFuzzer ends the process at the first panic, so that a native actor that panics is a finding even where a scenario waives
//! traps.

use crate::builder::Cases;

/// Runs a [`Rehearsal`](crate::Rehearsal) under a fuzzer's bytes, and panics with the timeline when something does not hold. The
/// scenario's expression is evaluated once in each thread: it must not depend on the bytes.
///
/// ```
/// use rehearsal::{Rehearsal, Steps};
/// fn hello() -> Rehearsal {
///     Rehearsal::new("hello")
///         .actor("echo", || rehearsal::native::builtin("echo").unwrap())
///         .client("alice", Steps::new().request("echo", "hello").expects("hello"))
/// }
/// rehearsal::fuzz!(hello(), &[3, 1, 4]);
/// ```
#[macro_export]
macro_rules! fuzz {
    ($rehearsal:expr, $bytes:expr $(,)?) => {{
        ::std::thread_local! {
            static CASES: $crate::Cases = $crate::Cases::unsaved($rehearsal);
        }
        CASES.with(|cases| $crate::fuzz::hold(cases, $bytes))
    }};
}

/// Panics with the timeline when something does not hold under these bytes.
///
/// # Panics
/// As said.
///
/// ```
/// use rehearsal::{Cases, Rehearsal, Steps, fuzz, native::builtin};
/// let hello = Rehearsal::new("hello")
///     .actor("echo", || builtin("echo").unwrap())
///     .client("alice", Steps::new().request("echo", "hello").expects("hello"));
/// let cases = Cases::unsaved(hello);
/// for bytes in [&b""[..], b"any", b"bytes"] {
///     fuzz::hold(&cases, bytes);
/// }
/// ```
#[track_caller]
pub fn hold(cases: &Cases, bytes: &[u8]) {
    if let Err(told) = cases.hold(bytes) {
        panic!("\n{told}");
    }
}
