//! The same lost update, with components in the cast: found, shrunk, saved, run first.
#![cfg(feature = "wasm")]

use rehearsal::native::{Context, Handler};
use rehearsal::payload::Payload;
use rehearsal::property::Property;
use rehearsal::{Check, CheckError, Rehearsal, Saved, Steps, json};

/// A client that is right: it holds the ledger for itself while it reads and writes.
struct Careful;

impl Handler for Careful {
    async fn handle_request(&mut self, context: &Context, _: Payload) -> Result<Option<Payload>, String> {
        let told = |refusal: rehearsal::call::Refusal| refusal.to_string();
        for _ in 0..2 {
            let balance = context.request("ledger", "read").await.map_err(told)?;
            let balance: u64 = balance.text().parse().map_err(|_| "no balance")?;
            context.request("ledger", format!("write {}", balance + 10)).await.map_err(told)?;
        }
        Ok(Some("ok".into()))
    }
}

fn promised(bank: Rehearsal) -> Rehearsal {
    bank.folder(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/actors")).property(Property::always(
        "no deposit is lost",
        |state| {
            let balance = state.observed("balance").next_back().and_then(|balance| balance.as_u64());
            !state.is_quiet() || balance.is_none_or(|balance| balance == 20)
        },
    ))
}

fn bank() -> Rehearsal {
    let state = json(serde_json::json!({ "ledger": "${actor.ledger}", "amount": 10 }));
    promised(
        Rehearsal::new("components")
            .component("ledger", "bank-ledger.wasm")
            .component("ann", "bank-client.wasm")
            .state(state.clone())
            .component("ben", "bank-client.wasm")
            .state(state)
            .client("alice", Steps::new().request("ann", "deposit"))
            .client("bob", Steps::new().request("ben", "deposit")),
    )
}

/// The fix: one actor, a native one, makes both deposits, one after the other.
fn fixed() -> Rehearsal {
    promised(
        Rehearsal::new("components")
            .component("ledger", "bank-ledger.wasm")
            .handler("ann", || Careful)
            .client("alice", Steps::new().request("ann", "deposit").expects("ok")),
    )
}

#[test]
fn a_lost_update_of_components_is_found_saved_and_gone_after_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let check = |bank| Check::new(bank).runs(100).saved(Saved::in_folder(folder.path())).run();
    let Err(CheckError::Found(first)) = check(bank()) else { panic!("nothing was found") };
    assert!(first.to_string().contains("`no deposit is lost` does not hold"), "{first}");
    let Err(CheckError::Found(again)) = check(bank()) else { panic!("the saved case was not run first") };
    assert!(again.to_string().contains("a saved case"), "{again}");
    let checked = check(fixed()).unwrap();
    assert!(checked.notes()[0].contains("holds now"), "{checked}");
}
