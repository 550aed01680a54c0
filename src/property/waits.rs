//! Who waits for whom: deadlocks, and calls that never end.

use crate::id::ActorId;
use crate::state::{Call, State, WaitsFor};

/// The call in which a participant waits without an answer on its way.
fn unanswered(state: &State, who: ActorId) -> Option<&Call> {
    state.call(who).filter(|call| call.answer.is_none())
}

fn waits_for(state: &State, who: ActorId) -> Option<ActorId> {
    match &unanswered(state, who)?.waits_for {
        // The runtime itself waits for one at most.
        WaitsFor::Runtime => state.runtime_waits.map(|(whom, _)| whom),
        other => other.whom(),
    }
}

/// A cycle of participants of which each waits for the next, with no answer on its way; from the lowest id on.
///
/// One that waits takes no message and so answers nothing: nothing that the cycle does can end it. A
/// deadline can, and so can somebody else who stops a member; it is a deadlock none the less. The work is that of a
/// look at each participant: ask when nothing else can happen, not after each step.
pub fn deadlock(state: &State) -> Option<Vec<ActorId>> {
    // Everybody waits for one at most: so a walk from each, which ends where any walk has been, finds every cycle.
    let mut walked = Vec::new();
    for start in 0..state.participants.len() as u32 {
        let mut at = ActorId(start);
        while let Some(next) = waits_for(state, at) {
            if walked.is_empty() {
                walked.resize(state.participants.len(), None);
            }
            match walked[at.index()] {
                None => walked[at.index()] = Some(start),
                Some(walk) if walk == start => return Some(cycle(state, at)),
                Some(_) => break,
            }
            at = next;
        }
    }
    None
}

fn cycle(state: &State, member: ActorId) -> Vec<ActorId> {
    let mut members = vec![member];
    let mut at = member;
    while let Some(next) = waits_for(state, at).filter(|next| *next != member) {
        members.push(next);
        at = next;
    }
    let lowest = members.iter().enumerate().min_by_key(|(_, id)| **id).map_or(0, |(place, _)| place);
    members.rotate_left(lowest);
    members
}

/// Everybody who waits without a deadline and without an answer on its way, and for whom: when nothing can
/// happen any more, these wait for ever. A client that waits for a message waits for nobody in particular.
pub fn stuck(state: &State) -> Vec<(ActorId, Option<ActorId>)> {
    let everybody = (0..state.participants.len() as u32).map(ActorId);
    let waiting = everybody.filter(|who| unanswered(state, *who).is_some_and(|call| call.deadline.is_none()));
    waiting.map(|who| (who, waits_for(state, who))).collect()
}

/// One wait, in words: `` `a` waits for `b` (request #1, since step 3) ``.
pub fn describe_wait(state: &State, who: ActorId) -> String {
    let name = state.name(who);
    let Some(call) = state.call(who) else { return format!("`{name}` waits for nothing") };
    let (number, since) = (call.id.number, call.since);
    match &call.waits_for {
        WaitsFor::Reply(to) => {
            format!("`{name}` waits for `{}` (request #{number}, since step {since})", state.name(*to))
        }
        WaitsFor::Decision(to, _) => {
            format!(
                "`{name}` waits for `{}` (opening a channel #{number}, since step {since})",
                state.name(*to)
            )
        }
        WaitsFor::Runtime => match state.runtime_waits {
            Some((whom, why)) => {
                let whom = state.name(whom);
                format!("`{name}` waits for the runtime, which waits for `{whom}` {why} (since step {since})")
            }
            None => format!("`{name}` waits for the runtime (since step {since})"),
        },
        WaitsFor::Time => format!("`{name}` waits for time to pass (since step {since})"),
        WaitsFor::Message => format!("`{name}` waits for a message that does not come (since step {since})"),
    }
}

/// A cycle of waits, in one line.
pub(super) fn told_cycle(state: &State, members: &[ActorId]) -> String {
    members.iter().map(|who| describe_wait(state, *who)).collect::<Vec<_>>().join(", ")
}
