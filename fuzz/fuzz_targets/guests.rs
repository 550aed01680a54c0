//! Bytes drive the schedule of guests and a native actor: the properties, the replay, independent neighbours.
#![no_main]

use rehearsal::{Cases, fuzz, oracle};

thread_local! {
    static GUESTS: Cases = Cases::unsaved(rehearsal_fuzz::guests());
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    GUESTS.with(|cases| {
        fuzz::hold(cases, bytes);
        if rehearsal_fuzz::is_due(bytes, 4) {
            oracle::schedule(cases.stage(), bytes);
            oracle::independence(cases.stage(), bytes, 4);
        }
    });
});
