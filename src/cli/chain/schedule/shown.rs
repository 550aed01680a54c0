//! What came of it, for people and for programs.

use super::chains::Chains;
use super::{ScheduleArguments, notes::gone_on};
use crate::cli::{Format, Status, print};
use rehearsal::error::Result;
use rehearsal::revive::{self, Explained, Woven};
use rehearsal::scenario::Scenario;
use serde_json::{Value, json};
use std::path::Path;

/// Chains that do not hold themselves are not looked at further.
pub fn unsound(arguments: &ScheduleArguments, chains: &Chains) -> Result<Status> {
    let found = chains.iter().filter_map(|(name, record)| Some((name, record, record.unsound.as_ref()?)));
    match arguments.format {
        Format::Human => {
            print(&found.map(|(_, record, why)| revive::unsound(&record.name, &why.told)).collect::<String>())
        }
        Format::Json => {
            let told = found.map(|(name, _, why)| {
                json!({"actor": name, "event": why.place, "recorded": why.hashes.0.to_string(), "computed": why.hashes.1.to_string(), "told": why.told})
            });
            print(&format!("{:#}\n", json!({"outcome": "unexplained", "unsound": told.collect::<Vec<_>>()})))
        }
    }?;
    Ok(Status::Found)
}

/// Shows what came of it.
pub fn show(
    arguments: &ScheduleArguments,
    scenario: &Scenario,
    woven: &Woven,
    trace: &Path,
    notes: &[String],
) -> Result<Status> {
    let trace = trace.display().to_string();
    match arguments.format {
        Format::Human => print(&human(scenario, woven, &trace, notes)),
        Format::Json => print(&format!("{:#}\n", json(scenario, woven, &trace, notes))),
    }
}

fn json(scenario: &Scenario, woven: &Woven, trace: &str, notes: &[String]) -> Value {
    let actor = |one: &Explained| {
        let unlike = one
            .unlike
            .as_ref()
            .map(|(event, recorded, made)| json!({"event": event, "recorded": recorded, "made": made}));
        json!({"actor": one.actor, "matched": one.matched, "of": one.of, "same_head": one.same_head, "unlike": unlike})
    };
    json!({
        "outcome": if woven.holds() { "explained" } else { "unexplained" },
        "scenario": scenario.path,
        "profile": scenario.profile.name(),
        "trace": trace,
        "steps": woven.outcome.steps,
        "digest": format!("{:016x}", woven.outcome.digest),
        "tries": woven.found.returns + 1,
        "steps_tried": woven.found.steps,
        "bounded": woven.found.bounded,
        "choices": woven.found.choices,
        "conflict": woven.conflict,
        "beyond": gone_on(scenario, woven),
        "actors": woven.actors.iter().map(actor).collect::<Vec<_>>(),
        "notes": notes,
    })
}

fn human(scenario: &Scenario, woven: &Woven, trace: &str, notes: &[String]) -> String {
    let profile = scenario.profile.name();
    let mut out = match woven.holds() {
        true => format!("explained: {} steps under `{profile}`\n", woven.outcome.steps),
        false => {
            format!("error: no order under `{profile}` explains the chains\n  --> {}\n", scenario.path)
        }
    };
    woven.actors.iter().for_each(|one| tell_how_far(one, &mut out));
    tell_why(woven, notes, &mut out);
    let file = rehearsal::report::quoted(trace);
    out.push_str(&format!("help: to run it again\n    rehearsal replay {file}\n"));
    out
}

/// How far one actor's chain is explained.
fn tell_how_far(one: &Explained, out: &mut String) {
    let head = if one.same_head { ", the same head" } else { "" };
    out.push_str(&format!("{:>8} of {} events of `{}`{head}\n", one.matched, one.of, one.actor));
    if let Some((event, recorded, made)) = &one.unlike {
        out.push_str(&format!("  event {event} of the chain   {recorded}\n  the run has          {made}\n"));
    }
}

/// What is to be said beside the counts.
fn tell_why(woven: &Woven, notes: &[String], out: &mut String) {
    for line in &woven.conflict {
        out.push_str(&format!("note: {line}\n"));
    }
    if woven.found.bounded && !woven.holds() {
        let steps = woven.found.steps;
        out.push_str(&format!(
            "note: the search ended at its bound, after {steps} steps: `--tries N` gives it more\n"
        ));
    }
    for note in notes {
        out.push_str(&format!("note: {note}\n"));
    }
}
