//! A bank in native Rust, and the deposit that is lost.
//!
//! Two tellers ask the ledger for its balance, add a deposit and write the sum back. Each of them is right alone; between
//! a teller's reading and its writing the other one may do the same, and then one deposit is gone. No test that runs the
//! tellers one after the other finds it. A check of many schedules does, and tells the shortest story of it:
//!
//! ```text
//! cargo run --example native_bank --no-default-features
//! ```
//!
//! The fix is to let the ledger do the sum: `Order::Add` is one message, and nothing can come in between.

use rehearsal::native::{Context, answering};
use rehearsal::property::Property;
use rehearsal::{Check, Rehearsal, Steps, json};
use serde::{Deserialize, Serialize};

/// What a ledger understands.
#[derive(Serialize, Deserialize)]
enum Order {
    Read,
    Write(u64),
    Add(u64),
}

/// Two tellers and a ledger; `fixed` is whether the tellers leave the sum to the ledger.
fn bank(fixed: bool) -> Rehearsal {
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
    Rehearsal::new("bank")
        .actor("ledger", ledger)
        .actor("ann", teller)
        .actor("ben", teller)
        .client("alice", Steps::new().request("ann", json(10)))
        .client("bob", Steps::new().request("ben", json(10)))
        .property(Property::always("no deposit is lost", |state| {
            !state.is_quiet() || state.observed("balance").next_back().is_none_or(|balance| *balance == 20)
        }))
}

fn main() {
    match Check::new(bank(false)).run() {
        Ok(checked) => println!("{checked}"),
        Err(failure) => println!("{failure}"),
    }
    match Check::new(bank(true)).run() {
        Ok(checked) => println!("with the fix: {checked}"),
        Err(failure) => println!("{failure}"),
    }
}
