//! A scenario file with a lost update: what the fuzzer finds, `rehearsal run fuzz/planted.json --answers FILE` shows.
#![no_main]

use rehearsal::chooser::Bytes;
use rehearsal::run::Verdict;
use rehearsal::{Stage, load};
use std::path::Path;

thread_local! {
    static STAGE: Stage = {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/planted.json"));
        Stage::new(load::scenario(path, None, None).expect("a scenario"))
    };
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    STAGE.with(|stage| {
        if stage.outcome(Bytes::new(bytes)).verdict != Verdict::Held {
            panic!("{}", stage.run(Bytes::new(bytes)).failure().unwrap_or_default());
        }
    });
});
