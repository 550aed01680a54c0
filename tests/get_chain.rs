//! `runtime.get-chain`: an actor that may ask for its chain gets the same one in every run, recorded or not.

use rehearsal::actor::{Actor, Called, Ended, Input, Turn};
use rehearsal::call::{ChainLink, HostAnswer, HostCall};
use rehearsal::chain::{ChainForm, Decoded, decode};
use rehearsal::chooser::Seeded;
use rehearsal::{Rehearsal, Steps};

/// Answers with how long its chain is, and sends what the last event of it holds.
struct Historian {
    may: bool,
}

impl Historian {
    fn chain(turn: &mut Turn<'_>) -> Vec<ChainLink> {
        match turn.call(HostCall::GetChain) {
            Called::Answered(HostAnswer::Chain(links)) => links,
            other => panic!("{other:?}"),
        }
    }
}

impl Actor for Historian {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        let Input::Request { .. } = input else { return Ended::DONE };
        let links = Historian::chain(turn);
        let last = links.last().map_or("nothing".to_owned(), |link| {
            let known = String::from_utf8_lossy(&link.data).contains("handle-request");
            format!("{} {} {:?} {known}", link.event_type, link.hash, link.parent)
        });
        turn.observe("links", links.len());
        Ended::reply(last)
    }

    fn reads_chain(&self) -> bool {
        self.may
    }
}

fn asked(may: bool) -> Rehearsal {
    Rehearsal::new("historian")
        .actor("historian", move || Historian { may })
        .client("alice", Steps::new().request("historian", "first").request("historian", "second"))
}

#[test]
fn the_chain_is_the_same_whether_or_not_the_run_is_recorded() {
    let stage = asked(true).stage().unwrap();
    let recorded = stage.run(Seeded::new(1));
    assert!(recorded.passed(), "{:?}", recorded.failure());
    assert_eq!(recorded.digest(), stage.outcome(Seeded::new(1)).digest);
    let links: Vec<u64> = recorded.observations().iter().filter_map(|seen| seen.value.as_u64()).collect();
    // `init`, called and returned, the call; then its own look at the chain, the observation, the result, the next call.
    assert_eq!(links, [3, 7]);
}

#[test]
fn the_links_hold_what_the_chain_holds() {
    let run = asked(true).stage().unwrap().run(Seeded::new(1));
    let chain = run.chain("historian", ChainForm::B).unwrap();
    let results = chain.iter().filter_map(|event| match decode(event) {
        Decoded::Returned { result, .. } => {
            serde_json::from_slice::<Vec<Option<Vec<u8>>>>(&result).ok()?.pop()?
        }
        _ => None,
    });
    let told: Vec<String> = results.map(|bytes| String::from_utf8(bytes).unwrap()).collect();
    assert_eq!(told, ["wasm 2 Some(1) true", "wasm 6 Some(5) true"]);
    assert!(chain.iter().filter(|event| event.event_type.ends_with("runtime/get-chain")).count() == 2);
}

#[test]
fn who_never_asks_for_it_has_none_kept() {
    let run = asked(false).stage().unwrap().run(Seeded::new(1));
    assert!(run.observations().iter().all(|seen| seen.value == 0));
}
