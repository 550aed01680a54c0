//! How events become ready, and cease to be.

use super::lane::HeadTaken;
use super::*;
use crate::call::{HostAnswer, Within};
use crate::choice::Choices;
use crate::id::CallId;
use std::cmp::Reverse;

/// When a lane's head, or an answer, arrives (strict clock). The heap gives the earliest first.
pub(super) type Arrival = Reverse<(Time, u64, Event, u32)>;

/// The place of an event that neither a lane nor a call remembers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    place: u32,
    cause: u64,
}

/// The door did not answer: the run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halted;

impl State {
    /// Makes a lane's head ready, if it has arrived and its receiver takes messages.
    #[inline]
    pub(super) fn lane_ready(&mut self, slot: u32) {
        let lane = &self.lanes.lanes[slot as usize];
        // Not what it is at this moment: in the middle of a turn it is neither open nor closed, and the turn's end decides.
        if lane.place != NOWHERE || !self.participants[lane.to.index()].open {
            return;
        }
        if let Some(head) = self.lanes.head(lane)
            && head.arrival <= self.now
        {
            let place = self.ready.add(lane.delivery(), head.age, slot);
            self.lanes.lanes[slot as usize].place = place;
        }
    }

    /// Takes the head of a lane out; the next one is ready, or will arrive.
    #[inline(always)]
    pub fn take_head(&mut self, slot: u32) -> Option<Envelope> {
        let (envelope, head) = self.lanes.take(slot)?;
        self.head_taken(slot, head);
        Some(envelope)
    }

    /// What follows from the head of a lane having been taken out.
    #[inline(always)]
    pub(crate) fn head_taken(&mut self, slot: u32, head: HeadTaken) {
        self.cause = head.cause;
        self.under_way = self.under_way.wrapping_sub(1);
        self.unready(head.place);
        if head.more {
            self.next_head(slot);
        }
    }

    /// A lane has a new head: it is ready, or will arrive.
    fn next_head(&mut self, slot: u32) {
        let lane = &self.lanes.lanes[slot as usize];
        let Some(head) = self.lanes.head(lane) else { return };
        if head.arrival > self.now {
            self.arrivals.push(Reverse((head.arrival, head.age, lane.delivery(), slot)));
        } else {
            self.lane_ready(slot);
        }
    }

    /// Removes what is at `place`, and tells the owner of what moved there.
    #[inline(always)]
    fn unready(&mut self, place: u32) {
        if place == NOWHERE {
            return;
        }
        if let Some(candidate) = self.ready.remove(place) {
            let (moved, slot) = (candidate.event(), candidate.slot);
            match moved.verb {
                Verb::Deliver => self.lanes.lanes[slot as usize].place = place,
                Verb::Answer => {
                    let call = self.call_mut(moved.to);
                    if let Some(answer) = call.and_then(|call| call.answer.as_mut()) {
                        answer.place = place;
                    }
                }
                _ => self.tokens[slot as usize].place = place,
            }
        }
    }

    /// Adds an event that is neither a lane's head nor an answer; gives the token to take it out with.
    pub fn offer_token(&mut self, event: Event) -> u32 {
        let age = self.tick();
        let cause = self.step;
        // Places are used again: a state is as large as what is under way, however long the run was.
        let token = self.free_tokens.pop().unwrap_or(self.tokens.len() as u32);
        let place = self.ready.add(event, age, token);
        match self.tokens.get_mut(token as usize) {
            Some(held) => *held = Token { place, cause },
            None => self.tokens.push(Token { place, cause }),
        }
        token
    }

    /// Takes an event out that was added with [`offer_token`](State::offer_token).
    pub fn take_token(&mut self, token: u32) {
        if let Some(held) = self.tokens.get_mut(token as usize).filter(|held| held.place != NOWHERE) {
            let place = std::mem::replace(&mut held.place, NOWHERE);
            self.cause = held.cause;
            self.free_tokens.push(token);
            self.unready(place);
        }
    }

    /// Takes back an event that was offered with [`offer_token`](State::offer_token) and did not happen.
    pub fn withdraw_token(&mut self, token: u32) {
        let cause = self.cause;
        self.take_token(token);
        self.cause = cause;
    }

    /// What a call waits for has changed: its way led on.
    pub fn now_waits_for(&mut self, id: CallId, waits_for: WaitsFor) {
        if let Some(call) = self.call_mut(id.owner).filter(|call| call.id == id) {
            call.waits_for = waits_for;
        }
    }

    /// Sets a timer of the profile's own; gives what to take it back with. It goes off when nothing else can
    /// happen, and from its time on beside what else can.
    pub fn set_alarm(&mut self, event: Event, span: Time) -> (Time, u64) {
        let (at, age) = (self.now.after(span), self.tick());
        self.touch(Resource::Clock, false);
        self.alarms.insert((at, age, event));
        (at, age)
    }

    /// Takes a timer back.
    pub fn end_alarm(&mut self, event: Event, (at, age): (Time, u64)) {
        self.alarms.remove(&(at, age, event));
    }

    /// Makes the messages to a participant ready, or not, where its status changed.
    #[inline]
    pub fn gate(&mut self, to: ActorId) {
        let open = self.takes_messages(to);
        if std::mem::replace(&mut self.participants[to.index()].open, open) != open {
            self.gate_lanes(to, open);
        }
    }

