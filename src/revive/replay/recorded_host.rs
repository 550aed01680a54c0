//! The host of an actor that is driven from its chain: it answers from the record and compares.

use super::host_moves::HostMove;
use super::recorded_answer;
use super::reencode;
pub use super::tally::{Asked, End, Mismatch, Tally};
use super::trap::{same_trap, with_kind};
use crate::actor::{Called, Failure, FailureKind, Host, Reply, Returned};
use crate::call::{HostAnswer, HostCall};
use crate::chain::{
    ChainEvent, Decoded, EventHash, HostCall as ChainCall, MESSAGING, decode, hash_of, summary,
};
use crate::payload::Payload;
use crate::revive::lending::Lent;
use crate::revive::record::{ChainRecord, Entry};
use crate::revive::wording::{apart, shortened, shown, told, whole};
use crate::run::chains;
use crate::state::Directory;
use std::collections::VecDeque;
use std::sync::Arc;

/// The host. A clone of it stands at the same place of the same record.
#[derive(Clone, Default)]
pub struct RecordedHost {
    record: Option<Arc<ChainRecord>>,
    /// The next event to be compared.
    pub at: usize,
    /// The state that goes with the next call.
    pub state: Option<Payload>,
    address: String,
    /// Answers to calls that the chain does not hold.
    pub guesses: VecDeque<HostAnswer>,
    /// The calls that the chain does not hold, of this call of an export.
    pub asked: Vec<Asked>,
    /// The host calls of this call of an export.
    pub moves: Vec<HostMove>,
    /// Why it went no further.
    pub end: Option<End>,
    /// What was counted.
    pub tally: Tally,
    /// The last line that was logged.
    pub logged: Option<String>,
    /// How many of the answers that were carried over are told of.
    pub(super) told: usize,
    directory: Arc<Directory>,
}

impl RecordedHost {
    /// A host at the beginning of `record`.
    pub fn new(record: &Arc<ChainRecord>, address: String, directory: &Arc<Directory>) -> RecordedHost {
        let directory = Arc::clone(directory);
        RecordedHost { record: Some(Arc::clone(record)), address, directory, ..RecordedHost::default() }
    }

    /// The record.
    pub fn record(&self) -> Arc<ChainRecord> {
        self.record.clone().unwrap_or_else(|| unreachable!("a recorded host always has a record"))
    }

    /// Passes over the runtime's own events; the place of the next other one, if there is one.
    pub fn next(&mut self) -> Option<usize> {
        let record = self.record();
        while let Some(entry) = record.entries.get(self.at) {
            if !entry.own() {
                return Some(self.at);
            }
            self.tally.own += 1;
            self.tally.stopped |= entry.said == Decoded::Stopped;
            self.at += 1;
        }
        None
    }

    /// Takes the event at `place` as it is: it is an input, or cannot be compared.
    pub fn carry(&mut self, place: usize) {
        self.tally.matched += 1;
        self.at = place + 1;
    }

    /// Compares what the actor made with the event at `place`.
    fn check(&mut self, place: usize, made: reencode::Made) -> Result<(), End> {
        let record = self.record();
        let entry = &record.entries[place];
        let event = remade(&record, place, made);
        let hash = hash_of(&event);
        if hash == entry.event.hash {
            self.tally.matched += 1;
        } else if decode(&event) == entry.said || reencode::same_call(&decode(&event), &entry.said) {
            self.tally.by_meaning += 1;
        } else {
            let (recorded, made) = apart(&whole(&entry.event), &whole(&event));
            let pieces = crate::revive::event_pieces::apart(&decode(&event), &entry.said);
            return Err(self.mismatch(place, recorded, (made, Some(hash)), pieces));
        }
        self.at = place + 1;
        Ok(())
    }

    fn mismatch(
        &self,
        place: usize,
        recorded: String,
        made: (String, Option<EventHash>),
        apart: Vec<(Vec<u8>, Vec<u8>)>,
    ) -> End {
        let hash = self.record().entries.get(place).map(|entry| entry.event.hash);
        let mut notes = Vec::new();
        if let Some(gap) = self.record().gaps.iter().rfind(|gap| **gap <= place && **gap > 0) {
            notes.push(format!("events are missing before event {gap}"));
        }
        End::Diverged(Box::new(Mismatch { event: place, recorded: (recorded, hash), made, notes, apart }))
    }

    /// The event at `place` is not what the actor did there.
    pub fn unlike(&self, place: usize, made: impl Into<String>) -> End {
        let recorded = match self.record().entries.get(place) {
            Some(entry) => shortened(&summary(&entry.event)),
            None => "nothing: the chain ends".to_owned(),
        };
        self.mismatch(place, recorded, (made.into(), None), Vec::new())
    }

