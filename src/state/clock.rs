//! Virtual time: which timers may go off, and when time goes on.

use super::*;
use std::cmp::Reverse;

impl State {
    /// Opens the question of what happens next: time goes on where nothing can happen now, and the timers
    /// that may go off are put behind the events. Nothing is left when the answer is `false`.
    #[inline]
    pub fn offer(&mut self) -> bool {
        let no_timer = self.alarms.is_empty() && (self.timers.is_empty() || self.early_timers == 0);
        if self.clock == Clock::Loose && no_timer {
            if !self.ready.is_empty() {
                return true;
            }
            // The end of most runs.
            if self.timers.is_empty() && self.patience.is_empty() {
                return false;
            }
        }
        self.offer_timed()
    }

    /// The long way of [`offer`](State::offer). Behind the ready events are put, in this order and each sort by its time and then
    /// its age:
    /// - timers that are due: under the strict clock all whose time has come; under the loose one those of the earliest time,
    ///   where nothing else can happen, or, within the budget of early timers, beside what can;
    /// - those of tests' patience, by the same rule, but never early;
    /// - a profile's alarms whose time has come, beside whatever else can happen, under either clock: the runtime that sets one
    ///   does not put it off because it has other work. Under the loose clock their time has come when some timer that went off
    ///   brought the time there, or when nothing else is left and no timer is earlier. They spend nothing of the budget.
    fn offer_timed(&mut self) -> bool {
        let mut due = self.now;
        if self.clock == Clock::Strict {
            self.settle_time();
            let now = self.now;
            due = now;
            self.offer_timers(|at| at <= now, true);
        } else if self.ready.is_empty() {
            let first = self.first_timer();
            due = first.unwrap_or(due);
            self.offer_timers(|at| Some(at) == first, true);
        } else if self.early_timers > 0 {
            let first = self.timers.first().map(|(at, ..)| *at);
            self.offer_timers(|at| Some(at) == first, false);
        }
        for (_, age, event) in self.alarms.iter().take_while(|(at, ..)| *at <= due) {
            self.ready.offer_timer(*event, *age);
        }
        !self.ready.is_empty()
    }

    fn first_timer(&self) -> Option<Time> {
        self.timers
            .first()
            .into_iter()
            .chain(self.patience.first())
            .chain(self.alarms.first())
            .map(|(at, ..)| *at)
            .min()
    }

    pub(super) fn offer_timers(&mut self, due: impl Fn(Time) -> bool, patience_too: bool) {
        let patience = self.patience.iter().filter(|_| patience_too).take_while(|(at, ..)| due(*at));
        for (_, age, event) in self.timers.iter().take_while(|(at, ..)| due(*at)).chain(patience) {
            self.ready.offer_timer(*event, *age);
        }
    }

    /// Under the strict clock: lets what has arrived be ready, and goes to the next point in time at which
    /// anything is.
    fn settle_time(&mut self) {
        while self.clock == Clock::Strict {
            while let Some(Reverse((at, _, event, slot))) = self.arrivals.peek().copied() {
                if at > self.now {
                    break;
                }
                self.arrivals.pop();
                match event.verb {
                    Verb::Deliver => self.lane_ready(slot),
                    _ => self.answer_ready(event),
                }
            }
            let due = self.first_timer();
            if !self.ready.is_empty() || due.is_some_and(|at| at <= self.now) {
                return;
            }
            let next = self.arrivals.peek().map(|Reverse((at, ..))| *at);
            match next.into_iter().chain(due).min() {
                Some(at) => self.now = at,
                None => return,
            }
        }
    }

    /// What a step brings with it by its verb alone: what caused it, and the time. `early` says whether something else
    /// could have happened than a timer.
    pub(super) fn set_out(&mut self, event: Event, early: bool) {
        let call = self.call(event.to);
        match event.verb {
            Verb::Answer => {
                let answer = call.and_then(|call| call.answer.as_ref());
                self.cause = answer.map_or(self.cause, |answer| answer.cause);
            }
            Verb::Fire => {
                let at = call.and_then(|call| call.deadline).map_or(Time::ZERO, |(at, _)| at);
                self.cause = call.map_or(self.cause, |call| call.since);
                self.early_timers -= u32::from(early && self.clock == Clock::Loose);
                self.now = self.now.max(at);
                self.touch(Resource::Clock, true);
            }
            Verb::Expire => {
                let found = self.alarms.iter().find(|(.., set)| *set == event);
                self.now = self.now.max(found.map_or(Time::ZERO, |(at, ..)| *at));
                self.touch(Resource::Clock, true);
            }
            // One that comes in the middle of a handler changes nothing else at once.
            Verb::Stop | Verb::Terminate => self.learn(event.to, event.word()),
            _ => {}
        }
    }
}
