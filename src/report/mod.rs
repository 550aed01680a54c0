//! A run told: as a timeline, as a failure in rustc's grammar, as JSON. Pure: what to print, not where.

mod failure;
mod timeline;

pub use failure::{FailureTold, failure_json, failure_text, quoted};
pub use timeline::timeline;

use crate::choice::{Divergence, Halt};
use crate::error::{screened, visible};
use crate::property::Violation;
use crate::run::{Bound, Outcome, Verdict};
use crate::scenario::Scenario;
use crate::state::State;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// `1 step`, `2 steps`.
pub fn steps(count: u64) -> String {
    if count == 1 { "1 step".to_owned() } else { format!("{count} steps") }
}

/// What broke, with what is known of it, in rustc's grammar.
///
/// ```
/// use rehearsal::property::Violation;
/// let facts = vec!["`bob` observed `paid` = 3 at step 7".to_owned()];
/// let broken = Violation { property: "nobody pays".into(), step: 7, builtin: None, facts };
/// assert_eq!(
///     rehearsal::report::violation(&broken, "bank.json"),
///     "error: property `nobody pays` does not hold\n  --> bank.json\nnote: `bob` observed `paid` = 3 at step 7\n",
/// );
/// ```
pub fn violation(violation: &Violation, place: &str) -> String {
    let (property, place) = (visible(&violation.property), visible(place));
    let mut out = format!("error: property `{property}` does not hold\n  --> {place}\n");
    for fact in &violation.facts {
        let _ = writeln!(out, "note: {}", screened(fact));
    }
    out
}

/// How a run ended that did not end well.
pub fn failure(verdict: &Verdict, place: &str) -> Option<String> {
    match verdict {
        Verdict::Held | Verdict::Halted(_) => None,
        Verdict::Violated(broken) => Some(violation(broken, place)),
        Verdict::OutOfSteps => Some(format!(
            "error: the run did not end within its bound on steps\n  --> {place}\n\
             note: the scenario's `limits.steps` is the bound\n"
        )),
        Verdict::OutOfMessages => Some(format!(
            "error: more messages are under way than the bound allows\n  --> {place}\n\
             note: the scenario's `limits.messages` is the bound\n"
        )),
    }
}

/// The turns that failed and where in the guest each did, innermost frame first: what the timeline has no room for.
pub fn backtraces(state: &State) -> String {
    const MOST_FRAMES: usize = 12;
    let name = |id| state.setting.directory.name(id);
    let mut out = String::new();
    for failed in state.record.failures.iter().filter(|failed| !failed.failure.backtrace.is_empty()) {
        let (who, from, handling) = (name(failed.actor), name(failed.from), failed.handling);
        let kind = failed.failure.kind.name();
        let _ = writeln!(out, "note: at step {}, `{who}` in `{handling}` from `{from}`: {kind}", failed.step);
        for frame in failed.failure.backtrace.iter().take(MOST_FRAMES) {
            let _ = writeln!(out, "    {}", visible(frame));
        }
        let more = failed.failure.backtrace.len().saturating_sub(MOST_FRAMES);
        if more > 0 {
            let _ = writeln!(out, "    and {more} more");
        }
    }
    out
}

/// A run that is another run when it is made again: what it was, and the lines that show it.
pub fn unrepeatable(place: &str, notes: &[String]) -> String {
    let notes: String = notes.iter().map(|note| format!("note: {}\n", screened(note))).collect();
    format!("error: a run does not repeat\n  --> {place}\n{notes}")
}

/// A replay that could not be followed.
pub fn divergence(found: &Divergence, notes: &[String], trace: &str) -> String {
    let Divergence { step, wanted, found, line } = found;
    let mut out = format!("error: replay diverged at step {step}\n  --> {trace}:{line}\n");
    let _ = writeln!(out, "  trace says     {}", visible(wanted));
    for (place, event) in found.iter().enumerate() {
        let label = if place == 0 { "enabled here" } else { "" };
        let _ = writeln!(out, "  {label:<12}   {event}");
    }
    for note in notes {
        let _ = writeln!(out, "note: {note}");
    }
    let _ =
        writeln!(out, "help: to follow what still applies\n    rehearsal replay --guided {}", quoted(trace));
    out
}

