//! Timers that go off whenever it is wanted: for finding out when they did.

use super::*;

impl State {
    /// Opens the question with every timer among the events, whichever is due first. A profile's own timers come where
    /// nothing else but timers is left.
    pub fn offer_at_will(&mut self) -> bool {
        self.early_timers = u32::MAX;
        let quiet = self.ready.is_empty();
        let first = self.alarms.first().map(|(at, ..)| *at).filter(|_| quiet);
        self.offer_timers(|_| true, true);
        let due = first.unwrap_or(self.now).max(self.now);
        for (_, age, event) in self.alarms.iter().take_while(|(at, ..)| *at <= due) {
            self.ready.offer_timer(*event, *age);
        }
        !self.ready.is_empty()
    }

    /// Closes the question again without an answer.
    pub fn withdraw_offer(&mut self) {
        self.ready.withdraw_timers();
    }
}
