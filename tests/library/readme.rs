use rehearsal::native::{Context, answering};
use rehearsal::{Rehearsal, Steps, json, property::Property};

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
