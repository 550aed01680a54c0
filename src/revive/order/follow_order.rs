//! An order that was found, followed in a real run, and written into a draft.

use super::search::OrderFound;
use crate::choice::{Chooser, Draw, Halt, Offered};
use crate::event::{Event, Verb};
use crate::id::Time;
use crate::revive::draft::ClientRole;
use crate::scenario::{Duration, ScenarioFile};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Follows an order; what cannot be had is passed over.
pub struct FollowedOrder {
    events: VecDeque<Event>,
    drawn: VecDeque<u64>,
    missed: Missed,
}

/// The first event that could not be had, if any.
#[derive(Clone, Default)]
pub struct Missed(Arc<Mutex<Option<Event>>>);

impl Missed {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

impl FollowedOrder {
    /// Follows what was found.
    pub fn new(found: &OrderFound) -> FollowedOrder {
        let events = found.path.iter().map(|(event, _)| *event).collect();
        FollowedOrder { events, drawn: found.drawn.iter().copied().collect(), missed: Missed::default() }
    }

    /// Where to look afterwards for what could not be had.
    pub fn missed(&self) -> Missed {
        self.missed.clone()
    }
}

impl Chooser for FollowedOrder {
    fn next(&mut self, offered: &Offered<'_>) -> Result<usize, Halt> {
        while let Some(event) = self.events.pop_front() {
            if let Some(place) = offered.position(event) {
                return Ok(place);
            }
            self.missed.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(event);
        }
        Err(Halt::Enough)
    }

    fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
        Ok(self.drawn.pop_front().unwrap_or(0))
    }
}

/// Makes the waits of a draft's clients end when the order has them end.
pub fn set_waits(draft: &mut ScenarioFile, names: &[String], path: &[(Event, Time)]) {
    let mut ends: BTreeMap<&str, VecDeque<Time>> = BTreeMap::new();
    let mut since: BTreeMap<&str, Time> = BTreeMap::new();
    for (event, at) in path {
        let name = names.get(event.to.index()).map_or("", String::as_str);
        let before = since.insert(name, *at).unwrap_or(Time::ZERO);
        if event.verb == Verb::Fire {
            ends.entry(name).or_default().push_back(Time(at.0 - before.0));
        }
    }
    // Who might have stopped somebody, and did not, is nobody.
    while let Some((name, _)) = draft.clients.0.last() {
        let stops = ClientRole::told_by(name) == Some(ClientRole::MayStop);
        if !stops || ends.contains_key(name.as_str()) {
            break;
        }
        draft.clients.0.pop();
    }
    let last = path.last().map_or(Time::ZERO, |(_, at)| *at);
    let mut waits = 0;
    for (name, steps) in &mut draft.clients.0 {
        let mut ends = ends.remove(name.as_str()).unwrap_or_default();
        for wait in steps.iter_mut().filter_map(|step| step.wait.as_mut()) {
            waits += 1;
            // What never came in this order comes after it.
            *wait = Duration(ends.pop_front().unwrap_or(last.after(Time::from_millis(1))));
        }
    }
    draft.early_timers = Some(waits);
}
