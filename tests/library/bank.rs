//! A bank with a planted lost update: two native tellers read, then write; fixed, the ledger adds.

use rehearsal::native::{Context, answering};
use rehearsal::property::Property;
use rehearsal::{Rehearsal, Steps, json};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
enum Order {
    Read,
    Write(u64),
    Add(u64),
}

/// The teller of the second deposit comes first in the quiet run's way: only some orders lose one.
pub fn bank(name: &str, fixed: bool) -> Rehearsal {
    let ledger = || {
        let mut balance = 0;
        answering(async move |context: &Context, order: Order| {
            match order {
                Order::Read => {}
                Order::Write(sum) => balance = sum,
                Order::Add(amount) => balance += amount,
            }
            context.observe("balance", balance);
            Ok(balance)
        })
    };
    let teller = move || {
        answering(async move |context: &Context, amount: u64| -> Result<u64, String> {
            if fixed {
                return context.ask("ledger", &Order::Add(amount)).await;
            }
            let balance: u64 = context.ask("ledger", &Order::Read).await?;
            context.ask("ledger", &Order::Write(balance + amount)).await
        })
    };
    Rehearsal::new(name)
        .actor("ledger", ledger)
        .actor("ann", teller)
        .actor("ben", teller)
        .client("alice", Steps::new().request("ann", json(10)))
        .client(
            "bob",
            Steps::new()
                .send("ledger", json(Order::Read))
                .send("ledger", json(Order::Read))
                .request("ledger", json(Order::Read))
                .request("ben", json(20)),
        )
        .property(Property::always("no deposit is lost", |state| {
            !state.is_quiet() || state.observed("balance").next_back().is_none_or(|balance| *balance == 30)
        }))
}