/// Why a run was stopped before its end, if it was.
pub fn stopped(outcome: &Outcome) -> Option<String> {
    let Verdict::Halted(halt) = &outcome.verdict else { return None };
    let step = outcome.steps + 1;
    Some(match halt {
        Halt::Diverged(at) => format!("at step {} the trace has what is not possible here", at.step),
        Halt::Exhausted => format!("the trace ended at step {step}, and the run did not"),
        Halt::Pruned => format!("a search knew at step {step} that nothing new lies ahead"),
        Halt::Enough => format!("a search had all that it needed at step {step}"),
    })
}

/// That a bound cut the run, if one did: the scenario waives it, and so it is no failure.
pub fn cut(outcome: &Outcome) -> Option<String> {
    let key = match outcome.cut? {
        Bound::Steps => "steps",
        Bound::Messages => "messages",
    };
    Some(format!("the run was cut at its bound `limits.{key}`, which the scenario waives"))
}

/// The property that a verdict names as broken.
pub fn broken(verdict: &Verdict) -> Option<String> {
    verdict.broken().map(str::to_owned)
}

/// A run as JSON: what `run` and `replay` print.
///
/// ```
/// use rehearsal::chooser::Seeded;
/// use rehearsal::{Rehearsal, Steps, native::builtin, report, run::Keep};
/// let hello = Rehearsal::new("hello")
///     .actor("log", || builtin("log").unwrap())
///     .client("alice", Steps::new().send("log", "hello"));
/// let scenario = hello.scenario().unwrap();
/// let mut simulation = scenario.simulation(None);
/// let (outcome, _) = simulation.run(Box::new(Seeded::new(7)), Keep::default());
/// let told = report::json(&scenario, &outcome, simulation.state(), 7, "random");
/// assert_eq!((&told["outcome"], &told["steps"]), (&"passed".into(), &1.into()));
/// assert_eq!(told["observations"][0]["value"], "hello");
/// ```
pub fn json(scenario: &Scenario, outcome: &Outcome, state: &State, seed: u64, strategy: &str) -> Value {
    let name = |id| state.setting.directory.name(id).to_owned();
    let record = &state.record;
    let mut told = json!({
        "outcome": outcome.verdict.word(),
        "scenario": scenario.name,
        "profile": scenario.profile.name(),
        "strategy": strategy,
        "seed": seed,
        "steps": outcome.steps,
        "digest": format!("{:016x}", outcome.digest),
        "virtual_time_ns": outcome.time.0,
        "trace": Value::Null,
    });
    told["observations"] = record
        .observations
        .iter()
        .map(|o| json!({ "step": o.step, "actor": name(o.actor), "key": o.key, "value": o.value }))
        .collect();
    told["failed_turns"] = record
        .failures
        .iter()
        .map(|f| {
            json!({
                "step": f.step, "actor": name(f.actor), "kind": f.failure.kind, "handling": f.handling,
                "from": name(f.from), "message": f.failure.message, "backtrace": f.failure.backtrace,
            })
        })
        .collect();
    told["lost_messages"] = record.lost.into();
    if let Some(property) = broken(&outcome.verdict) {
        let facts = outcome.verdict.violation().map(|v| v.facts.clone()).unwrap_or_default();
        let step = outcome.verdict.violation().map_or(outcome.steps, |v| v.step);
        told["failure"] = json!({ "property": property, "step": step, "notes": facts });
    }
    if let Some(reason) = stopped(outcome).or_else(|| cut(outcome)) {
        told["reason"] = reason.into();
    }
    if let Verdict::Halted(Halt::Diverged(at)) = &outcome.verdict {
        told["divergence"] =
            json!({ "step": at.step, "line": at.line, "wanted": at.wanted, "found": at.found });
    }
    told
}
