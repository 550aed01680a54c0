//! Components, text or binary: refused with reasons, or run within small limits. The corpus is what the fuzzer mutates.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rehearsal::oracle::component(bytes));
