//! The state that the first call of a chain was given, which no chain holds: what explains the record is looked for.

use super::candidate_answers::{Around, less};
use super::infer_answers::{self, Trial, Tried};
use super::player::Player;
use super::recorded_input::input;
use crate::chain::Decoded;
use crate::payload::Payload;
use crate::revive::wording::shortened;

/// What the first call is tried with: a state, or none.
type Given = Option<Vec<u8>>;

/// The try that went farthest.
#[derive(Default)]
struct Nearest {
    state: Given,
    /// The event at which it was another.
    reached: usize,
    /// Whether all but the state that the call left was as recorded.
    all_but_state: bool,
}

impl Player<'_> {
    /// Finds the state that the first call was given, which no chain holds; `false` if the call was carried over, or
    /// cannot be made.
    pub(super) fn begin(&mut self, place: usize, trial: &mut Trial) -> bool {
        if let Some(state) = &self.options.state {
            self.set(trial, Some(state.clone()));
            return true;
        }
        let end = self.record.end_of(place);
        let left = end.and_then(|end| match &self.record.entries[end].said {
            Decoded::Returned { state, .. } => state.clone(),
            _ => None,
        });
        let states = self.states_to_try(place, left.as_deref());
        let nearest = match self.try_states(place, trial, states, left.is_some()) {
            Ok(state) => {
                let shown =
                    state.map_or("no state".to_owned(), |state| String::from_utf8_lossy(&state).into_owned());
                self.report.notes.push(format!(
                    "the state that call 1 was given is in no chain; this explains it: {}",
                    shortened(&shown)
                ));
                return true;
            }
            Err(nearest) => nearest,
        };
        self.set(trial, nearest.state.clone());
        match end.filter(|end| nearest.reached >= *end && self.may_carry(*end, nearest.all_but_state)) {
            Some(end) => {
                self.carry_over(end, left);
                false
            }
            None => {
                self.report.notes.push(
                    "the state that call 1 was given is in no chain, and none that was tried explains it: `--state TEXT` gives it".to_owned(),
                );
                true
            }
        }
    }

    /// What the first call may have been given, the likeliest first; `left` is what it left, where it went well.
    fn states_to_try(&self, place: usize, left: Option<&[u8]>) -> Vec<Given> {
        let given = |state: &[u8]| Some(state.to_vec());
        let mut states = vec![None, given(b"null")];
        states.extend(left.map(given));
        states.extend([given(b"{}"), given(b"\"\""), given(b"")]);
        states.extend(left.into_iter().flat_map(less).map(Some));
        if left.is_none() {
            // A call that failed leaves the state as it was: what a later one made of it may still show it.
            let later = self.record.entries[place..].iter().find_map(|entry| match &entry.said {
                Decoded::Returned { state: Some(state), .. } => Some(state.as_slice()),
                _ => None,
            });
            states.extend(later.map(given));
            states.extend(later.into_iter().flat_map(less).map(Some));
        }
        states
    }

    /// The first of these that explains the first call, else the one that went farthest.
    fn try_states(
        &mut self,
        place: usize,
        trial: &mut Trial,
        states: Vec<Given>,
        went_well: bool,
    ) -> Result<Given, Nearest> {
        let around = Around::new(self.record, place, &self.options.peers, self.options.profile);
        let mut best = None;
        let mut nearest = Nearest::default();
        for state in states {
            self.set(trial, state.clone());
            let tried = infer_answers::search(trial, self.factory, &around);
            self.report.out_of_fuel |= tried.out_of_fuel;
            if tried.agrees && (went_well || self.goes_on(&tried)) {
                return Ok(state);
            }
            if best.is_none_or(|score| tried.score > score) {
                best = Some(tried.score);
                let (reached, all_but_state) = (tried.score.0, tried.all_but_state);
                nearest = Nearest { state, reached, all_but_state };
            }
        }
        Err(nearest)
    }

    /// Whether the call after a first one that failed is explained too: it has the state that the first one was given.
    fn goes_on(&self, tried: &Tried) -> bool {
        let mut before = tried.host.clone();
        let Some(place) = before.next() else { return true };
        let Decoded::Call { export, params } = &self.record.entries[place].said else { return true };
        let Some(input) = input(export, params) else { return true };
        before.carry(place);
        before.asked.clear();
        let trial = Trial { before, export: export.to_owned(), input };
        let around = Around::new(self.record, place, &self.options.peers, self.options.profile);
        infer_answers::search(&trial, self.factory, &around).agrees
    }

    fn set(&mut self, trial: &mut Trial, state: Option<Vec<u8>>) {
        self.report.state.clone_from(&state);
        let state = state.map(Payload::from);
        trial.before.state.clone_from(&state);
        self.host.state = state;
    }

    /// Whether what is recorded of the first call can be blamed on the state that it was given and the chain does not hold:
    /// it failed, or all but the state that it left is as recorded.
    fn may_carry(&self, end: usize, but_state: bool) -> bool {
        match &self.record.entries[end].said {
            Decoded::Failed { export, .. } => export.ends_with(".init"),
            Decoded::Returned { export, .. } => but_state && export.ends_with(".init"),
            _ => false,
        }
    }

    /// Takes the first call as it is recorded.
    fn carry_over(&mut self, end: usize, state: Option<Vec<u8>>) {
        while let Some(place) = self.host.next().filter(|place| *place <= end) {
            self.host.at = place + 1;
        }
        let failed = match &self.record.entries[end].said {
            Decoded::Failed { message, .. } => Some(message.clone()),
            _ => None,
        };
        if failed.is_none() {
            self.host.state = state.map(Payload::from);
        }
        self.report.init_failed = failed;
        self.report.script.push(Vec::new());
        self.report.carried.push(
            "call 1 was carried over: the state that it was given is not in a chain, and none that was tried explains it; `--state TEXT` gives it".to_owned(),
        );
    }
}
