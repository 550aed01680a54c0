//! A component under a property test: two `bank-client` components pay into one `bank-ledger`.
//!
//! The components are WebAssembly, built for Theater's `theater:simple` interfaces (`scenarios/actors/`); nothing in them knows
//! of this test. Each client asks the ledger for its balance and writes the sum back, so that one deposit may get lost. A
//! native actor could stand in the ledger's place without any other change:
//!
//! ```text
//! cargo run --example component_property
//! ```

use rehearsal::property::Property;
use rehearsal::{Check, Rehearsal, Steps};

fn bank() -> Rehearsal {
    let client = r#"{ "ledger": "${actor.ledger}", "amount": 10 }"#;
    Rehearsal::new("component bank")
        .folder(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/actors"))
        .component("ledger", "bank-ledger.wasm")
        .component("ann", "bank-client.wasm")
        .state(client)
        .component("ben", "bank-client.wasm")
        .state(client)
        .client("alice", Steps::new().request("ann", "deposit").expects("ok"))
        .client("bob", Steps::new().request("ben", "deposit").expects("ok"))
        .property(Property::always("no deposit is lost", |state| {
            let balance = state.observed("balance").next_back().and_then(|balance| balance.as_u64());
            !state.is_quiet() || balance.is_none_or(|balance| balance == 20)
        }))
}

fn main() {
    match Check::new(bank()).runs(200).run() {
        Ok(checked) => println!("{checked}"),
        Err(failure) => println!("{failure}"),
    }
}
