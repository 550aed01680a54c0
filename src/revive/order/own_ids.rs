//! Whether the ids of chains are such as runs of ours have: those are counted, not drawn.

use super::schedule::Tied;
use crate::chain::Invocation;
use crate::id::{ActorId, CallId, RequestId};
use crate::scenario::Scenario;
use std::collections::BTreeSet;

/// How many calls of all participants are looked through for the one that a request was.
const MOST_CALLS: u32 = 200_000;

/// Whether the first request that some actor handled may have been made in a run of ours. Where there is none, nothing speaks against it.
pub(super) fn may_be_ours(scenario: &Scenario, tied: &[Tied]) -> bool {
    let first = |one: &Tied| {
        one.record.calls().find_map(|(_, _, call)| match call {
            Invocation::Request(id, _) => Some(RequestId::parse(&id)),
            _ => None,
        })
    };
    let firsts: BTreeSet<Option<RequestId>> = tied.iter().filter_map(first).collect();
    let participants = scenario.factories.len() as u32;
    let each = MOST_CALLS / participants.max(1);
    let known = |id: &Option<RequestId>| {
        let mut all = (1..=each).flat_map(|number| (0..participants).map(move |owner| (owner, number)));
        all.any(|(owner, number)| Some(RequestId::of(CallId { owner: ActorId(owner), number })) == *id)
    };
    // One is enough: none of a real system's is.
    firsts.is_empty() || firsts.iter().take(4).any(known)
}
