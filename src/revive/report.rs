//! What came of driving an actor from its chain, for people and for programs.

use crate::call::HostCall;
use crate::chain::{EventHash, Generation};
use crate::revive::HostMove;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Where an actor did something else than its chain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainDivergence {
    /// The event's place in the chain, from 0.
    pub event: usize,
    /// Which call, from 1, and of what; none outside of any call.
    pub call: Option<(usize, String)>,
    /// What the record says, and its hash.
    pub recorded: (String, Option<EventHash>),
    /// What the actor did, and the hash that this would have.
    pub made: (String, Option<EventHash>),
    /// Why, as far as it is known.
    pub notes: Vec<String>,
    /// What was made and what is recorded, piece by piece, where both say the same of something else.
    pub apart: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Something that the chain does not hold, and what was taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inferred {
    /// The call in which it was wanted, from 1.
    pub call: usize,
    /// What was wanted.
    pub what: String,
    /// What was taken.
    pub taken: String,
    /// Whether the record bears it out: another answer would have given another record.
    pub borne_out: bool,
}

/// What replaying a chain found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The chain.
    pub name: String,
    /// Which Theater wrote it.
    pub generation: Generation,
    /// How many events it has.
    pub events: usize,
    /// The calls of exports that were made again.
    pub calls: usize,
    /// Events that the actor made again with the recorded hash.
    pub matched: usize,
    /// Events that say the same in other words: their hashes could not be compared.
    pub by_meaning: usize,
    /// Events of the runtime itself, whose form alone is checked.
    pub own: usize,
    /// Traps: their kind is compared, their text is the record's.
    pub traps: usize,
    /// Host calls that the chain does not hold, by function.
    pub unrecorded: BTreeMap<String, usize>,
    /// What was taken for what the chain does not hold.
    pub inferred: Vec<Inferred>,
    /// What was carried over unchecked.
    pub carried: Vec<String>,
    /// The call in which the chain ends, if it does.
    pub ends_inside: Option<(usize, String)>,
    /// Whether the runtime stopped the actor.
    pub stopped: bool,
    /// The state that the first call was given, as given or as found; none for no state.
    pub state: Option<Vec<u8>>,
    /// The address that the actor was given, where its chain does not tell it.
    pub address: Option<String>,
    /// What does not hold in the chain itself: then the actor was not driven.
    pub unsound: Option<String>,
    /// How the first call failed, where it was carried over: the state that it was given would tell why.
    pub init_failed: Option<String>,
    /// The host calls that the actor made, call of an export by call of an export: as many as are recorded, and were compared.
    pub script: Vec<Vec<HostMove>>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    /// Whether a call, or a try of one, ended when its fuel was used up.
    pub out_of_fuel: bool,
    /// Where the actor did something else.
    pub divergence: Option<ChainDivergence>,
}

impl Report {
    /// Whether the actor did what its chain says.
    pub fn holds(&self) -> bool {
        self.divergence.is_none()
    }

    /// The messaging calls that the actor made, in order.
    pub fn sent(&self) -> impl Iterator<Item = &HostCall> {
        let messaging = |made: &&HostMove| made.call.name().starts_with(crate::chain::MESSAGING);
        self.script.iter().flatten().filter(messaging).map(|made| &made.call)
    }

    /// For people. `again` is the command that shows it once more.
    pub fn human(&self, again: &str) -> String {
        let mut out = String::new();
        if let Some(told) = &self.unsound {
            return unsound(&self.name, told);
        }
        if let Some(found) = &self.divergence {
            self.diverged(&mut out, found);
        } else {
            let events = plural(self.events, "event");
            let calls = plural(self.calls, "call");
            let _ =
                writeln!(out, "{}: holds: {events} of generation {}, {calls}", self.name, self.generation);
        }
        let counted = [
            (self.matched, "made again with the recorded hash"),
            (self.by_meaning, "of the same meaning in other words, their hashes not comparable"),
            (self.own, "of the runtime itself, matched by form"),
            (self.traps, "traps, of the recorded kind, their text carried over"),
        ];
        for (count, what) in counted.iter().filter(|(count, _)| *count > 0) {
            let _ = writeln!(out, "{count:8}  {what}");
        }
        for note in self.told() {
            let _ = writeln!(out, "note: {note}");
        }
        if !self.holds() {
            let _ = writeln!(out, "help: to reproduce\n    {again}");
        }
        out
    }

