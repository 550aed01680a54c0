//! What makes two states one, for searches that stop where they have been before.
//!
//! **History.** Participants are deterministic: all that one holds, and all that it has put under way, follows from what it
//! has seen and done, which its history digests. What does not follow from the histories is taken in beside them: the time,
//! the timers (a deadline depends on when the call was made), how many timers may still come early, and what the
//! properties remember. So two states of one history fingerprint have the same future, and it is reached by every order
//! of independent events.
//!
//! **State.** Taken in is all that decides what can happen next:
//! - of an actor that tells its whole state, that state, and, where it waits in a handler, which message it handles and
//!   what it was told since: with the state before the turn they decide the continuation. Of an actor that
//!   does not, and of a client, whose script's place, captures and skipped messages nobody else knows, the history stands in:
//!   it splits states that are one, and never merges two;
//! - its status, its call with the answer on its way, its channels and unanswered requests, the counters that its next ids
//!   come from, whether it is to stop;
//! - per lane what is under way, in order, by content: how many messages came before decides the names of events only;
//! - orders to stop that are under way, what a profile's own tasks are about to do, timers, the time (which an actor may read), the timers that may still come early;
//! - what the properties remember ([`Monitor::digest`](crate::property::Monitor::digest)).
//!
//! Left out is what decides nothing: ages and causes, places in the set of what is ready, counts of steps. A component is
//! taken at its word: its state is what it hands back, and one that hides more in its memory or globals is not merged
//! soundly.
//!
//! Both are 64-bit digests: among *n* states, two different ones fall together with a chance of about n²/2⁶⁵, 3·10⁻⁶ for ten
//! million.

use super::{Call, Handling, Participant, Role, State, Status, WaitsFor};
use crate::choice::Candidate;
use crate::digest::{Digest, mix};
use crate::event::{Event, Verb};
use crate::id::{ActorId, CallId, Time};
use crate::message_server::{Asker, Channels};

/// A digest of some more or less of one part of the state. Sums of these do not depend on the order of the parts.
fn part(place: u64, content: u64) -> u64 {
    mix(place ^ 0x7072_696e_7400_0000, content)
}

impl State {
    /// The fingerprint by history; `memory` is what the properties remember.
    pub fn history_print(&self, memory: u64) -> u64 {
        mix(mix(self.sum_of_shares().wrapping_add(self.pending()), self.surroundings()), memory)
    }

    /// The events that neither a lane nor a call stands for: orders to stop, and a profile's own. One of them may come to
    /// nothing, and then only its absence tells the state after it from the one before.
    fn pending(&self) -> u64 {
        let own =
            |event: &Event| !matches!(event.verb, Verb::Deliver | Verb::Answer | Verb::Fire | Verb::Expire);
        let all = self.ready.candidates().iter().map(Candidate::event).filter(own);
        all.fold(0u64, |sum, event| sum.wrapping_add(part(u64::MAX, event.word())))
    }

    /// The fingerprint by state; `memory` is what the properties remember, and `tells` says who tells its whole state.
    pub fn state_print(&self, memory: u64, tells: &[bool]) -> u64 {
        let mut sum = 0u64;
        for (place, participant) in self.participants.iter().enumerate() {
            let told = tells.get(place).copied().unwrap_or(false);
            sum = sum
                .wrapping_add(part(place as u64, participant.print(self.call(ActorId(place as u32)), told)));
        }
        for lane in self.lanes.iter().filter(|lane| lane.waiting() > 0) {
            let mut digest = Digest(u64::from(lane.waiting()));
            self.lanes.messages(lane).for_each(|envelope| digest.word(envelope.message.digest()));
            let ends = u64::from(lane.from.0) << 32 | u64::from(lane.to.0);
            sum = sum.wrapping_add(part(!ends, digest.0));
        }
        // What is in a profile's own queues follows from what has happened to them, and from the participants' words.
        for (place, history) in self.runtime.iter().enumerate() {
            sum = sum.wrapping_add(part(1 << 32 | place as u64, history.0));
        }
        sum = sum.wrapping_add(self.pending());
        mix(mix(sum, self.surroundings()), memory)
    }

