//! How much fuel a call needs that ran once already.
//!
//! Theater bounds nothing, so what came to an end there may have computed for long; and what never did is a call in which a chain ends,
//! or, in a recording of ours, one that ended when its fuel was used up. So the usual amount is given first, and more only where the
//! chain goes on behind a call for which it was not enough.

use super::player::{ReplayOptions, replay};
use crate::actor::{Ended, FailureKind};
use crate::error::Result;
use crate::limits::Limits;
use crate::revive::record::ChainRecord;
use crate::revive::report::Report;
use crate::run::Factory;
use std::sync::Arc;

/// How many times more is given next.
const MORE: u64 = 10;

/// Drives an actor from its chain, with as much fuel as that takes, and no more than `most`: what came of it, and how much it was.
/// `make` gives the actor's factory with so much.
///
/// # Errors
/// When the chain asks for something that cannot be made here, or the actor cannot be made.
pub fn fuelled(
    record: &Arc<ChainRecord>,
    most: u64,
    options: &ReplayOptions,
    make: &mut dyn FnMut(u64) -> Result<Factory>,
) -> Result<(Report, u64)> {
    let mut fuel = Limits::default().fuel.min(most);
    loop {
        let report = replay(record, &make(fuel)?, options)?;
        if report.holds() || !report.out_of_fuel || fuel >= most {
            return Ok((report, fuel));
        }
        fuel = fuel.saturating_mul(MORE).min(most);
    }
}

/// Whether a call ended so.
pub(super) fn ran_out(ended: &Ended) -> bool {
    matches!(ended, Ended::Failed(failure) if failure.kind == FailureKind::EndlessLoop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Actor, Input, Turn};
    use crate::chain::{ChainBuilder, ChainForm};

    const INIT: &str = "theater:simple/actor.init";
    const SEND: &str = "theater:simple/message-server-client.handle-send";
    const ENDLESS: &str = "all fuel consumed by WebAssembly";

    /// Burns as much as a message says, of as much as it has.
    struct Burns(u64);

    impl Actor for Burns {
        fn turn(&mut self, input: Input, _: &mut Turn<'_>) -> Ended {
            let Input::Send { data } = input else { return Ended::DONE };
            match data.text().parse::<u64>() {
                Ok(much) if much <= self.0 => Ended::DONE,
                _ => Ended::failed(FailureKind::EndlessLoop, ENDLESS),
            }
        }
    }

    /// The chain of an actor that got messages which burn so much; the last of them may have been too much for it, or be where the chain ends.
    fn chain(burns: &[u64], last: Last) -> Arc<ChainRecord> {
        let mut chain = ChainBuilder::new(ChainForm::B);
        chain.wasm_call(INIT, b"null", 0);
        chain.wasm_result(INIT, None, b"null", 0);
        for (place, much) in burns.iter().enumerate() {
            let params = serde_json::json!([much.to_string().as_bytes()]).to_string();
            chain.wasm_call(SEND, params.as_bytes(), 0);
            match last {
                Last::Failed if place + 1 == burns.len() => {
                    let kind = FailureKind::EndlessLoop;
                    let told = crate::run::chains::error_text("handle-send", kind, ENDLESS);
                    chain.wasm_error(SEND, &told, 0);
                }
                Last::Open if place + 1 == burns.len() => {}
                _ => chain.wasm_result(SEND, None, b"null", 0),
            }
        }
        Arc::new(crate::revive::record::of_events("burns", chain.take_events()))
    }

    #[derive(Clone, Copy)]
    enum Last {
        Done,
        Failed,
        Open,
    }

    /// How much was given, time after time, and whether the last of it was enough.
    fn given(chain: &Arc<ChainRecord>, most: u64) -> (Vec<u64>, bool) {
        let mut given = Vec::new();
        let mut make = |fuel: u64| -> Result<Factory> {
            given.push(fuel);
            Ok(Arc::new(move || Box::new(Burns(fuel))))
        };
        let (report, fuel) = fuelled(chain, most, &ReplayOptions::default(), &mut make).unwrap();
        assert_eq!(given.last(), Some(&fuel));
        (given, report.holds())
    }

    #[test]
    fn more_is_given_only_where_a_chain_goes_on_behind_what_takes_more() {
        let usual = Limits::default().fuel;
        let most = 1000 * usual;
        assert_eq!(given(&chain(&[1, usual], Last::Done), most), (vec![usual], true));
        assert_eq!(given(&chain(&[usual + 1, 1], Last::Done), most), (vec![usual, 10 * usual], true));
        let ladder = vec![usual, 10 * usual, 100 * usual];
        assert_eq!(given(&chain(&[50 * usual], Last::Done), most), (ladder, true));
        // It ended so, or the chain ends there: more would only take longer.
        assert_eq!(given(&chain(&[1, u64::MAX], Last::Failed), most), (vec![usual], true));
        assert_eq!(given(&chain(&[1, u64::MAX], Last::Open), most), (vec![usual], true));
        // No more than there may be.
        assert_eq!(
            given(&chain(&[u64::MAX], Last::Done), 30 * usual),
            (vec![usual, 10 * usual, 30 * usual], false)
        );
        assert_eq!(given(&chain(&[2], Last::Done), 1), (vec![1], false));
    }
}