    fn answer(&mut self, call: &HostCall) -> Result<Called, End> {
        let record = self.record();
        let Some(chain_call) = chains::recorded(call, &HostAnswer::Done, &self.directory) else {
            return Ok(Called::Stop(FailureKind::Trap, "a call that chains do not know"));
        };
        if let HostCall::Foreign(foreign) = call {
            return self.foreign(foreign, &chain_call);
        }
        let Some(place) = self.next() else { return self.beyond(call, &chain_call) };
        if let HostCall::Log { text } = call {
            self.logged = Some(text.clone());
        }
        if record.silent && chain_call.interface == MESSAGING {
            return Ok(self.unrecorded(call));
        }
        let entry = &record.entries[place];
        match &entry.said {
            Decoded::Log { .. } if matches!(call, HostCall::Log { .. }) => {
                let made = match reencode::began(&entry.event, &chain_call) {
                    Some(made) => made,
                    None => {
                        reencode::ended(&entry.event, &entry.said, &chain_call, &crate::chain::Val::unit())
                    }
                };
                self.check(place, made)?;
                Ok(Called::Answered(HostAnswer::Done))
            }
            Decoded::HostBegan { interface, function, .. }
                if *interface == chain_call.interface && *function == chain_call.function =>
            {
                self.began(place, entry, &chain_call)?;
                self.ended(call, chain_call)
            }
            Decoded::Host { interface, function, .. }
                if *interface == chain_call.interface && *function == chain_call.function =>
            {
                self.whole(place, entry, call, chain_call)
            }
            Decoded::HostEnded { interface, function, answer }
                if *interface == chain_call.interface
                    && *function == chain_call.function
                    && (reencode::began(&entry.event, &chain_call).is_none()
                        || recorded_answer::denied(answer)) =>
            {
                self.whole(place, entry, call, chain_call)
            }
            _ => Err(self.unlike(place, told(&chain_call))),
        }
    }

    /// A host call that began: its arguments, as far as the record keeps them.
    fn began(&mut self, place: usize, entry: &Entry, call: &ChainCall) -> Result<(), End> {
        match reencode::began(&entry.event, call) {
            Some(made) => self.check(place, made),
            None => Err(self.unlike(place, told(call))),
        }
    }

    /// The end of the call that began last.
    fn ended(&mut self, call: &HostCall, chain_call: ChainCall) -> Result<Called, End> {
        let record = self.record();
        let Some(place) = self.next() else { return Err(End::Over) };
        let entry = &record.entries[place];
        match &entry.said {
            Decoded::HostEnded { function, .. } if *function == chain_call.function => {
                self.whole(place, entry, call, chain_call)
            }
            _ => Err(self.unlike(place, format!("waits for the answer to {}", told(&chain_call)))),
        }
    }

    /// The event that holds the answer.
    fn whole(
        &mut self,
        place: usize,
        entry: &Entry,
        call: &HostCall,
        mut chain_call: ChainCall,
    ) -> Result<Called, End> {
        if let Decoded::HostEnded { answer: crate::chain::Answer::Refused { channel }, .. } = &entry.said {
            chain_call.channel = Some(channel.clone());
        }
        let given = match recorded_answer::recorded(call, &entry.said) {
            Ok(given) => given,
            // What a variable held, or what was drawn, may show in what follows.
            Err(_) if may_show(call) => {
                let answer = self.guesses.pop_front().unwrap_or_else(|| recorded_answer::likely_lost(call));
                self.asked.push(Asked { call: call.clone(), answer: Some(answer.clone()) });
                self.carry(place);
                return Ok(Called::Answered(answer));
            }
            Err(known) => {
                let given = recorded_answer::likely_lost(call);
                let what = told(&chain_call);
                self.tally.carried.push(format!(
                    "event {place}: the answer to {what} is not in the record ({known}): {} was given",
                    shown(&given)
                ));
                self.carry(place);
                return Ok(Called::Answered(given));
            }
        };
        let output = match &entry.said {
            // What was recorded of a whole chain is given back as it was.
            Decoded::Host { output: crate::chain::Recorded::Val(val), .. } => val.clone(),
            _ => chains::output(&chain_call.function, &given),
        };
        let output = refusal_with_channel(&chain_call, output);
        self.check(place, reencode::ended(&entry.event, &entry.said, &chain_call, &output))?;
        Ok(Called::Answered(given))
    }

