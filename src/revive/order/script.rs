//! What an actor is to do again, call of an export by call of an export: who is played from this needs no component, and
//! can be put back to any point.

use crate::actor::{ChannelAccept, Ended, FailureKind, NewState, Reply, Returned};
use crate::call::{HostAnswer, HostCall};
use crate::chain::{Decoded, Invocation, Reply as ChainReply};
use crate::payload::Payload;
use crate::revive::HostMove;
use crate::revive::record::ChainRecord;
use crate::revive::report::Report;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One call of an export.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where the chain has it.
    pub place: usize,
    /// What was called.
    pub call: Invocation,
    /// The host calls that it makes.
    pub moves: Vec<HostMove>,
    /// How it ended, and where; nothing where the chain ends before.
    pub end: Option<(usize, Ended)>,
    /// Where the chain ends in it: the state before, with which its component can play it.
    pub tail: Option<Option<Payload>>,
    /// How many lines it logged.
    pub logs: usize,
    /// Whether its message was sent by an actor whose chain is known, and by nobody outside.
    pub inside: bool,
}

/// One actor's part in a run.
#[derive(Clone, Debug)]
pub struct Script {
    /// The chain.
    pub record: Arc<ChainRecord>,
    /// The calls, in order: as many as the component made as recorded.
    pub parts: Vec<Part>,
    /// The state that its last finished call left, if one did: with it the component can go on where the chain ends. Nothing where the
    /// component does not follow the chain, or calls imports that only the chain can answer.
    pub after: Option<Option<Payload>>,
    places: Places,
}

/// Which parts are of which kind, in order: looked up for every message that enters a queue.
#[derive(Clone, Debug, Default)]
struct Places {
    plain: Vec<usize>,
    over: Vec<usize>,
    channels: BTreeMap<String, Vec<usize>>,
}

impl Places {
    fn of(parts: &[Part]) -> Places {
        let mut places = Places::default();
        for (place, part) in parts.iter().enumerate() {
            match &part.call {
                Invocation::Send(_) | Invocation::Request(..) | Invocation::ChannelOpen(..) => {
                    places.plain.push(place);
                }
                Invocation::ChannelMessage(id, _) | Invocation::ChannelClose(id) => {
                    places.over.push(place);
                    places.channels.entry(id.clone()).or_default().push(place);
                }
                Invocation::Init(_) | Invocation::Other => {}
            }
        }
        places
    }
}

/// The place in `places` that comes after `ahead` others, from `next` on.
fn after(places: &[usize], next: usize, ahead: usize) -> Option<usize> {
    let first = places.partition_point(|place| *place < next);
    places.get(first + ahead).copied()
}

impl Script {
    /// The script of an actor that was driven from its chain.
    pub fn of(record: &Arc<ChainRecord>, report: &Report) -> Script {
        let calls = record.calls().zip(&report.script);
        let mut parts: Vec<Part> =
            calls.map(|((place, _, call), moves)| part(record, report, place, call, moves)).collect();
        if report.divergence.is_some()
            && let Some(last) = parts.last_mut()
        {
            last.end = None;
        }
        let places = Places::of(&parts);
        let foreign = |made: &HostMove| matches!(made.call, HostCall::Foreign(_));
        let goes_on = report.divergence.is_none() && !report.script.iter().flatten().any(foreign);
        let after = goes_on.then(|| state_before(record, report, record.entries.len()));
        Script { record: Arc::clone(record), parts, after, places }
    }

    /// The part, from `next` on, that comes after `ahead` others of those that are handled whatever is known of channels.
    pub fn plain(&self, next: usize, ahead: usize) -> Option<usize> {
        after(&self.places.plain, next, ahead)
    }

    /// The same among what came over channels.
    pub fn over_channels(&self, next: usize, ahead: usize) -> Option<usize> {
        after(&self.places.over, next, ahead)
    }

    /// The same among what came over one channel, by its id in the chain.
    pub fn over_channel(&self, id: &str, next: usize, ahead: usize) -> Option<usize> {
        after(self.places.channels.get(id)?, next, ahead)
    }

    /// The time of an event, where the chain tells it.
    pub fn time(&self, place: usize) -> Option<u64> {
        self.record.entries.get(place).and_then(|entry| entry.event.timestamp)
    }
}

fn part(record: &ChainRecord, report: &Report, place: usize, call: Invocation, moves: &[HostMove]) -> Part {
    let recorded = record.end_of(place);
    let end = recorded.and_then(|end| Some((end, ended(record, end)?)));
    let moves = moves.iter().filter(|made| matters(&made.call)).cloned().collect();
    let (mut tail, mut logs) = (None, 0);
    if recorded.is_none() {
        tail = Some(state_before(record, report, place));
        let rest = &record.entries[place..];
        logs = rest.iter().filter(|entry| matches!(entry.said, Decoded::Log { .. })).count();
    }
    Part { place, call, moves, end, tail, logs, inside: false }
}

/// The state before the event at `place`: what the last call left, else what the actor was given.
fn state_before(record: &ChainRecord, report: &Report, place: usize) -> Option<Payload> {
    let before = record.entries[..place].iter().rev().find_map(|entry| match &entry.said {
        Decoded::Returned { state, .. } => Some(state.as_deref().map(Payload::from)),
        _ => None,
    });
    before.unwrap_or_else(|| report.state.as_deref().map(Payload::from))
}

/// Whether a call has anything to do with anybody else, or with chance.
pub(super) fn matters(call: &HostCall) -> bool {
    !matches!(
        call,
        HostCall::Log { .. }
            // What no profile serves is answered from the chain: nobody else has a part in it.
            | HostCall::Foreign(_)
            | HostCall::GetChain
            | HostCall::GetVar { .. }
            | HostCall::ListVars
            | HostCall::VarExists { .. }
    )
}

fn ended(record: &ChainRecord, end: usize) -> Option<Ended> {
    let entry = &record.entries[end];
    Some(match &entry.said {
        Decoded::Failed { message, .. } => {
            // Under `actors` whoever waits is told which it was.
            let trapped = crate::revive::replay::trap::text(message).is_some();
            let kind = if trapped { FailureKind::Trap } else { FailureKind::ReturnedError };
            Ended::failed(kind, message.as_str())
        }
        Decoded::Returned { .. } => {
            let reply = match entry.reply()? {
                ChainReply::Request(data) => Reply::Answer(data.map(Payload::from)),
                ChainReply::Accept { accepted, message } => {
                    Reply::Accept(ChannelAccept { accepted, message })
                }
                _ => Reply::Nothing,
            };
            Ended::Returned(Returned { state: NewState::Kept, reply })
        }
        _ => return None,
    })
}

/// What must be drawn so that `call` is answered so.
pub fn draws(call: &HostCall, answer: &HostAnswer) -> Vec<u64> {
    let words = |bytes: &[u8]| {
        let word = |chunk: &[u8]| chunk.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        bytes.chunks(8).map(word).collect::<Vec<u64>>()
    };
    match (call, answer) {
        (HostCall::RandomRange { min, .. }, HostAnswer::Number(number)) => vec![number.wrapping_sub(*min)],
        (HostCall::RandomFloat, HostAnswer::Number(bits)) => vec![*bits],
        (HostCall::RandomBytes { .. }, HostAnswer::Bytes(bytes)) => words(bytes),
        (HostCall::GenerateUuid, HostAnswer::Text(text)) => {
            uuid::Uuid::parse_str(text).map(|id| words(id.as_bytes())).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
