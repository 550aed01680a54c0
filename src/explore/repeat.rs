//! The determinism check: the same answers once more must lead to the same steps.

use crate::choice::{Choice, Halt};
use crate::chooser::{Recorded, Replay};
use crate::run::{Keep, Outcome, RunRecord, Simulation, Verdict};
use crate::scenario::Scenario;
use crate::state::Clock;
use serde::{Deserialize, Serialize};

/// The name of the promise that is broken when two runs differ.
pub const PROPERTY: &str = "runs repeat exactly";

/// Where two runs with the same answers differed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The step, from 1; 0 is the start.
    pub step: u64,
    /// Whose step it was.
    pub actor: String,
    /// What happened the first time.
    pub first: String,
    /// What happened, or could have, the second time.
    pub second: String,
    /// What is likely behind it.
    pub cause: String,
}

impl Difference {
    /// The difference in lines, each fit for a `note:`.
    pub fn facts(&self) -> Vec<String> {
        let Difference { step, actor, first, second, cause } = self;
        vec![
            format!("two runs with the same answers differ at step {step}, in `{actor}`"),
            format!("the first time: {first}"),
            format!("the second time: {second}"),
            format!("likely cause: {cause}"),
        ]
    }
}

/// Makes a recorded run again on the same stage; where it differs, if it does.
pub(super) fn again(
    scenario: &Scenario,
    simulation: &mut Simulation,
    first: &Outcome,
    record: &RunRecord,
) -> Option<Difference> {
    let second = replay(scenario, simulation, record);
    let mut difference = differs(scenario, first, record, &second)?;
    // A new cast that does as the first one did has nothing of its own to be blamed for: what differs was kept.
    let mut fresh = scenario.simulation(Some(Clock::Loose));
    let (third, fourth) = (
        replay(scenario, &mut fresh, record),
        replay(scenario, &mut scenario.simulation(Some(Clock::Loose)), record),
    );
    let same = |other: &Outcome| differs(scenario, first, record, other).is_none();
    difference.cause = if same(&third) && same(&fourth) {
        format!("`{}` keeps something across `reset` that it should forget", difference.actor)
    } else {
        format!(
            "`{}` looks at something that does not pass by the door: a static, an `Arc` that actors share, a real clock, \
             the order of a hash map",
            difference.actor
        )
    };
    Some(difference)
}

fn replay(scenario: &Scenario, simulation: &mut Simulation, record: &RunRecord) -> Outcome {
    let answers = record.choices.iter().copied().map(Recorded::from).collect();
    simulation.run(Box::new(Replay::new(answers, scenario.names())), Keep { trace: true, acts: false }).0
}

fn differs(scenario: &Scenario, first: &Outcome, record: &RunRecord, second: &Outcome) -> Option<Difference> {
    let names = scenario.setting.directory.names();
    let other = second.record.as_ref()?;
    let events: Vec<_> = record
        .choices
        .iter()
        .filter_map(|choice| match choice {
            Choice::Next(event) => Some(*event),
            Choice::Drew(..) => None,
        })
        .collect();
    let pairs = record.digests.iter().zip(&other.digests);
    let parted = pairs.take_while(|(one, two)| one == two).count();
    let halted = matches!(&second.verdict, Verdict::Halted(Halt::Diverged(_) | Halt::Exhausted));
    let shorter = record.digests.len() != other.digests.len();
    if parted == record.digests.len()
        && !shorter
        && !halted
        && first.verdict == second.verdict
        && first.digest == second.digest
    {
        return None;
    }
    let event = events.get(parted);
    let actor = event.map_or("?", |event| names[event.to.index()].as_str()).to_owned();
    let told = |outcome: &Outcome, record: &RunRecord| {
        let notes: Vec<&str> = record
            .notes
            .iter()
            .filter(|note| note.step == parted as u64 + 1)
            .map(|note| note.text.as_str())
            .collect();
        match (event, &outcome.verdict) {
            (_, Verdict::Halted(Halt::Diverged(at))) if at.step == parted as u64 + 1 => {
                format!("`{}` was not possible; {}", at.wanted, at.found.join(", "))
            }
            (Some(event), _) if parted < record.digests.len() => {
                let digest = record.digests[parted];
                let notes = if notes.is_empty() { String::new() } else { format!(", {}", notes.join(", ")) };
                format!("{}{notes} @{digest:016x}", event.name(names))
            }
            (_, verdict) => format!("the run {}", verdict.word()),
        }
    };
    Some(Difference {
        step: parted as u64 + 1,
        actor,
        first: told(first, record),
        second: told(second, other),
        cause: String::new(),
    })
}