    fn gate_lanes(&mut self, to: ActorId, open: bool) {
        for i in 0..self.lanes.incoming(to).len() {
            let slot = self.lanes.incoming(to)[i];
            if open {
                self.lane_ready(slot);
            } else {
                let place = std::mem::replace(&mut self.lanes.lanes[slot as usize].place, NOWHERE);
                self.unready(place);
            }
        }
    }

    /// Makes a participant wait in a new call, for at most `within`.
    pub fn wait(&mut self, owner: ActorId, waits_for: WaitsFor, within: Option<Within>) -> CallId {
        let age = self.tick();
        let participant = &mut self.participants[owner.index()];
        participant.calls += 1;
        let id = CallId { owner, number: participant.calls };
        let deadline = within.map(|within| (self.now.after(within.span), within.span));
        let patient = within.is_some_and(|within| within.patient);
        let call = Call { id, waits_for, deadline, patient, answer: None, since: self.step, age };
        self.calls.begin(participant, call);
        if let Some((at, _)) = deadline {
            self.touch(Resource::Clock, false);
            self.see_deadline(at, patient);
            let timers = if patient { &mut self.patience } else { &mut self.timers };
            timers.insert((at, age, Event::new(Verb::Fire, owner, owner, id.number)));
        }
        id
    }

    /// Puts an answer on its way to the call's owner; whether anybody waits for it. One that nobody waits for any more is a
    /// line of the trace.
    ///
    /// # Errors
    /// When the door is closed.
    pub fn answer(
        &mut self,
        choices: &mut Choices,
        from: ActorId,
        id: CallId,
        answer: HostAnswer,
    ) -> Result<bool, Halted> {
        let arrival = self.transit(choices, from, id.owner)?;
        Ok(self.answer_at(from, id, answer, arrival))
    }

    /// Answers a call within one process: it takes no time. Whether anybody waits for it.
    pub fn answer_now(&mut self, from: ActorId, id: CallId, answer: HostAnswer) -> bool {
        self.answer_at(from, id, answer, self.now)
    }

    fn answer_at(&mut self, from: ActorId, id: CallId, answer: HostAnswer, arrival: Time) -> bool {
        let age = self.tick();
        let (now, cause) = (self.now, self.step);
        let waiting = self.call_mut(id.owner);
        let Some(call) = waiting.filter(|call| call.id == id && call.answer.is_none()) else {
            let directory = &self.setting.directory;
            let (from, to) = (directory.name(from), directory.name(id.owner));
            self.record.note(cause, || format!("late {from} -> {to} #{}: nobody waits for it", id.number));
            return false;
        };
        call.answer = Some(Answer { answer, from, arrival, age, cause, place: NOWHERE });
        let event = Event::new(Verb::Answer, from, id.owner, id.number);
        if arrival > now {
            self.arrivals.push(Reverse((arrival, age, event, 0)));
        } else {
            self.answer_ready(event);
        }
        true
    }

    pub(super) fn answer_ready(&mut self, event: Event) {
        let waiting = self.calls.of(&self.participants, event.to);
        let Some(call) = waiting.filter(|call| call.id.number == event.number) else { return };
        if let Some(answer) = call.answer.as_mut().filter(|answer| answer.place == NOWHERE) {
            answer.place = self.ready.add(event, answer.age, 0);
        }
    }

    /// Ends the call that a participant waits in, with its timer and its answer, if there is one. What is in it may be taken out.
    #[inline]
    pub fn end_call(&mut self, owner: ActorId) -> Option<&mut Call> {
        let call = self.call(owner)?;
        let (deadline, patient, age, number) = (call.deadline, call.patient, call.age, call.id.number);
        let place = call.answer.as_ref().map_or(NOWHERE, |answer| answer.place);
        if let Some((at, _)) = deadline {
            self.touch(Resource::Clock, false);
            self.see_deadline(at, patient);
            let timers = if patient { &mut self.patience } else { &mut self.timers };
            timers.remove(&(at, age, Event::new(Verb::Fire, owner, owner, number)));
        }
        self.unready(place);
        self.calls.end(&mut self.participants[owner.index()], owner)
    }

    /// Closes the question with the answer at `index`: the step begins. Gives the event, and where its lane or token is.
    #[inline(always)]
    pub fn choose(&mut self, index: usize) -> Option<(Event, u32)> {
        let candidate = self.ready.candidates().get(index)?;
        let (event, slot) = (candidate.event(), candidate.slot);
        let early = self.ready.len() > self.ready.timers();
        self.ready.withdraw_timers();
        self.step = self.step.wrapping_add(1);
        if self.watching {
            self.was_open = self.takes_messages(event.to);
            self.footprint.clear();
            self.touch(Resource::Actor(event.to), true);
            // Whatever the step does, a property that looks at this state sees it after the step.
            self.see(|watched| watched.states.contains(&event.to));
        }
        // The most of all steps are deliveries, and those change nothing yet.
        if event.verb != Verb::Deliver {
            self.set_out(event, early);
        }
        if self.now != self.noted {
            self.noted = self.now;
            self.record.note(self.step, || format!("at {}", self.now));
        }
        Some((event, slot))
    }
}
