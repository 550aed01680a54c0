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
//! The fix is to let the ledger do the sum: a deposit is one message, and nothing can come in between.

use rehearsal::native::{Context, answering};
use rehearsal::{Rehearsal, Steps, json, property::Property};

/// The bank of the README's first test.
pub fn bank() -> Rehearsal {
    let ledger = || {
        let mut balance = 0;
        answering(async move |context: &Context, write: Option<u64>| {
            balance = write.unwrap_or(balance);
            context.observe("balance", balance);
            Ok(balance)
        })
    };
    let teller = || {
        answering(async |context: &Context, amount: u64| -> Result<u64, String> {
            let balance: u64 = context.ask("ledger", &None::<u64>).await?;
            context.ask("ledger", &Some(balance + amount)).await
        })
    };
    Rehearsal::new("bank")
        .actor("ledger", ledger)
        .actor("ann", teller)
        .actor("ben", teller)
        .client("alice", Steps::new().request("ann", json(10)))
        .client("bob", Steps::new().request("ben", json(10)))
        .property(Property::always("no deposit is lost", |state| {
            !state.is_quiet() || state.observed("balance").next_back().is_none_or(|sum| *sum == 20)
        }))
}

/// The same, but the ledger does the sum, and a teller says how much.
pub fn mended() -> Rehearsal {
    let ledger = || {
        let mut balance = 0;
        answering(async move |context: &Context, deposit: Option<u64>| {
            balance += deposit.unwrap_or(0);
            context.observe("balance", balance);
            Ok(balance)
        })
    };
    let teller = || {
        answering(async |context: &Context, amount: u64| -> Result<u64, String> {
            context.ask("ledger", &Some(amount)).await
        })
    };
    Rehearsal::new("bank")
        .actor("ledger", ledger)
        .actor("ann", teller)
        .actor("ben", teller)
        .client("alice", Steps::new().request("ann", json(10)))
        .client("bob", Steps::new().request("ben", json(10)))
        .property(Property::always("no deposit is lost", |state| {
            !state.is_quiet() || state.observed("balance").next_back().is_none_or(|sum| *sum == 20)
        }))
}

#[allow(dead_code)] // A test looks at the two banks.
fn main() {
    match rehearsal::Check::new(bank()).run() {
        Ok(checked) => println!("{checked}"),
        Err(failure) => println!("{failure}"),
    }
    match rehearsal::Check::new(mended()).run() {
        Ok(checked) => println!("with the fix: {checked}"),
        Err(failure) => println!("{failure}"),
    }
}
