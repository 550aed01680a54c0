//! `rehearsal shrink`.

use super::replay::{Opened, open};
use super::{Format, Status, files, print};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rehearsal::choice::{Choice, Chooser, Halt};
use rehearsal::chooser::Replay;
use rehearsal::error::{Error, Result};
use rehearsal::load::{self, FileLoader, Together};
use rehearsal::report::{self, FailureTold};
use rehearsal::run::{Keep, Outcome, Verdict};
use rehearsal::shrink::{self, Budget, Phase, Progress, Reduced, Reducer, Shrunk};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct ShrinkArguments {
    /// The trace of a failing run
    trace: PathBuf,
    /// Write the trace of the smallest run here, not beside the first as NAME.min.trace
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Try at most so many runs; the default depends on how long the run is
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// Write the scenario here without the client steps and actors that the smallest run does not need
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// No output may be what is read, nor the other output.
fn apart(arguments: &ShrinkArguments, opened: &Opened) -> Result<()> {
    let read = [arguments.trace.as_path(), Path::new(&opened.scenario.path)];
    let written = arguments.out.iter().chain(&arguments.scenario);
    written.flat_map(|output| read.map(|input| files::apart(input, output))).collect::<Result<()>>()?;
    let out = arguments.out.clone().unwrap_or_else(|| beside(&arguments.trace));
    match &arguments.scenario {
        Some(scenario) if files::same(scenario, &out) => {
            let told = format!("`{}` cannot be both the trace and the scenario", out.display());
            Err(Error::input(told).help("write them to two files"))
        }
        _ => Ok(()),
    }
}

pub fn shrink(arguments: &ShrinkArguments) -> Result<Status> {
    let opened = open(&arguments.trace, false)?;
    apart(arguments, &opened)?;
    let outcome = follow(&opened);
    if let Verdict::Halted(halt) = &outcome.verdict {
        // It stops where its chains did, on purpose: what is left of it breaks nothing.
        if *halt == Halt::Exhausted && opened.stopped() {
            return Err(nothing(arguments, &opened));
        }
        print(&parted(arguments, &opened, halt, outcome.steps))?;
        return Ok(Status::Diverged);
    }
    let Some(property) = outcome.verdict.broken() else {
        return Err(nothing(arguments, &opened));
    };
    let choices = outcome.record.as_ref().map(|record| record.choices.as_slice()).unwrap_or_default();
    let shrunk = smallest(arguments, &opened, choices, property);
    let reduced = reduced(&opened, property, &shrunk);
    let path = arguments.out.clone().unwrap_or_else(|| beside(&arguments.trace));
    // What was found is told in any case, and then that it could not be written.
    let written = write(&opened, &shrunk, &path).and_then(|mut together| {
        if let (Some(path), Some(reduced)) = (&arguments.scenario, &reduced) {
            together.file(path, reduced.text.as_bytes())?;
        }
        together.done()
    });
    let shown = path.display().to_string();
    let told = FailureTold {
        property,
        scenario: &opened.scenario.path,
        run: None,
        shrunk: &shrunk,
        reduced: reduced.as_ref(),
        names: opened.scenario.setting.directory.names(),
        trace: written.is_ok().then_some(shown.as_str()),
    };
    match arguments.format {
        Format::Human => {
            let notes: String = opened.notes.iter().map(|note| format!("note: {note}\n")).collect();
            print(&format!("{notes}{}", report::failure_text(&told)))?;
        }
        Format::Json => {
            let mut object = report::failure_json(&told);
            object["outcome"] = "failed".into();
            object["seed"] = opened.trace.header.seed.into();
            object["reduced_scenario"] =
                json!(arguments.scenario.as_ref().map(|path| path.display().to_string()));
            print(&format!("{object:#}\n"))?;
        }
    }
    written.map(|()| Status::Found)
}

const NOTHING: &str = "this trace breaks no property: there is nothing to shrink";

/// Of a trace that breaks no property. What its scenario lets pass might be what was meant.
fn nothing(arguments: &ShrinkArguments, opened: &Opened) -> Error {
    let error = Error::input(NOTHING).in_file(arguments.trace.display().to_string());
    let path = &opened.scenario.path;
    let file = load::read_text(Path::new(path)).and_then(|text| rehearsal::scenario::read(&text, path));
    let waived: Vec<String> = file
        .map(|file| file.waive)
        .unwrap_or_default()
        .iter()
        .map(|one| format!("`{}`", one.name()))
        .collect();
    match waived.is_empty() {
        true => error,
        false => error.note(format!(
            "`waive` in {path} lets {} pass: taken out there, it is what a trace can be cut down to",
            waived.join(", ")
        )),
    }
}

/// The run that the trace records.
fn follow(opened: &Opened) -> Outcome {
    let chooser =
        || -> Box<dyn Chooser> { Box::new(Replay::new(opened.answers.clone(), opened.scenario.names())) };
    let mut simulation = opened.scenario.simulation(Some(opened.clock));
    let property = opened.trace.ending.as_ref().and_then(|ending| ending.property.as_deref());
    simulation.run_towards(property, Keep { trace: true, acts: false }, &chooser)
}

/// A trace that cannot be followed to a broken property.
fn parted(arguments: &ShrinkArguments, opened: &Opened, halt: &Halt, steps: u64) -> String {
    let shown = arguments.trace.display().to_string();
    let step = steps + 1;
    match (arguments.format, halt) {
        (Format::Json, Halt::Diverged(at)) => {
            let divergence =
                json!({ "step": at.step, "line": at.line, "wanted": at.wanted, "found": at.found });
            format!("{:#}\n", json!({ "outcome": "diverged", "trace": shown, "divergence": divergence }))
        }
        (Format::Json, _) => {
            let reason = format!("the trace ended at step {step}, and the run did not");
            let told = json!({ "outcome": "stopped", "reason": reason, "trace": shown, "steps": steps });
            format!("{told:#}\n")
        }
        (Format::Human, Halt::Diverged(at)) => report::divergence(at, &opened.notes, &shown),
        (Format::Human, _) => format!(
            "error: the trace ended at step {step}, and the run did not\n  --> {shown}\n\
             help: to follow what still applies\n    rehearsal replay --guided {}\n",
            report::quoted(&shown)
        ),
    }
}

fn smallest(arguments: &ShrinkArguments, opened: &Opened, choices: &[Choice], property: &str) -> Shrunk {
    let steps = choices.iter().filter(|choice| matches!(choice, Choice::Next(_))).count() as u64;
    let budget = arguments.runs.map_or_else(|| Budget::of(steps), Budget::from);
    let bar = bar(budget.runs);
    let shrunk = shrink::shrink(&opened.scenario, opened.clock, choices, property, budget, &mut |progress| {
        bar.set_length(progress.budget);
        bar.set_position(progress.runs);
        bar.set_message(doing(progress));
    });
    bar.finish_and_clear();
    shrunk
}

/// A bar on a terminal; nothing elsewhere, which is indicatif's own rule.
fn bar(budget: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} runs, {msg}");
    ProgressBar::new(budget).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn doing(progress: &Progress) -> String {
    let Progress { phase, from, best, .. } = progress;
    let doing = match phase {
        Phase::Cut => "cutting off the end",
        Phase::Drop => "leaving out steps",
        Phase::Soften => "making steps milder",
        Phase::Race => "looking for the race",
        _ => "shrinking",
    };
    format!("{doing}: {from} steps, now {}, {} switches", best.steps, best.switches)
}

fn reduced(opened: &Opened, property: &str, shrunk: &Shrunk) -> Option<Reduced> {
    let scenario = &opened.scenario;
    let path = Path::new(&scenario.path);
    let text = load::read_text(path).ok()?;
    let mut loader = FileLoader::new(path.parent().unwrap_or(Path::new("")), files::cache());
    let clock = opened.clock;
    Reducer { scenario, text: &text, loader: &mut loader, clock, property, shrunk }.reduce()
}

fn write(opened: &Opened, shrunk: &Shrunk, path: &Path) -> Result<Together> {
    let header = &opened.trace.header;
    let header = opened.scenario.header(header.seed, &header.strategy, opened.clock);
    let trace = opened.scenario.trace(header, &shrunk.outcome);
    let trace = trace.ok_or_else(|| Error::input("the run was not recorded"))?;
    let mut together = Together::new();
    together.file(path, trace.text().as_bytes())?;
    Ok(together)
}

/// `a/b.trace` becomes `a/b.min.trace`.
fn beside(trace: &Path) -> PathBuf {
    let name = trace.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.strip_suffix(".trace").unwrap_or(&name);
    let stem = stem.strip_suffix(".min").unwrap_or(stem);
    trace.with_file_name(format!("{stem}.min.trace"))
}
