//! The casts that the targets drive.

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

/// A ledger, two tellers and two clients, and nothing wrong with any of them.
pub fn bank() -> Rehearsal {
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
    let deposits = |first| Steps::new().request(first, json(Order::Add(1))).send("ledger", json(Order::Add(2)));
    Rehearsal::new("bank")
        .actor("ledger", ledger)
        .actor("ann", teller)
        .actor("ben", teller)
        .client("alice", deposits("ann"))
        .client("bob", deposits("ben"))
        .property(Property::always("the balance grows", |state| {
            state.observed("balance").map(|balance| balance.as_u64()).is_sorted()
        }))
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
