//! `rehearsal chain schedule`: the chains of several actors of one run, explained together.

use super::revive::some_records;
use super::{Format, Status, beside, drafted, files, given, print};
use clap::Args;
use rehearsal::chain::Invocation;
use rehearsal::error::{Error, Result};
use rehearsal::id::{ActorId, Time};
use rehearsal::load;
use rehearsal::profile::Profile;
use rehearsal::revive::{self, Explained, Record, Woven};
use rehearsal::scenario::Scenario;
use rehearsal::state::Role;
use serde_json::json;
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
    #[arg(long, value_name = "N", default_value_t = super::revive::MOST_FUEL)]
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
    let chains = named(&arguments.files, &mut notes)?;
    if chains.iter().any(|(_, record)| record.unsound.is_some()) {
        return unsound(arguments, &chains);
    }
    let trace = arguments.output.clone().unwrap_or_else(|| Path::new(files::OUT).join("schedule.trace"));
    let beside = apart(arguments, &trace)?;
    notes.extend(chains.iter().flat_map(|(name, record)| unmade(name, record)));
    let (scenario, woven) = match &arguments.scenario {
        Some(path) => given::explained(arguments, path, &chains, &beside, &mut notes)?,
        None if arguments.component.is_empty() => return Err(neither(&chains)),
        None => drafted::drafted(arguments, &chains, beside, &mut notes)?,
    };
    notes.extend(beside::beyond(&scenario, &woven));
    let written = write(&scenario, &woven, &trace, &mut notes)?;
    show(arguments, &scenario, &woven, &written, &notes)?;
    Ok(if woven.holds() { Status::Held } else { Status::Found })
}

/// Chains without anything to run.
fn neither(chains: &[(String, Arc<Record>)]) -> Error {
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
    Ok(beside::free(trace, &read, arguments.scenario.as_deref()))
}

/// The first call of an export that no profile makes: the order ends before it.
fn unmade(name: &str, record: &Record) -> Option<String> {
    let (place, export, _) = record.calls().find(|(_, _, call)| *call == Invocation::Other)?;
    Some(format!(
        "event {place} of `{name}` is a call of `{export}`, which no profile makes: `rehearsal chain replay` goes on behind it"
    ))
}

/// Chains that do not hold themselves are not looked at further.
fn unsound(arguments: &ScheduleArguments, chains: &[(String, Arc<Record>)]) -> Result<Status> {
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

/// A file as a scenario at `place` is to name it.
pub fn named_from(file: &Path, place: &Path) -> Result<String> {
    let absolute = std::path::absolute(file).map_err(|e| Error::io("find", file.display(), &e))?;
    let here = place.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    let shown = if here { file.to_path_buf() } else { absolute };
    Ok(shown.display().to_string())
}

/// Whose chains they are.
pub fn tie(scenario: &Scenario, chains: Vec<(String, Arc<Record>)>) -> Result<Vec<(ActorId, Arc<Record>)>> {
    let tied = chains.into_iter().map(|(name, record)| {
        let names = scenario.setting.directory.names().iter().map(String::as_str);
        let found = scenario.setting.directory.find(&name);
        match found.map(|who| (who, scenario.setting.roles[who.index()])) {
            Some((actor, Role::Actor)) => Ok((actor, record)),
            Some((_, Role::Client)) => {
                Err(Error::input(format!("`{name}` is a client of the scenario, and clients have no chains"))
                    .in_file(&record.name))
            }
            None => Err(Error::input(format!("no actor is called `{name}`"))
                .in_file(&record.name)
                .note(format!("a chain's file is called as its actor in `{}`", scenario.path))
                .nearest(&name, names)),
        }
    });
    tied.collect()
}

/// The chains by the names of their files. One without events says nothing of its actor.
fn named(files: &[PathBuf], notes: &mut Vec<String>) -> Result<Vec<(String, Arc<Record>)>> {
    let mut named: Vec<(String, Arc<Record>)> = Vec::new();
    for file in files {
        for record in some_records(file)? {
            let record = match record {
                Ok(record) => record,
                Err(name) => {
                    notes.push(format!("the chain `{name}` has no events: it is left out"));
                    continue;
                }
            };
            let stem = Path::new(&record.name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if named.iter().any(|(known, _)| *known == stem) {
                return Err(Error::input(format!("there are two chains of `{stem}`")));
            }
            named.push((stem, Arc::new(record)));
        }
    }
    match named.is_empty() {
        true => Err(Error::input("there is no chain with events")),
        false => Ok(named),
    }
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
    let broken = beside::broken(scenario, woven);
    if let Some(found) = broken.as_ref().and_then(|outcome| outcome.verdict.violation()) {
        let (property, step) = (&found.property, found.step);
        notes.push(format!("the run breaks `{property}` at step {step}, where the trace ends; `waive` in the scenario has it go on"));
    }
    let outcome = broken.as_ref().unwrap_or(&woven.outcome);
    let trace = scenario.trace(header, outcome).ok_or_else(|| Error::input("the run was not recorded"))?;
    load::write_whole(path, trace.text().as_bytes())?;
    Ok(path.to_path_buf())
}

fn show(
    arguments: &ScheduleArguments,
    scenario: &Scenario,
    woven: &Woven,
    trace: &Path,
    notes: &[String],
) -> Result<Status> {
    let shown = trace.display().to_string();
    if arguments.format == Format::Json {
        let actor = |one: &Explained| {
            let unlike = one
                .unlike
                .as_ref()
                .map(|(event, recorded, made)| json!({"event": event, "recorded": recorded, "made": made}));
            json!({"actor": one.actor, "matched": one.matched, "of": one.of, "same_head": one.same_head, "unlike": unlike})
        };
        let told = json!({
            "outcome": if woven.holds() { "explained" } else { "unexplained" },
            "scenario": scenario.path,
            "profile": scenario.profile.name(),
            "trace": shown,
            "steps": woven.outcome.steps,
            "digest": format!("{:016x}", woven.outcome.digest),
            "tries": woven.found.returns + 1,
            "steps_tried": woven.found.steps,
            "bounded": woven.found.bounded,
            "choices": woven.found.choices,
            "conflict": woven.conflict,
            "beyond": beside::gone_on(scenario, woven),
            "actors": woven.actors.iter().map(actor).collect::<Vec<_>>(),
            "notes": notes,
        });
        return print(&format!("{told:#}\n"));
    }
    let mut out = String::new();
    if woven.holds() {
        out.push_str(&format!(
            "explained: {} steps under `{}`\n",
            woven.outcome.steps,
            scenario.profile.name()
        ));
    } else {
        out.push_str(&format!(
            "error: no order under `{}` explains the chains\n  --> {}\n",
            scenario.profile.name(),
            scenario.path
        ));
    }
    for one in &woven.actors {
        let head = if one.same_head { ", the same head" } else { "" };
        out.push_str(&format!("{:>8} of {} events of `{}`{head}\n", one.matched, one.of, one.actor));
        if let Some((event, recorded, made)) = &one.unlike {
            out.push_str(&format!(
                "  event {event} of the chain   {recorded}\n  the run has          {made}\n"
            ));
        }
    }
    tell_why(woven, notes, &mut out);
    let file = rehearsal::report::quoted(&shown);
    out.push_str(&format!("help: to run it again\n    rehearsal replay {file}\n"));
    print(&out)
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
