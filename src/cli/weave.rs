//! `rehearsal chain schedule`: the chains of several actors of one run, explained together.

use super::revive::{generous, records};
use super::{Format, Status, files, print};
use clap::Args;
use rehearsal::error::{Error, Result};
use rehearsal::load;
use rehearsal::profile::Profile;
use rehearsal::revive::{self, Explained, Known, Options, Record, Report, Woven};
use rehearsal::scenario::Scenario;
use rehearsal::state::Clock;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
pub struct ScheduleArguments {
    /// The chains, each called as its actor: `NAME.json`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The scenario that the actors are in
    #[arg(
        long,
        value_name = "SCENARIO",
        required_unless_present = "component",
        conflicts_with = "component"
    )]
    scenario: Option<PathBuf>,
    /// The component that an actor was (any number): a scenario is drafted beside the trace
    #[arg(long, value_name = "NAME=WASM")]
    component: Vec<String>,
    /// Whose delivery rules held
    #[arg(long, value_name = "P")]
    profile: Option<String>,
    /// Where the trace goes
    #[arg(short, value_name = "TRACE")]
    output: Option<PathBuf>,
    /// The most fuel for one call, while a scenario is drafted
    #[arg(long, value_name = "N", default_value_t = 1_000_000_000_000)]
    fuel: u64,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub fn schedule(arguments: &ScheduleArguments) -> Result<Status> {
    let chains = named(&arguments.files)?;
    let trace = arguments.output.clone().unwrap_or_else(|| Path::new(files::OUT).join("schedule.trace"));
    let (path, notes) = match &arguments.scenario {
        Some(path) => (path.clone(), Vec::new()),
        None => draft(arguments, &chains, &trace)?,
    };
    let scenario = files::scenario(&path, arguments.profile.as_deref())?;
    let chains = chains.into_iter().map(|(name, record)| {
        let names = scenario.setting.directory.names().iter().map(String::as_str);
        match scenario.setting.directory.find(&name) {
            Some(actor) => Ok((actor, record)),
            None => Err(Error::input(format!("no actor is called `{name}`")).nearest(&name, names)),
        }
    });
    let woven = revive::schedule(&scenario, &chains.collect::<Result<Vec<_>>>()?);
    let written = write(&scenario, &woven, &trace)?;
    show(arguments, &scenario, &woven, &written, &notes)?;
    Ok(if woven.holds() { Status::Held } else { Status::Found })
}

/// The chains by the names of their files.
fn named(files: &[PathBuf]) -> Result<Vec<(String, Arc<Record>)>> {
    let mut named: Vec<(String, Arc<Record>)> = Vec::new();
    for file in files {
        for record in records(file)? {
            let stem = Path::new(&record.name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if named.iter().any(|(known, _)| *known == stem) {
                return Err(Error::input(format!("there are two chains of `{stem}`")));
            }
            named.push((stem, Arc::new(record)));
        }
    }
    Ok(named)
}

/// Drafts a scenario and writes it beside the trace.
fn draft(
    arguments: &ScheduleArguments,
    chains: &[(String, Arc<Record>)],
    trace: &Path,
) -> Result<(PathBuf, Vec<String>)> {
    let path = trace.with_extension("json");
    let mut components: Vec<(String, PathBuf)> = Vec::new();
    for given in &arguments.component {
        let (name, file) = given
            .split_once('=')
            .ok_or_else(|| Error::input(format!("expected NAME=WASM, found `{given}`")))?;
        components.push((name.to_owned(), PathBuf::from(file)));
    }
    let mut reports: Vec<(String, Report)> = Vec::new();
    let mut notes = Vec::new();
    for (name, record) in chains {
        let known = components.iter().map(|(name, _)| name.as_str());
        let (_, file) = components.iter().find(|(known, _)| known == name).ok_or_else(|| {
            Error::input(format!("there is no `--component {name}=WASM`")).nearest(name, known)
        })?;
        let loaded = load::component(file, files::cache(), &generous(arguments.fuel))?;
        let peers = chains.iter().filter(|(other, _)| other != name).map(|(_, peer)| (**peer).clone());
        let options = Options { peers: peers.collect(), ..Options::default() };
        let report = revive::replay(record, &loaded.factory, &options)?;
        if !report.holds() {
            notes.push(format!("`{name}` does not follow its own chain: see `rehearsal chain replay`"));
        }
        let absolute = std::path::absolute(file).map_err(|e| Error::io("find", file.display(), &e))?;
        let here = path.parent().is_none_or(|folder| folder.as_os_str().is_empty());
        let shown = if here { file.clone() } else { absolute };
        reports.push((shown.display().to_string(), report));
    }
    let actors: Vec<Known<'_>> = chains
        .iter()
        .zip(&reports)
        .map(|((name, record), (component, report))| Known {
            name: name.clone(),
            component: component.clone(),
            record,
            report,
        })
        .collect();
    let likely = revive::profile_of(chains.iter().map(|(_, record)| &**record));
    let profile = arguments.profile.as_deref().unwrap_or(likely);
    Profile::find(profile)?;
    let text = serde_json::to_string_pretty(&revive::draft(&actors, profile));
    let text = text.map_err(|e| Error::input(e.to_string()))?;
    load::write_whole(&path, format!("{text}\n").as_bytes())?;
    notes.push(format!("a scenario was drafted: {}", path.display()));
    Ok((path, notes))
}

fn write(scenario: &Scenario, woven: &Woven, path: &Path) -> Result<PathBuf> {
    let mut header = scenario.header(0, "schedule", Clock::Loose);
    // The trace names its scenario so that it is found from the trace's own folder too.
    if Path::new(&header.scenario).parent() == path.parent()
        && let Some(name) = Path::new(&header.scenario).file_name()
    {
        header.scenario = name.to_string_lossy().into_owned();
    }
    let trace =
        scenario.trace(header, &woven.outcome).ok_or_else(|| Error::input("the run was not recorded"))?;
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
            "tries": woven.tries,
            "choices": woven.choices,
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
    for note in notes {
        out.push_str(&format!("note: {note}\n"));
    }
    out.push_str(&format!("help: to run it again\n    rehearsal replay {shown}\n"));
    print(&out)
}