    fn diverged(&self, out: &mut String, found: &ChainDivergence) {
        let at = match &found.call {
            Some((call, export)) => format!(", call {call} of {export}"),
            None => String::new(),
        };
        let _ = writeln!(out, "error: the actor diverged from its chain at event {}{at}", found.event);
        let _ = writeln!(out, "  --> {}", self.name);
        let hash =
            |hash: &Option<EventHash>| hash.as_ref().map_or(String::new(), |h| format!("  @{}", h.short()));
        let _ = writeln!(out, "  chain says     {}{}", found.recorded.0, hash(&found.recorded.1));
        let _ = writeln!(out, "  actor did      {}{}", found.made.0, hash(&found.made.1));
        for note in &found.notes {
            let _ = writeln!(out, "note: {note}");
        }
    }

    /// The notes: what was inferred, carried over, and where the chain ends.
    fn told(&self) -> Vec<String> {
        const MOST: usize = 12;
        let mut told = Vec::new();
        if !self.unrecorded.is_empty() {
            let list: Vec<String> =
                self.unrecorded.iter().map(|(function, count)| format!("{count} of {function}")).collect();
            told.push(format!("the chain does not hold these host calls: {}", list.join(", ")));
        }
        for borne_out in [true, false] {
            let some: Vec<&Inferred> =
                self.inferred.iter().filter(|one| one.borne_out == borne_out).collect();
            for one in some.iter().take(MOST) {
                let why = if borne_out {
                    "inferred from what follows"
                } else {
                    "not checked: nothing follows from it"
                };
                told.push(format!("call {}: {} -> {}, {why}", one.call, one.what, one.taken));
            }
            if some.len() > MOST {
                let what = if borne_out { "inferred" } else { "not checked" };
                told.push(format!("and {} more {what}", some.len() - MOST));
            }
        }
        told.extend(self.carried.iter().take(MOST).cloned());
        if self.carried.len() > MOST {
            told.push(format!("and {} more carried over", self.carried.len() - MOST));
        }
        if let Some((call, export)) = &self.ends_inside {
            told.push(format!("the chain ends inside call {call} of {export}, which was followed so far"));
        }
        if self.stopped {
            told.push("the runtime stopped the actor".to_owned());
        }
        told.extend(self.notes.iter().cloned());
        told
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let side = |(text, hash): &(String, Option<EventHash>)| json!({"event": text, "hash": hash.as_ref().map(ToString::to_string)});
        let divergence = self.divergence.as_ref().map(|found| {
            json!({
                "event": found.event,
                "call": found.call.as_ref().map(|(call, _)| call),
                "export": found.call.as_ref().map(|(_, export)| export),
                "recorded": side(&found.recorded),
                "made": side(&found.made),
                "notes": found.notes,
            })
        });
        let inferred: Vec<Value> = self.inferred.iter().map(|one| {
            json!({"call": one.call, "what": one.what, "taken": one.taken, "borne_out": one.borne_out})
        }).collect();
        json!({
            "outcome": if self.holds() { "held" } else { "diverged" },
            "chain": self.name,
            "generation": self.generation.to_string(),
            "events": self.events,
            "calls": self.calls,
            "matched": self.matched,
            "by_meaning": self.by_meaning,
            "own": self.own,
            "traps": self.traps,
            "unrecorded": self.unrecorded,
            "inferred": inferred,
            "carried": self.carried,
            "ends_inside": self.ends_inside.as_ref().map(|(call, _)| call),
            "stopped": self.stopped,
            "notes": self.notes,
            "divergence": divergence,
        })
    }
}

/// A chain that does not hold, for people.
pub fn unsound(name: &str, told: &str) -> String {
    format!(
        "error: the chain itself does not hold: {told}\n  --> {name}\nhelp: to check all of it\n    rehearsal chain verify {name}\n"
    )
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
