//! The host calls of an actor as its chain and its component tell them: with these it can be played without the component.

use super::recorded_host::{End, RecordedHost, may_show};
use crate::actor::Called;
use crate::call::{HostAnswer, HostCall};
use crate::chain::{Generation, HostCall as ChainCall, MESSAGING};

/// How many calls after the end of a chain that keeps none are taken for made.
const MOST_BEYOND: usize = 100;

/// A host call that the actor made.
#[derive(Clone, Debug, PartialEq)]
pub struct HostMove {
    /// Where the chain has it, or would.
    pub place: usize,
    /// The call.
    pub call: HostCall,
    /// Its answer; none where the chain ends before it.
    pub answer: Option<HostAnswer>,
    /// Whether the answer is the record's, or borne out by it.
    pub sure: bool,
    /// Whether the chain holds neither the call nor its answer.
    pub unrecorded: bool,
}

impl RecordedHost {
    /// A call after the end of the chain: where the chain keeps none, it may well have been made.
    pub(super) fn beyond(&mut self, call: &HostCall, chain_call: &ChainCall) -> Result<Called, End> {
        let record = self.record();
        // Generation B records a call when it is over: the one that a chain ends in is not there.
        let open = record.generation == Generation::B && chain_call.interface == MESSAGING;
        if !open || self.moves.len() >= MOST_BEYOND {
            return Err(End::Over);
        }
        let waits = matches!(call, HostCall::Request { .. } | HostCall::OpenChannel { .. });
        let waits = waits || !record.silent;
        let answer = (!waits).then_some(HostAnswer::Done);
        let place = self.at;
        self.moves.push(HostMove { place, call: call.clone(), answer, sure: false, unrecorded: true });
        if waits { Err(End::Over) } else { Ok(Called::Answered(HostAnswer::Done)) }
    }

    /// Whether the answer to a call that is recorded is looked for in what follows.
    fn looked_for(&self, call: &HostCall) -> bool {
        may_show(call) && self.asked.last().is_some_and(|asked| asked.call == *call)
    }

    /// Notes a call of the actor's, unless it is noted already.
    pub(super) fn note_move(&mut self, call: &HostCall, before: usize, called: &Result<Called, End>) {
        if matches!(call, HostCall::Log { .. }) {
            return;
        }
        let carried = self.tally.carried.len();
        let (answer, unrecorded) = match called {
            Ok(Called::Answered(answer)) => {
                (Some(answer.clone()), self.at == before || self.looked_for(call))
            }
            Ok(Called::Suspended) => (None, true),
            Err(End::Over) if self.at > before => (None, false),
            _ => return,
        };
        let place = self.at.saturating_sub(usize::from(self.at > before));
        let sure = !unrecorded && carried == self.told;
        self.told = carried;
        self.moves.push(HostMove { place, call: call.clone(), answer, sure, unrecorded });
    }
}
