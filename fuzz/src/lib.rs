//! The casts that the targets drive.

use rehearsal::digest::Digest;
use rehearsal::native::{Context, answering};
use rehearsal::property::Property;
use rehearsal::{Rehearsal, Steps, json};
use serde::{Deserialize, Serialize};

/// What a ledger understands.
#[derive(Clone, Debug, Serialize, Deserialize, arbitrary::Arbitrary)]
pub enum Order {
    /// Its balance.
    Read,
    /// This much more.
    Add(u8),
}

/// Whether this is one of the inputs, one in `every`, for which the slow oracles are due: that follows from the bytes alone, and
/// from all of them, so that a fuzzer that goes for what is new does not end with these only.
pub fn is_due(bytes: &[u8], every: u64) -> bool {
    Digest::of(bytes).is_multiple_of(every)
}

/// The bank, and what must hold of it.
pub fn bank() -> Rehearsal {
    cast().property(Property::always("the balance grows", |state| {
        state.observed("balance").map(|balance| balance.as_u64()).is_sorted()
    }))
}

/// A ledger, two tellers and two clients, and nothing wrong with any of them. No closure looks at them: one may look at anything,
/// and would make every step depend on every other.
pub fn cast() -> Rehearsal {
    let ledger = || {
        let mut balance = 0u64;
        answering(async move |context: &Context, order: Order| {
            if let Order::Add(amount) = order {
                balance += u64::from(amount);
                context.observe("balance", balance);
            }
            Ok(balance)
        })
    };
    let teller = || {
        answering(async move |context: &Context, order: Order| -> Result<u64, String> {
            context.ask("ledger", &order).await
        })
    };
    let deposits =
        |first| Steps::new().request(first, json(Order::Add(1))).send("ledger", json(Order::Add(2)));
    Rehearsal::new("bank")
        .actor("ledger", ledger)
        .actor("ann", teller)
        .actor("ben", teller)
        .client("alice", deposits("ann"))
        .client("bob", deposits("ben"))
}

/// Guests and a native actor: two components that pay into a component's ledger, with a lock that is native.
#[cfg(feature = "wasm")]
pub fn guests() -> Rehearsal {
    let actors = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/actors");
    let echo = || rehearsal::native::builtin("echo").unwrap_or_else(|| unreachable!("echo is built in"));
    let next = r#"{"next":"${actor.native}"}"#;
    Rehearsal::new("guests")
        .folder(actors)
        .component("counter", "counter.wasm")
        .component("relay", "forwarder.wasm")
        .state(next)
        .actor("native", echo)
        .client("alice", Steps::new().send("counter", "add").request("relay", "hello"))
        .client("bob", Steps::new().send("counter", "add").request("counter", "get").request("relay", "ho"))
}
