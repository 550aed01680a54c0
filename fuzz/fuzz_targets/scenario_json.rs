//! Scenario files: refused with a reason, or of use.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| rehearsal::oracle::scenario(text));
