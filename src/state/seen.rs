//! What properties see of a step, and what the record keeps of it.

use super::{ActorId, Observation, ReplySeen, Resource, State, Time, Watched, record};
use crate::call::HostAnswer;
use crate::payload::Payload;

impl State {
    /// Notes a log line: an observation, where it is one.
    pub fn log(&mut self, actor: ActorId, text: &str) {
        let step = self.step;
        if let Some((key, value)) = record::observation(text) {
            self.see_key(key);
            let key = key.to_owned();
            self.record.observations.push(Observation { step, actor, key, value });
            self.record.changes += 1;
        }
        let name = self.setting.directory.name(actor);
        self.record.note(step, || format!("log {name}: {}", text.escape_debug()));
    }

    fn see_key(&mut self, key: &str) {
        if !self.watching {
            return;
        }
        for (place, watched) in self.setting.watched.iter().enumerate() {
            if watched.keys.iter().any(|known| known == key) {
                self.footprint.touch(Resource::Property(place as u32), true);
            }
        }
    }

    /// Notes that a participant's state changed, for the properties that look at it.
    #[inline(always)]
    pub fn see_state(&mut self, actor: ActorId) {
        self.record.states = self.record.states.wrapping_add(1);
        self.see(|watched| watched.states.contains(&actor));
    }

    /// Takes over what a native actor shows of its state, which it may do in the middle of a handler, too.
    pub fn show(&mut self, actor: ActorId, shown: Payload) {
        self.participants[actor.index()].state = Some(shown);
        self.see_state(actor);
    }

    /// Notes that a client was told something, for the properties that look at it.
    pub fn see_reply(&mut self, client: ActorId, from: Option<ActorId>, answer: &HostAnswer) {
        self.record.replies.push(ReplySeen { step: self.step, client, from, answer: answer.clone() });
        self.record.changes += 1;
        self.see(|watched| watched.replies.contains(&client));
    }

    /// Notes that a participant took a step, for the properties that look at it: its status, its channels and, in the
    /// middle of a handler, what a native actor shows may have changed.
    pub fn see_step(&mut self, actor: ActorId) {
        self.see(|watched| watched.states.contains(&actor));
    }

    #[inline(always)]
    pub(super) fn see(&mut self, looks: impl Fn(&Watched) -> bool) {
        if self.watching && !self.setting.watched.is_empty() {
            self.see_watched(looks);
        }
    }

    #[inline(never)]
    fn see_watched(&mut self, looks: impl Fn(&Watched) -> bool) {
        for (place, watched) in self.setting.watched.iter().enumerate() {
            if looks(watched) {
                self.footprint.touch(Resource::Property(place as u32), true);
            }
        }
    }

    /// Notes that a timer was set or taken back, where it matters which of several is the first.
    pub(super) fn see_deadline(&mut self, at: Time, patient: bool) {
        if self.watching && !patient && self.early_timers > 0 {
            self.footprint.deadlines.push(at);
        }
    }

    /// Notes a message that was dropped.
    pub fn lose(&mut self, why: impl FnOnce() -> String) {
        self.record.lost += 1;
        self.record.changes += 1;
        self.record.note(self.step, why);
    }
}
