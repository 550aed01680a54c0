//! Event chains of any layout: refused with a reason, or read, decoded, verified and written again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rehearsal::oracle::chain(bytes));