    /// A fingerprint of the content alone, with a word for what each participant knows. Without `timed` it does not matter
    /// when timers are due.
    pub fn content_print(&self, words: &[u64], timed: bool) -> u64 {
        let mut sum = if timed { self.surroundings() } else { 0 };
        for (place, (participant, word)) in self.participants.iter().zip(words).enumerate() {
            let mut digest = Digest(*word);
            match self.call(ActorId(place as u32)) {
                Some(Call { id, answer: None, .. }) if !timed => digest.word(mix(7, call_word(*id))),
                call => participant.status.print(call, &mut digest),
            }
            print_channels(&participant.channels, &mut digest);
            digest.word(u64::from(participant.shutting_down));
            sum = sum.wrapping_add(part(place as u64, digest.0));
        }
        for lane in self.lanes.iter().filter(|lane| lane.waiting() > 0) {
            let mut digest = Digest(u64::from(lane.waiting()));
            self.lanes.messages(lane).for_each(|envelope| digest.word(envelope.message.digest()));
            let ends = u64::from(lane.from.0) << 32 | u64::from(lane.to.0);
            sum = sum.wrapping_add(part(!ends, digest.0));
        }
        for event in self.ready.candidates().iter().map(Candidate::event) {
            if matches!(event.verb, Verb::Stop | Verb::Terminate) {
                sum = sum.wrapping_add(part(u64::MAX, event.word()));
            }
        }
        sum
    }

    /// What belongs to nobody: the time, the timers, the budget.
    fn surroundings(&self) -> u64 {
        let mut digest = Digest(self.now.0);
        digest.word(u64::from(self.early_timers));
        let mut sum = 0u64;
        for (timers, sort) in [(&self.timers, 1), (&self.patience, 2), (&self.alarms, 3)] {
            for (at, _, event) in timers {
                sum = sum.wrapping_add(part(sort, mix(at.0, event.word())));
            }
        }
        digest.word(sum);
        digest.0
    }
}

impl Status {
    fn print(&self, call: Option<&Call>, digest: &mut Digest) {
        match (self, call) {
            (Status::Stopped(why), _) => digest.bytes(why.as_bytes()),
            (_, Some(call)) => call.print(digest),
            (_, None) => digest.word(1),
        }
    }
}

impl Participant {
    fn print(&self, call: Option<&Call>, tells: bool) -> u64 {
        let mut digest = Digest(self.role as u64);
        if tells && self.role == Role::Actor {
            digest.word(self.state.as_ref().map_or(0, |state| mix(1, Digest::of(state))));
            if let Some(handling) = &self.handling {
                handling.print(&mut digest);
            }
        } else {
            digest.word(self.history.0);
        }
        self.status.print(call, &mut digest);
        print_channels(&self.channels, &mut digest);
        digest.word(u64::from(self.calls) << 32 | u64::from(self.opened));
        digest.word(u64::from(self.stops) << 1 | u64::from(self.shutting_down));
        digest.word(self.receives_until.map_or(0, |Time(until)| mix(1, until)));
        digest.0
    }
}

impl Handling {
    fn print(&self, digest: &mut Digest) {
        digest.bytes(self.export.as_bytes());
        let (sort, asker, name) = match self.asker {
            Asker::Nobody => (0, 0, 0),
            Asker::Request(call, _) => (1, call_word(call), 0),
            Asker::Open(call, channel) => (2, call_word(call), channel.0),
        };
        [sort, asker, name, self.from.0.into(), self.digest, self.host_calls.into(), self.effect_bytes]
            .into_iter()
            .for_each(|word| digest.word(word));
        digest.word(self.told.0);
    }
}

impl Call {
    fn print(&self, digest: &mut Digest) {
        digest.word(2);
        digest.word(call_word(self.id));
        match &self.waits_for {
            WaitsFor::Reply(to) => digest.word(mix(1, to.0.into())),
            WaitsFor::Decision(to, data) => digest.word(mix(mix(2, to.0.into()), Digest::of(data))),
            WaitsFor::Time => digest.word(3),
            WaitsFor::Message => digest.word(4),
            WaitsFor::Runtime => digest.word(6),
        }
        if let Some((Time(at), Time(span))) = self.deadline {
            digest.word(mix(at, span) ^ u64::from(self.patient));
        }
        if let Some(answer) = &self.answer {
            let ActorId(from) = answer.from;
            digest.word(mix(5, from.into()));
            digest.word(answer.answer.digest());
        }
    }
}

fn call_word(call: CallId) -> u64 {
    u64::from(call.owner.0) << 32 | u64::from(call.number)
}

fn print_channels(channels: &Channels, digest: &mut Digest) {
    digest.word(channels.active_channels.print());
    for (_, call) in &channels.outstanding_requests {
        digest.word(call_word(*call));
    }
    digest.word(channels.outstanding_requests.len() as u64);
}
