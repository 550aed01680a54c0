//! `rehearsal chain schedule`: the chains of several actors of one run, explained together.

mod chains;
mod drafted;
mod given;
mod notes;
mod relaxed;
mod scenario_files;
mod shown;

use crate::cli::{Format, Status, files};
use clap::Args;
use rehearsal::chooser::Replay;
use rehearsal::error::{Error, Result};
use rehearsal::id::Time;
use rehearsal::load;
use rehearsal::profile::Profile;
use rehearsal::revive::{self, ChainRecord, Woven};
use rehearsal::run::{Keep, Outcome};
use rehearsal::scenario::Scenario;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
pub struct ScheduleArguments {
    /// The chains, each called as its actor (`NAME.json`): files in any of Theater's layouts, or folders with events/ and chains/
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The scenario that the actors are in
    #[arg(long, value_name = "SCENARIO", conflicts_with = "component")]
    scenario: Option<PathBuf>,
    /// The component that an actor was (any number): a scenario is drafted beside the trace
    #[arg(long, value_name = "NAME=WASM")]
    pub component: Vec<String>,
    /// Whose delivery rules held
    #[arg(long, value_name = "P")]
    pub profile: Option<String>,
    /// Where the trace goes
    #[arg(short, value_name = "TRACE")]
    output: Option<PathBuf>,
    /// The most fuel for one call, while a scenario is drafted: the usual is given first, and more where a chain goes on behind it
    #[arg(long, value_name = "N", default_value_t = super::replay::MOST_FUEL)]
    pub fuel: u64,
    /// How long the runtime waited for a handler, where it was not 3000 s: goes into the draft
    #[arg(long, value_name = "SPAN", value_parser = span)]
    pub call_timeout: Option<Time>,
    /// The most steps that are tried in looking for an order; the search ends before, where for long nothing brings it farther
    #[arg(long, value_name = "N", default_value_t = revive::MOST_STEPS)]
    pub tries: u64,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

fn span(text: &str) -> std::result::Result<Time, String> {
    Time::parse(text).ok_or_else(|| format!("expected a duration such as `5s`, found `{text}`"))
}

pub fn schedule(arguments: &ScheduleArguments) -> Result<Status> {
    let profile = arguments.profile.as_deref();
    profile.map(Profile::find).transpose()?;
    let mut notes = Vec::new();
    let chains = chains::named(&arguments.files, &mut notes)?;
    if chains.iter().any(|(_, record)| record.unsound.is_some()) {
        return shown::unsound(arguments, &chains);
    }
    let trace = arguments.output.clone().unwrap_or_else(|| Path::new(files::OUT).join("schedule.trace"));
    let beside = apart(arguments, &trace)?;
    notes.extend(chains.iter().flat_map(|(name, record)| chains::unmade(name, record)));
    let (scenario, woven) = match &arguments.scenario {
        Some(path) => given::explained(arguments, path, &chains, &beside, &mut notes)?,
        None if arguments.component.is_empty() => return Err(neither(&chains)),
        None => drafted::drafted(arguments, &chains, beside, &mut notes)?,
    };
    notes.extend(notes::beyond(&scenario, &woven));
    let written = write(&scenario, &woven, &trace, &mut notes)?;
    shown::show(arguments, &scenario, &woven, &written, &notes)?;
    Ok(if woven.holds() { Status::Held } else { Status::Found })
}

/// Chains without anything to run.
fn neither(chains: &[(String, Arc<ChainRecord>)]) -> Error {
    let each = chains.iter().map(|(name, _)| format!("--component {}=WASM", rehearsal::report::quoted(name)));
    let each = each.collect::<Vec<_>>().join(" ");
    Error::input("there is neither a scenario nor a component of the actors")
        .help(format!("say what the actors are, or give `--scenario SCENARIO`\n    {each}"))
}

/// Where a scenario goes that is written beside the trace. Neither may be written over what is read: a recording is not made again.
fn apart(arguments: &ScheduleArguments, trace: &Path) -> Result<PathBuf> {
    let components = arguments.component.iter().filter_map(|given| given.split_once('='));
    let mut read: Vec<PathBuf> = components.map(|(_, file)| PathBuf::from(file)).collect();
    read.extend(arguments.files.iter().chain(&arguments.scenario).cloned());
    read.iter().try_for_each(|input| files::apart(input, trace))?;
    read.push(trace.to_path_buf());
    Ok(scenario_files::free(trace, &read, arguments.scenario.as_deref()))
}

fn write(scenario: &Scenario, woven: &Woven, path: &Path, notes: &mut Vec<String>) -> Result<PathBuf> {
    let mut header = scenario.header(0, "schedule", woven.found.clock);
    // The trace names its scenario so that it is found from the trace's own folder too.
    if Path::new(&header.scenario).parent() == path.parent()
        && let Some(name) = Path::new(&header.scenario).file_name()
    {
        header.scenario = name.to_string_lossy().into_owned();
    }
    // A run that breaks a property ends there, here as in every trace.
    let broken = broken(scenario, woven);
    if let Some(found) = broken.as_ref().and_then(|outcome| outcome.verdict.violation()) {
        let (property, step) = (&found.property, found.step);
        notes.push(format!("the run breaks `{property}` at step {step}, where the trace ends; `waive` in the scenario has it go on"));
    }
    let outcome = broken.as_ref().unwrap_or(&woven.outcome);
    let trace = scenario.trace(header, outcome).ok_or_else(|| Error::input("the run was not recorded"))?;
    load::write_whole(path, trace.text().as_bytes())?;
    Ok(path.to_path_buf())
}

/// The run as it is with the scenario's properties, where it breaks one.
fn broken(scenario: &Scenario, woven: &Woven) -> Option<Outcome> {
    let choices = &woven.outcome.record.as_ref()?.choices;
    let answers = choices.iter().copied().map(Into::into).collect();
    let mut simulation = scenario.simulation(Some(woven.found.clock));
    let again = Box::new(Replay::new(answers, scenario.names()));
    let (outcome, _) = simulation.run(again, Keep { trace: true, acts: false });
    outcome.verdict.violation().is_some().then_some(outcome)
}
