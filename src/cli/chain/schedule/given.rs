//! Chains explained by a scenario that is given, or by one beside the trace that is like it.

use super::chains::{Chains, tie};
use super::scenario_files::{name_components, serves, text};
use super::{ScheduleArguments, notes::answered_imports, relaxed};
use crate::cli::files;
use rehearsal::error::Result;
use rehearsal::load;
use rehearsal::profile::Profile;
use rehearsal::revive::{self, Tied, Woven};
use rehearsal::scenario::{Scenario, ScenarioFile};
use std::path::{Path, PathBuf};

/// The scenario that explains the chains, else the one that explains most; first the given one. Others are written to `beside`.
pub fn explained(
    arguments: &ScheduleArguments,
    path: &Path,
    chains: &Chains,
    beside: &Path,
    notes: &mut Vec<String>,
) -> Result<(Scenario, Woven)> {
    let (scenario, at) = readable(path, arguments.profile.as_deref(), chains, beside, notes)?;
    let tied = revive::replay_cast(&scenario, &tie(&scenario, chains.to_vec())?)?;
    let quick = revive::quick(&tied, arguments.tries);
    let woven = revive::schedule_tied(&scenario, &tied, quick);
    if woven.holds() {
        return Ok((scenario, woven));
    }
    let other = match addressed(&scenario, &at, chains, (&tied, beside))? {
        Some((other, at, said)) => {
            let tied = revive::replay_cast(&other, &tie(&other, chains.to_vec())?)?;
            let found = revive::schedule_tied(&other, &tied, quick);
            let some = match found.holds() {
                true => Some((other, found)),
                false => relaxed::otherwise(&at, beside, &other, &tied, quick, notes)?,
            };
            match &some {
                Some(_) => notes.push(format!("a scenario was written in which {said}: {}", at.display())),
                None => drop(std::fs::remove_file(&at)),
            }
            some
        }
        None => relaxed::otherwise(&at, beside, &scenario, &tied, quick, notes)?,
    };
    match other {
        Some(other) => Ok(other),
        None if woven.found.bounded && quick < arguments.tries => {
            let woven = revive::schedule_tied(&scenario, &tied, arguments.tries);
            Ok((scenario, woven))
        }
        None => Ok((scenario, woven)),
    }
}

/// The scenario, and where it is: the given one, or, where a component imports what no profile serves, one like it that answers such
/// imports from the chains.
fn readable(
    path: &Path,
    profile: Option<&str>,
    chains: &Chains,
    beside: &Path,
    notes: &mut Vec<String>,
) -> Result<(Scenario, PathBuf)> {
    let error = match files::scenario(path, profile) {
        Ok(scenario) => return Ok((scenario, path.to_owned())),
        Err(error) => error,
    };
    let given = load::read_text(path)?;
    let shown = path.display().to_string();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut loader = load::FileLoader::new(folder, files::cache()).for_replay();
    let Ok(mut file) = rehearsal::scenario::read(&given, &shown) else { return Err(error) };
    if let Some(profile) = profile {
        file.profile = Some(Profile::find(profile)?.name().to_owned());
    }
    let Ok(loose) = Scenario::parse(&text(&file)?, &shown, &mut loader) else { return Err(error) };
    for one in revive::replay_cast(&loose, &tie(&loose, chains.to_vec())?)? {
        let Some((name, spec)) = file.actors.0.get_mut(one.actor.index()) else { continue };
        let strict = spec.component.as_ref().is_none_or(|component| serves(&folder.join(component)));
        spec.imports = (!strict).then(|| revive::imports(&one.report));
        notes.extend(answered_imports(name, &one.report));
    }
    name_components(&mut file, path, beside)?;
    load::write_whole(beside, text(&file)?.as_bytes())?;
    let scenario = files::scenario(beside, profile)?;
    notes.push(format!("a scenario that answers them was written: {}", beside.display()));
    Ok((scenario, beside.to_owned()))
}

/// A scenario beside the trace whose actors have the addresses that they have in the chains, where the given one gives them none (states and
/// messages may name them), and the clock; and what is said of it.
fn addressed(
    scenario: &Scenario,
    path: &Path,
    chains: &Chains,
    (tied, beside): (&[Tied], &Path),
) -> Result<Option<(Scenario, PathBuf, String)>> {
    let mut file = rehearsal::scenario::read(&load::read_text(path)?, &path.display().to_string())?;
    let mut any = false;
    for (actor, told) in revive::told_addresses(scenario, &tie(scenario, chains.to_vec())?)? {
        let Some((_, spec)) = file.actors.0.get_mut(actor.index()).filter(|(_, spec)| spec.id.is_none())
        else {
            continue;
        };
        if told != scenario.setting.directory.address(actor) {
            spec.id = Some(told);
            any = true;
        }
    }
    let addresses =
        any.then(|| "the actors have the addresses of the chains, as the given one says none".to_owned());
    let clock = real_clock(&mut file, tied);
    let said: Vec<String> = addresses.into_iter().chain(clock).collect();
    if said.is_empty() {
        return Ok(None);
    }
    name_components(&mut file, path, beside)?;
    file.profile = Some(scenario.profile.name().to_owned());
    load::write_whole(beside, text(&file)?.as_bytes())?;
    Ok(Some((files::scenario(beside, None)?, beside.to_owned(), said.join(", and "))))
}

/// Tells the actors of a scenario the time that a real clock told them, which a run does not reach.
fn real_clock(file: &mut ScenarioFile, tied: &[Tied]) -> Option<String> {
    let mut told = Vec::new();
    for one in tied {
        let clock = revive::imports(&one.report);
        let actor = file.actors.0.get_mut(one.actor.index());
        if let Some((name, spec)) = actor.filter(|(_, spec)| spec.imports.is_none() && !clock.is_empty()) {
            told.push(format!("`{name}`"));
            spec.imports = Some(clock);
        }
    }
    (!told.is_empty()).then(|| format!("the time that {} asked for is that of the chains", told.join(", ")))
}
