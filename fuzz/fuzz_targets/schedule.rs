//! Bytes drive the schedule of native actors. Every input: the properties. Inputs that begin with 255 also: a replay is the
//! same run, and independent neighbours may change places.
#![no_main]

use rehearsal::{Cases, fuzz, oracle};

thread_local! {
    static BANK: Cases = Cases::unsaved(rehearsal_fuzz::bank());
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    BANK.with(|cases| match bytes.split_first() {
        Some((255, schedule)) => {
            oracle::schedule(cases.stage(), schedule);
            oracle::independence(cases.stage(), schedule, 8);
        }
        _ => fuzz::hold(cases, bytes),
    });
});
