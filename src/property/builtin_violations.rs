//! What breaks the built-in properties, and what shows it.

use super::builtin::Builtin;
use super::waits;
use crate::actor::FailureKind;
use crate::message_server::ActorMessage;
use crate::state::{FailureSeen, Record, State, WaitsFor};

/// What was broken, and the lines that show it.
pub(super) type Found = (Builtin, Vec<String>);

/// Failed turns, from the place `from` of the record on.
pub(super) fn failures(state: &State, from: usize) -> impl Iterator<Item = Found> {
    state.record.failures.iter().skip(from).map(|seen| {
        let builtin = match seen.failure.kind {
            FailureKind::ReturnedError => Builtin::ReturnedError,
            _ => Builtin::Trap,
        };
        (builtin, vec![failure(state, seen)])
    })
}

/// A failed turn in one line.
pub(super) fn failure(state: &State, seen: &FailureSeen) -> String {
    let FailureSeen { step, actor, handling, from, failure } = seen;
    let of = if from == actor { String::new() } else { format!(" of `{}`", state.name(*from)) };
    let (name, kind) = (state.name(*actor), failure.kind.name());
    let text = failure.message.escape_debug();
    format!("`{name}` failed in `{handling}`{of} at step {step}: {kind}: {text}")
}

/// Expectations that were not met.
pub(super) fn unmet(state: &State, from: usize) -> impl Iterator<Item = Found> {
    state.record.unmet.iter().skip(from).map(|(step, client, text)| {
        (Builtin::Expectations, vec![format!("`{}` at step {step}: {text}", state.name(*client))])
    })
}

/// More messages under way than may be.
pub(super) fn overfull(state: &State, before: bool) -> Option<Found> {
    let most = state.setting.limits.messages;
    let told = || format!("more than {most} messages are under way at once (the bound `messages`)");
    (state.overfull() && !before).then(|| (Builtin::Bounds, vec![told()]))
}

fn messages(count: u64) -> String {
    if count == 1 { "1 message".into() } else { format!("{count} messages") }
}

/// How many messages were dropped, and the trace's lines about them, if it is kept.
pub(super) fn told_lost(record: &Record) -> Vec<String> {
    let mut told = vec![format!("{} dropped so far", messages(record.lost))];
    let notes =
        record.notes.iter().flatten().filter_map(|note| Some((note.step, note.text.strip_prefix("lost ")?)));
    told.extend(notes.map(|(step, text)| format!("at step {step}: {text}")));
    told
}

/// Messages that were dropped since `before`.
pub(super) fn lost(state: &State, before: u64) -> Option<Found> {
    (state.record.lost > before).then(|| (Builtin::LostMessage, told_lost(&state.record)))
}

/// Messages that will never be delivered, as nothing can happen any more.
pub(super) fn undelivered(state: &State) -> Option<Found> {
    if state.under_way() == 0 {
        return None;
    }
    let mut left: Vec<_> = state.lanes.iter().filter(|lane| lane.waiting() > 0).collect();
    left.sort_by_key(|lane| (lane.from, lane.to));
    let told = left.iter().map(|lane| {
        let (from, to) = (state.name(lane.from), state.name(lane.to));
        let held = state.lanes.messages(lane).take(3);
        let kinds: Vec<&str> = held.map(|held| ActorMessage::kind(&held.message)).collect();
        let more = if lane.waiting() > 3 { ", ..." } else { "" };
        let count = messages(lane.waiting().into());
        format!("{count} from `{from}` to `{to}` never delivered ({}{more})", kinds.join(", "))
    });
    (!left.is_empty()).then(|| (Builtin::LostMessage, told.collect()))
}

/// Calls that never end, as nothing can happen any more.
pub(super) fn stuck(state: &State) -> Option<Found> {
    let mut told = Vec::new();
    for (who, _) in waits::stuck(state) {
        told.push(waits::describe_wait(state, who));
        told.extend(taken(state, who));
    }
    (!told.is_empty()).then_some((Builtin::StuckCall, told))
}

/// Whether the one that is waited for has taken the request and keeps the answer.
fn taken(state: &State, who: crate::id::ActorId) -> Option<String> {
    let call = state.call(who)?;
    let WaitsFor::Reply(to) = call.waits_for else { return None };
    let outstanding = &state.participant(to).channels.outstanding_requests;
    let kept = outstanding.iter().any(|(_, held)| *held == call.id);
    kept.then(|| format!("`{}` took the request and has not answered it", state.name(to)))
}