    /// A call that the chain does not hold: the next guess, or the actor waits for one.
    pub(super) fn unrecorded(&mut self, call: &HostCall) -> Called {
        // In generation B (Theater c50b1871) these never work: nothing puts a request into the map that they look in. So there is
        // nothing to guess.
        let known = match call {
            HostCall::ListOutstandingRequests => Some(HostAnswer::Requests(Vec::new())),
            HostCall::RespondToRequest { request, .. } | HostCall::CancelRequest { request } => {
                Some(recorded_answer::refused(format!("Request ID not found: {request}")))
            }
            _ => None,
        };
        // What was guessed for it before is what is known, and the next guess is the next call's.
        let guess = self.guesses.pop_front();
        let guess = known.or(guess);
        self.asked.push(Asked { call: call.clone(), answer: guess.clone() });
        match guess {
            Some(answer) => Called::Answered(answer),
            None => Called::Suspended,
        }
    }

    /// The export returned: is that what the record says?
    pub fn returned(&mut self, export: &str, returned: &Returned) -> Result<(), End> {
        let Some(place) = self.next() else { return Err(End::Over) };
        let record = self.record();
        let entry = &record.entries[place];
        let state = match &returned.state {
            crate::actor::NewState::Replaced(state) => state.clone(),
            crate::actor::NewState::Kept => self.state.clone(),
        };
        let mut result = chains::result(&returned.reply).to_string();
        if let (Reply::Foreign(_), Decoded::Returned { result: recorded, .. }) =
            (&returned.reply, &entry.said)
            && reencode::spelled_alike(recorded, result.as_bytes())
        {
            result = String::from_utf8_lossy(recorded).into_owned();
        }
        let made = reencode::returned(&entry.event, export, state.as_deref(), result.as_bytes());
        self.check(place, made)?;
        if let Decoded::Returned { state, .. } = &entry.said {
            self.state = state.as_deref().map(Payload::from);
        }
        Ok(())
    }

    /// The export failed: is that what the record says?
    pub fn failed(&mut self, export: &str, failure: &Failure) -> Result<(), End> {
        let Some(place) = self.next() else { return Err(End::Over) };
        let record = self.record();
        let entry = &record.entries[place];
        let short = export.rsplit('.').next().unwrap_or(export);
        if let Decoded::Failed { export: recorded, message } = &entry.said
            && recorded == export
            && same_trap(failure, message)
        {
            self.tally.traps += 1;
            self.at = place + 1;
            return Ok(());
        }
        let message = chains::error_text(short, failure.kind, &failure.message);
        let made = reencode::failed(&entry.event, export, &message);
        self.check(place, made).map_err(|end| with_kind(end, failure))
    }
}

/// Whether an answer that a record does not keep is looked for in what follows.
pub(super) fn may_show(call: &HostCall) -> bool {
    matches!(call, HostCall::GetVar { .. } | HostCall::RandomBytes { .. })
}

/// A refused channel is recorded by its id, not by the text that its opener was told.
fn refusal_with_channel(call: &ChainCall, output: crate::chain::Val) -> crate::chain::Val {
    match (&call.channel, &*call.function) {
        (Some(_), "open-channel") if output.failure().is_none() => crate::chain::Val::err("rejected"),
        _ => output,
    }
}

/// The event at `place` with what the actor made in it; all that the actor has no part in is the record's.
fn remade(record: &ChainRecord, place: usize, (event_type, data): reencode::Made) -> ChainEvent {
    let event = &record.entries[place].event;
    let before = match record.gaps.contains(&place) {
        true => event.parent_hash,
        false => place.checked_sub(1).map(|before| record.entries[before].event.hash),
    };
    ChainEvent {
        hash: EventHash::default(),
        parent_hash: before,
        event_type,
        data,
        timestamp: event.timestamp,
        description: event.description.clone(),
    }
}

impl Host for RecordedHost {
    fn has_record(&self) -> bool {
        true
    }
    fn call(&mut self, call: HostCall) -> Called {
        if self.end.is_some() {
            return Called::Stop(FailureKind::Trap, "the replay is over");
        }
        let (before, noted) = (self.at.max(self.next().unwrap_or(self.at)), self.moves.len());
        let called = self.answer(&call);
        if self.moves.len() == noted {
            self.note_move(&call, before, &called);
        }
        match called {
            Ok(called) => called,
            Err(end) => {
                self.end = Some(end);
                Called::Stop(FailureKind::Trap, "the replay is over")
            }
        }
    }

    fn state(&self) -> Option<Payload> {
        self.state.clone()
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn lend(&mut self) -> Box<dyn Host> {
        self.give()
    }

    fn take_back(&mut self, lent: Box<dyn Host>) {
        self.take(lent);
    }
}
