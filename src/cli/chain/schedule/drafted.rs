//! Scenarios that `rehearsal chain schedule` drafts from chains alone.

use super::chains::Chains;
use super::scenario_files::{named_from, serves, text};
use super::{
    ScheduleArguments, broken,
    notes::{answered_imports, over_channels, stand_ins},
};
use crate::cli::chain::replay::Fuelled;
use crate::cli::files;
use rehearsal::error::{Error, Result};
use rehearsal::id::ActorId;
use rehearsal::load;
use rehearsal::profile::Profile;
use rehearsal::property::Violation;
use rehearsal::revive::{self, Known, Peers, ReplayOptions, Report, Tied, Woven};
use rehearsal::scenario::{Duration, Scenario, ScenarioFile};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Chains, and what came of driving their actors.
struct Draft<'a> {
    arguments: &'a ScheduleArguments,
    chains: &'a Chains,
    reports: Vec<Driven>,
    profile: Profile,
    path: PathBuf,
}

/// What came of driving an actor.
struct Driven {
    file: PathBuf,
    /// The component as the draft is to name it.
    component: String,
    report: Report,
    /// How much fuel it took.
    fuel: u64,
    /// Whether it imports nothing but what is served.
    served: bool,
}

/// Drafts a scenario, finds the order, and writes the draft beside the trace.
pub fn drafted(
    arguments: &ScheduleArguments,
    chains: &Chains,
    path: PathBuf,
    notes: &mut Vec<String>,
) -> Result<(Scenario, Woven)> {
    let likely = revive::profile_of(chains.iter().map(|(_, record)| &**record));
    let profile = arguments.profile.as_deref().map_or(Ok(likely), Profile::find)?;
    let reports = driven(arguments, chains, &path, profile, notes)?;
    let draft = Draft { arguments, chains, reports, profile, path };
    let (first, _) = draft.file(false);
    notes.extend(stand_ins(&first));
    for ((name, _), one) in first.actors.0.iter().zip(&draft.reports) {
        notes.extend(answered_imports(name, &one.report));
    }
    let (scenario, woven) = draft.explained(notes)?;
    if !woven.holds() && arguments.profile.is_none() {
        notes.push(format!(
            "the chains look like those of `{}`: `--profile P` says under which rules they were made",
            profile.name()
        ));
    }
    let scenario = draft.waived(scenario, &woven, notes)?;
    notes.push(format!("a scenario was drafted: {}", draft.path.display()));
    Ok((scenario, woven))
}

