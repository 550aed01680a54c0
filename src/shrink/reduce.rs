//! The scenario without what the smallest run does not need: client steps, clients, actors.
//!
//! A step goes when the schedule can be followed exactly without it, to the same broken property. So what is left out never took
//! effect in the schedule; a step that the failure could do without in another schedule stays.

use super::Shrunk;
use crate::choice::{Choice, Chooser, Draw};
use crate::chooser::{Recorded, Replay};
use crate::event::Event;
use crate::run::Keep;
use crate::scenario::{Loader, Scenario};
use crate::state::Clock;
use serde_json::Value;

/// A smaller scenario in which the same schedule breaks the same property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduced {
    /// The scenario file.
    pub text: String,
    /// The steps left out: the client, and which of its steps, from 1.
    pub steps: Vec<(String, Vec<usize>)>,
    /// The actors and clients left out altogether.
    pub participants: Vec<String>,
}

impl Reduced {
    /// Whether nothing could be left out.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.participants.is_empty()
    }

    /// What is left out, a line each.
    pub fn told(&self) -> Vec<String> {
        let gone = self.participants.iter().map(|name| format!("`{name}` takes no part"));
        let steps = self.steps.iter().map(|(client, steps)| {
            let word = if steps.len() == 1 { "step" } else { "steps" };
            format!("{word} {} of client `{client}` need not be there", spans(steps))
        });
        gone.chain(steps).collect()
    }
}

/// `1, 3 to 5`.
fn spans(numbers: &[usize]) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match spans.last_mut() {
            Some((_, end)) if *end + 1 == number => *end = number,
            _ => spans.push((number, number)),
        }
    }
    let told = spans.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a} to {b}") });
    told.collect::<Vec<_>>().join(", ")
}

/// A scenario file in hand, and the schedule that it must still admit.
pub struct Reducer<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Its text.
    pub text: &'a str,
    /// Where its actors come from.
    pub loader: &'a mut dyn Loader,
    /// The clock of the schedule.
    pub clock: Clock,
    /// The property that it breaks.
    pub property: &'a str,
    /// The schedule.
    pub shrunk: &'a Shrunk,
}

/// More attempts than this are not made, each of which reads the scenario and follows the schedule.
const MOST: u64 = 300;

/// Nor more than read so many bytes in all, but for a few.
const MOST_TEXT: u64 = 1 << 28;

/// These few.
const LEAST: u64 = 4;

impl Reducer<'_> {
    /// Leaves out what can be left out. Nothing, where the text is not this scenario's.
    pub fn reduce(&mut self) -> Option<Reduced> {
        let mut file: Value = serde_json::from_str(self.text).ok()?;
        let sensible = super::budget_for(self.shrunk.from.max(self.shrunk.steps)).min(MOST);
        let mut left = sensible.min(MOST_TEXT / self.text.len().max(1) as u64).max(LEAST);
        if !self.admits(&file, &mut left) {
            return None;
        }
        let mut reduced = Reduced { text: String::new(), steps: Vec::new(), participants: Vec::new() };
        self.drop_participants(&mut file, &mut reduced, &mut left);
        let clients: Vec<String> = keys(&file, "clients");
        for client in clients {
            let gone = self.drop_steps(&mut file, &client, &mut left);
            if !gone.is_empty() {
                reduced.steps.push((client, gone));
            }
        }
        reduced.text = format!("{file:#}\n");
        Some(reduced)
    }

    /// Whether the schedule breaks the property in this scenario too.
    fn admits(&mut self, file: &Value, left: &mut u64) -> bool {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        let Ok(smaller) = Scenario::parse(&file.to_string(), &self.scenario.path, self.loader) else {
            return false;
        };
        let Some(record) = self.translated(&smaller) else { return false };
        let mut simulation = smaller.simulation(Some(self.clock));
        let chooser = || -> Box<dyn Chooser> { Box::new(Replay::new(record.clone(), smaller.names())) };
        let outcome = simulation.run_towards(Some(self.property), Keep::default(), &chooser);
        outcome.verdict.breaks(self.property) && outcome.steps == self.shrunk.steps
    }

    /// The schedule among the participants of the smaller scenario.
    fn translated(&self, smaller: &Scenario) -> Option<Vec<Recorded>> {
        let names = self.scenario.setting.directory.names();
        let same: Vec<_> = names.iter().map(|name| smaller.setting.directory.find(name)).collect();
        let translate = |choice: &Choice| {
            Some(match choice {
                Choice::Next(event) => Choice::Next(Event {
                    from: same[event.from.index()]?,
                    to: same[event.to.index()]?,
                    ..*event
                }),
                Choice::Drew(draw, number) => {
                    Choice::Drew(Draw { actor: same[draw.actor.index()]?, ..*draw }, *number)
                }
            })
        };
        self.shrunk.choices.iter().map(|choice| translate(choice).map(Recorded::from)).collect()
    }

    /// Those that no event concerns: all of them if that will do, else each that can go.
    fn drop_participants(&mut self, file: &mut Value, reduced: &mut Reduced, left: &mut u64) {
        let names = self.scenario.setting.directory.names();
        let unneeded: Vec<String> = self.shrunk.unneeded.iter().map(|id| names[id.index()].clone()).collect();
        let mut size = unneeded.len();
        let mut known = unneeded;
        while size > 0 {
            let mut kept = Vec::new();
            for chunk in known.chunks(size) {
                let mut smaller = file.clone();
                for key in ["actors", "clients"] {
                    if let Some(all) = smaller.get_mut(key).and_then(Value::as_object_mut) {
                        all.retain(|name, _| !chunk.contains(name));
                    }
                }
                if self.admits(&smaller, left) {
                    *file = smaller;
                    reduced.participants.extend_from_slice(chunk);
                } else {
                    kept.extend_from_slice(chunk);
                }
            }
            known = kept;
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    /// Leaves out steps of one client: all, halves, ever fewer. Tells which.
    fn drop_steps(&mut self, file: &mut Value, client: &str, left: &mut u64) -> Vec<usize> {
        let Some(all) = file["clients"][client].as_array().cloned() else { return Vec::new() };
        let mut kept: Vec<usize> = (0..all.len()).collect();
        let mut size = kept.len();
        while size > 0 {
            let mut end = kept.len();
            while end > 0 {
                let start = end.saturating_sub(size);
                let rest: Vec<usize> = kept[..start].iter().chain(&kept[end..]).copied().collect();
                let mut smaller = file.clone();
                smaller["clients"][client] = rest.iter().map(|&step| all[step].clone()).collect();
                if self.admits(&smaller, left) {
                    *file = smaller;
                    kept = rest;
                }
                end = start;
            }
            size = (size / 2).min(kept.len());
        }
        (0..all.len()).filter(|step| !kept.contains(step)).map(|step| step + 1).collect()
    }
}

fn keys(file: &Value, key: &str) -> Vec<String> {
    let all = file.get(key).and_then(Value::as_object);
    all.map(|all| all.keys().cloned().collect()).unwrap_or_default()
}
