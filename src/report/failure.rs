//! A failure that was cut down: the schedule, why it fails, and the command that repeats it.

use super::{steps, timeline};
use crate::error::{screened, visible};
use crate::event::Event;
use crate::run::Verdict;
use crate::shrink::{Race, Reduced, Shrunk};
use crate::trace::{Ending, Header, Trace};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What a failure is told from.
#[derive(Clone, Copy, Debug)]
pub struct FailureTold<'a> {
    /// The property that does not hold.
    pub property: &'a str,
    /// The scenario's file.
    pub scenario: &'a str,
    /// Which run of how many found it, when a search did.
    pub run: Option<(u64, u64)>,
    /// What it was cut down to.
    pub shrunk: &'a Shrunk,
    /// What the scenario could do without, where it was looked for.
    pub reduced: Option<&'a Reduced>,
    /// The names of the participants.
    pub names: &'a [String],
    /// The file that the trace was written to, if it was.
    pub trace: Option<&'a str>,
}

/// More rows than this are shown at both ends only: the trace has them all.
const MOST_ROWS: usize = 120;

impl FailureTold<'_> {
    fn table(&self) -> (Vec<String>, Vec<timeline::Row>) {
        match &self.shrunk.outcome.record {
            Some(record) => {
                timeline::rows(&Trace::of(Header::default(), record, Ending::default(), self.names))
            }
            None => (Vec::new(), Vec::new()),
        }
    }

    fn place(&self) -> String {
        let Shrunk { from, steps: to, .. } = self.shrunk;
        let mut place = self.scenario.to_owned();
        if let Some((run, runs)) = self.run {
            let _ = write!(place, ", run {run} of {runs}");
        }
        let _ = match from > to {
            true => write!(place, ", shrunk from {} to {to}", steps(*from)),
            false => write!(place, ", {}", steps(*to)),
        };
        place
    }

    /// What a `note:` says, each.
    fn notes(&self) -> Vec<String> {
        let Shrunk { outcome, race, waits, minimal, verified, runs, .. } = self.shrunk;
        let mut notes = match &outcome.verdict {
            Verdict::OutOfSteps => vec!["the scenario's `limits.steps` is the bound".to_owned()],
            Verdict::OutOfMessages => vec!["the scenario's `limits.messages` is the bound".to_owned()],
            verdict => verdict.violation().map(|violation| violation.facts.clone()).unwrap_or_default(),
        };
        notes.extend(race.as_ref().map(|race| self.raced(race)));
        // A fact may have said it: a deadlock's does.
        let said = notes.join("\n");
        notes.extend(waits.iter().filter(|wait| !said.contains(wait.as_str())).cloned());
        notes.extend(self.reduced.iter().flat_map(|reduced| reduced.told()));
        if !verified {
            notes.push(
                "the failure did not show again when its answers were followed: something in it does not repeat"
                    .to_owned(),
            );
        } else if !minimal {
            notes.push(format!("it may not be the shortest: the budget ended after {runs} runs"));
        }
        notes
    }

    fn raced(&self, race: &Race) -> String {
        let (first, second) = (race.first.name(self.names), race.second.name(self.names));
        let (at, then) = (race.first_step, race.second_step);
        let holds = match &race.instead {
            None => "all holds".to_owned(),
            Some(other) => format!("it holds, and `{other}` does not"),
        };
        format!("`{first}` (step {at}) raced with `{second}` (step {then}): the other way round, {holds}")
    }

    fn command(&self) -> Option<String> {
        self.trace.map(|trace| format!("rehearsal replay {}", quoted(trace)))
    }
}

/// A path as a shell takes it: quoted where it must be, and never an option.
///
/// ```
/// use rehearsal::report::quoted;
/// assert_eq!(quoted("bank/race.trace"), "bank/race.trace");
/// assert_eq!(quoted("it's here.trace"), r"'it'\''s here.trace'");
/// assert_eq!(quoted("-x"), "./-x");
/// ```
pub fn quoted(path: &str) -> String {
    let path = if path.starts_with('-') { &format!("./{path}") } else { path };
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}

/// A failure, in rustc's grammar, with its schedule; it ends with the command that repeats it.
pub fn failure_text(failure: &FailureTold<'_>) -> String {
    let (before, rows) = failure.table();
    let mut out = format!("error: property `{}` does not hold\n", visible(failure.property));
    let _ = writeln!(out, "  --> {}\n", visible(&failure.place()));
    out.push_str(&timeline::told(&before, &rows, MOST_ROWS));
    out.push('\n');
    for note in failure.notes() {
        let _ = writeln!(out, "note: {}", screened(&note));
    }
    if let Some(command) = failure.command() {
        let _ = writeln!(out, "help: to reproduce\n    {command}");
    }
    out
}

/// The same as JSON.
pub fn failure_json(failure: &FailureTold<'_>) -> Value {
    let Shrunk { steps, from, runs, minimal, verified, race, waits, unneeded, measure, outcome, .. } =
        failure.shrunk;
    let (_, rows) = failure.table();
    let event =
        |event: Event, step: u64| json!({ "step": step, "event": event.name(failure.names).to_string() });
    let timeline = rows.iter().enumerate().map(|(place, row)| {
        json!({
            "step": place + 1, "time": row.time, "event": row.event, "about": row.about, "notes": row.notes,
        })
    });
    let unneeded = unneeded.iter().filter_map(|id| failure.names.get(id.index()));
    json!({
        "property": failure.property,
        "scenario": failure.scenario,
        "run": failure.run.map(|(run, _)| run),
        "trace": failure.trace,
        "steps": steps,
        "digest": format!("{:016x}", outcome.digest),
        "shrink": {
            "from": from, "runs": runs, "minimal": minimal, "verified": verified,
            "early_timers": measure.early, "switches": measure.switches, "overtaken": measure.overtaken,
        },
        "timeline": timeline.collect::<Vec<_>>(),
        "race": race.as_ref().map(|race| json!({
            "first": event(race.first, race.first_step),
            "second": event(race.second, race.second_step),
            "instead": race.instead,
        })),
        "waits": waits,
        "unneeded": unneeded.collect::<Vec<_>>(),
        "unneeded_steps": failure.reduced.map(|reduced| {
            let steps = reduced.steps.iter();
            steps.map(|(client, steps)| json!({ "client": client, "steps": steps })).collect::<Vec<_>>()
        }),
        "notes": failure.notes(),
        "replay": failure.command(),
    })
}
