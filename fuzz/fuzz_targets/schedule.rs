//! Bytes drive the schedule of native actors: the properties, for every input. For some of them also what must hold of the engine: a
//! recorded run and its replay are the same run, and independent neighbours may change places.
#![no_main]

use rehearsal::{Cases, Stage, fuzz, oracle};

thread_local! {
    static BANK: Cases = Cases::unsaved(rehearsal_fuzz::bank());
    static BARE: Stage = rehearsal_fuzz::cast().stage().expect("a scenario");
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    BANK.with(|cases| fuzz::hold(cases, bytes));
    if rehearsal_fuzz::is_due(bytes, 64) {
        BANK.with(|cases| oracle::schedule(cases.stage(), bytes));
        BARE.with(|stage| oracle::independence(stage, bytes, 8));
    }
});
