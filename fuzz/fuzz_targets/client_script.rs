//! Generated clients, under a generated schedule.
#![no_main]

use rehearsal::{Cases, Play};
use rehearsal_fuzz::Order;

thread_local! {
    static BANK: Cases = Cases::unsaved(rehearsal_fuzz::bank());
}

libfuzzer_sys::fuzz_target!(|input: (Play<Order>, Play<Order>, Vec<u8>)| {
    let (carol, dave, schedule) = input;
    let cast = ["ledger", "ann", "ben"];
    BANK.with(|cases| {
        let clients = [("carol", carol.steps(&cast)), ("dave", dave.steps(&cast))];
        if let Err(told) = cases.hold_with(clients, &schedule) {
            panic!("{told}");
        }
    });
});
