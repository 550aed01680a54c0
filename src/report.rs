//! A run told: as a timeline, as a failure in rustc's grammar, as JSON. Pure: what to print, not where.

use crate::choice::{Divergence, Halt};
use crate::property::Violation;
use crate::run::{Outcome, Verdict};
use crate::scenario::Scenario;
use crate::state::State;
use crate::trace::{Line, Trace};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A trace as a timeline: step, virtual time, event, and what it brought with it.
///
/// ```
/// use rehearsal::{report, trace::Trace};
/// let text = "rehearsal-trace 1 scenario=s.json hash=0 seed=0 strategy=fifo\n\
///             deliver alice -> echo #1 @ff\n  about request \"hello\"\n";
/// let told = report::timeline(&Trace::parse(text, "t").unwrap());
/// assert!(told.contains("deliver alice -> echo #1   request \"hello\""));
/// ```
pub fn timeline(trace: &Trace) -> String {
    let mut rows: Vec<Row> = Vec::new();
    let mut before = Vec::new();
    let mut time = "0s".to_owned();
    for line in &trace.lines {
        match line {
            Line::Event { name, .. } => {
                rows.push(Row { time: time.clone(), event: name.clone(), about: None, notes: vec![] })
            }
            Line::Draw { .. } => {}
            Line::Note(text) => match (rows.last_mut(), text.split_once(' ')) {
                (Some(row), Some(("at", at))) => {
                    time = at.to_owned();
                    row.time.clone_from(&time);
                }
                (Some(row), Some(("about", about))) if row.about.is_none() => {
                    row.about = Some(about.to_owned())
                }
                (Some(row), _) => row.notes.push(text.clone()),
                (None, _) => before.push(text.clone()),
            },
        }
    }
    told(&before, &rows)
}

struct Row {
    time: String,
    event: String,
    about: Option<String>,
    notes: Vec<String>,
}

fn told(before: &[String], rows: &[Row]) -> String {
    let width = |of: &dyn Fn(&Row) -> usize, least: usize| rows.iter().map(of).max().unwrap_or(0).max(least);
    let time = width(&|row| row.time.chars().count(), 4);
    let event = width(&|row| row.event.chars().count(), 5);
    let mut out = format!("   step  {:>time$}  event\n", "time");
    let indent = " ".repeat(9 + time + 2);
    for note in before {
        let _ = writeln!(out, "{indent}{note}");
    }
    for (place, row) in rows.iter().enumerate() {
        let about = row.about.as_deref().unwrap_or("");
        let line = format!("{:>7}  {:>time$}  {:<event$}   {about}", place + 1, row.time, row.event);
        let _ = writeln!(out, "{}", line.trim_end());
        for note in &row.notes {
            let _ = writeln!(out, "{indent}  {note}");
        }
    }
    out
}

/// `1 step`, `2 steps`.
pub fn steps(count: u64) -> String {
    if count == 1 { "1 step".to_owned() } else { format!("{count} steps") }
}

/// What broke, with what is known of it, in rustc's grammar.
pub fn violation(violation: &Violation, place: &str) -> String {
    let mut out = format!("error: property `{}` does not hold\n  --> {place}\n", violation.property);
    for fact in &violation.facts {
        let _ = writeln!(out, "note: {fact}");
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

/// A replay that could not be followed.
pub fn divergence(found: &Divergence, notes: &[String], trace: &str) -> String {
    let Divergence { step, wanted, found, line } = found;
    let mut out = format!("error: replay diverged at step {step}\n  --> {trace}:{line}\n");
    let _ = writeln!(out, "  trace says     {wanted}");
    for (place, event) in found.iter().enumerate() {
        let label = if place == 0 { "enabled here" } else { "" };
        let _ = writeln!(out, "  {label:<12}   {event}");
    }
    for note in notes {
        let _ = writeln!(out, "note: {note}");
    }
    let _ = writeln!(out, "help: to follow what still applies\n    rehearsal replay --guided {trace}");
    out
}

/// The property that a verdict names as broken.
pub fn broken(verdict: &Verdict) -> Option<String> {
    verdict.broken().map(str::to_owned)
}

/// A run as JSON: what `run` and `replay` print.
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
    if let Verdict::Halted(Halt::Diverged(at)) = &outcome.verdict {
        told["divergence"] =
            json!({ "step": at.step, "line": at.line, "wanted": at.wanted, "found": at.found });
    }
    told
}