impl Draft<'_> {
    /// The scenario, and what is to be said of it.
    fn file(&self, cut: bool) -> (ScenarioFile, Vec<String>) {
        let known = self.chains.iter().zip(&self.reports).map(|((name, record), one)| Known {
            name: name.clone(),
            component: one.component.clone(),
            record,
            report: &one.report,
        });
        let (mut draft, told) = revive::draft(&known.collect::<Vec<_>>(), self.profile, cut);
        if let Some(limits) =
            draft.limits.as_mut().filter(|_| self.reports.iter().any(|one| one.report.out_of_fuel))
        {
            limits.fuel = self.reports.iter().map(|one| one.fuel).max().unwrap_or(limits.fuel);
        }
        for ((_, spec), one) in draft.actors.0.iter_mut().zip(&self.reports) {
            if !one.served {
                spec.imports.get_or_insert_with(Vec::new);
            }
        }
        if let Some(span) = self.arguments.call_timeout.filter(|_| self.profile != Profile::Actors) {
            draft.theater.get_or_insert_default().call_timeout = Some(Duration(span));
        }
        (draft, told)
    }

    fn load(&self, draft: &ScenarioFile) -> Result<Scenario> {
        load::write_whole(&self.path, text(draft)?.as_bytes())?;
        files::scenario(&self.path, None)
    }

    /// The draft that explains the chains, else the one that explains most; last is what takes longest, or takes a chain for one that was cut
    /// off.
    fn explained(&self, notes: &mut Vec<String>) -> Result<(Scenario, Woven)> {
        let chains = self.chains.iter().zip(&self.reports).enumerate();
        let tied: Vec<Tied> = chains
            .map(|(place, ((_, record), one))| {
                // The cast of the draft is in the order of the chains.
                let report = one.report.clone();
                Tied { actor: ActorId(place as u32), record: Arc::clone(record), report }
            })
            .collect();
        let tries = self.arguments.tries;
        let quick = revive::quick(&tied, tries);
        let mut load = |draft: &ScenarioFile| self.load(draft);
        let (draft, told) = self.file(false);
        let mut nearest = revive::schedule_draft(draft.clone(), &tied, quick, &mut load)?;
        if !nearest.1.holds() {
            let text = load::read_text(&self.path)?;
            if let Some(found) =
                revive::draft_beyond(&self.file(true).0, self.profile, &tied, quick, &mut load)?
            {
                notes.extend(over_channels(&found.0));
                return Ok(found);
            }
            load::write_whole(&self.path, text.as_bytes())?;
            if nearest.1.found.bounded && quick < tries {
                nearest = revive::schedule_draft(draft, &tied, tries, &mut load)?;
            }
        }
        notes.extend(told);
        Ok(nearest)
    }

    /// What went on in spite of what it breaks is to be followed to its end.
    fn waived(&self, mut scenario: Scenario, woven: &Woven, notes: &mut Vec<String>) -> Result<Scenario> {
        while let Some(Violation { property, step, builtin: Some(builtin), .. }) =
            broken(&scenario, woven).and_then(|outcome| outcome.verdict.violation().cloned())
        {
            let text = load::read_text(&self.path)?;
            let mut file = rehearsal::scenario::read(&text, &self.path.display().to_string())?;
            if file.waive.contains(&builtin) {
                break;
            }
            file.waive.push(builtin);
            scenario = self.load(&file)?;
            notes.push(format!("the run breaks `{property}` at step {step}, which the draft waives"));
        }
        Ok(scenario)
    }
}

/// What came of driving each actor from its chain.
fn driven(
    arguments: &ScheduleArguments,
    chains: &Chains,
    path: &Path,
    rules: Profile,
    notes: &mut Vec<String>,
) -> Result<Vec<Driven>> {
    let mut components: Vec<(String, PathBuf)> = Vec::new();
    for given in &arguments.component {
        let (name, file) = given
            .split_once('=')
            .ok_or_else(|| Error::input(format!("expected NAME=WASM, found `{given}`")))?;
        if components.iter().any(|(known, _)| known == name) {
            return Err(Error::input(format!("there are two components of `{name}`")));
        }
        components.push((name.to_owned(), PathBuf::from(file)));
    }
    for (name, record) in chains {
        let refused = |error: Error| {
            error.in_file(&record.name).note("a chain's file is called as its actor will be in the draft")
        };
        rehearsal::scenario::check_name(name).map_err(refused)?;
    }
    let own = |name: &String| chains.iter().any(|(other, _)| other == name);
    let idle = components.iter().filter(|(name, _)| !own(name));
    notes.extend(
        idle.map(|(name, _)| format!("no chain here is that of `{name}`: its component is not used")),
    );
    let peers = Peers::of(chains.iter().map(|(_, record)| &**record));
    let mut factories = Fuelled::default();
    let mut reports: Vec<Driven> = Vec::new();
    for (name, record) in chains {
        // A component that has its own chain was not meant for this one.
        let known = components.iter().map(|(name, _)| name).filter(|name| !own(name)).map(String::as_str);
        let (_, file) = components.iter().find(|(known, _)| known == name).ok_or_else(|| {
            Error::input(format!("there is no `--component {name}=WASM`")).nearest(name, known)
        })?;
        let options =
            ReplayOptions { peers: Arc::clone(&peers), profile: Some(rules), ..ReplayOptions::default() };
        let mut make = |fuel| factories.with(file, fuel);
        let (report, fuel) = revive::fuelled(record, arguments.fuel, &options, &mut make)?;
        if let Some(found) = &report.divergence {
            notes.push(format!(
                "`{name}` does not follow its own chain, from event {} on: see `rehearsal chain replay`",
                found.event
            ));
        }
        let served = match reports.iter().find(|one| one.file == *file) {
            Some(known) => known.served,
            None => serves(file),
        };
        reports.push(Driven { file: file.clone(), component: named_from(file, path)?, report, fuel, served });
    }
    Ok(reports)
}
