//! Scenarios that `rehearsal chain schedule` writes beside the trace: like the given one, but for what the chains say.

use super::files;
use super::weave::{named_from, tie};
use rehearsal::chooser::Replay;
use rehearsal::error::{Error, Result};
use rehearsal::load;
use rehearsal::profile::Profile;
use rehearsal::revive::{self, Record, Report, Tied, Woven};
use rehearsal::run::{Keep, Outcome};
use rehearsal::scenario::{ActorSpec, Loader as _, Scenario, ScenarioFile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of a scenario that was drafted, as the draft says it.
const DRAFT: &str = "from chains";

/// The chains by name.
pub type Chains = [(String, Arc<Record>)];

/// The scenario, and where it is: the given one, or, where a component imports what no profile serves, one like it that answers such
/// imports from the chains.
pub fn given(
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
    let text = load::read_text(path)?;
    let shown = path.display().to_string();
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut loader = load::FileLoader::new(folder, files::cache()).for_replay();
    let Ok(mut file) = rehearsal::scenario::read(&text, &shown) else { return Err(error) };
    if let Some(profile) = profile {
        file.profile = Some(Profile::find(profile)?.name().to_owned());
    }
    let text = serde_json::to_string(&file).map_err(|e| Error::input(e.to_string()))?;
    let Ok(loose) = Scenario::parse(&text, &shown, &mut loader) else { return Err(error) };
    for one in revive::play(&loose, &tie(&loose, chains.to_vec())?)? {
        let Some((name, spec)) = file.actors.0.get_mut(one.actor.index()) else { continue };
        let strict = spec.component.as_ref().is_none_or(|component| serves(&folder.join(component)));
        spec.imports = (!strict).then(|| revive::imports(&one.report));
        notes.extend(told(name, &one.report));
    }
    for component in file.actors.0.iter_mut().filter_map(|(_, actor)| actor.component.as_mut()) {
        *component = named_from(&folder.join(&*component), beside)?;
    }
    let text = serde_json::to_string_pretty(&file).map_err(|e| Error::input(e.to_string()))?;
    load::write_whole(beside, format!("{text}\n").as_bytes())?;
    let scenario = files::scenario(beside, profile)?;
    notes.push(format!("a scenario that answers them was written: {}", beside.display()));
    Ok((scenario, beside.to_owned()))
}

/// Whether a component imports nothing but what is served.
pub fn serves(file: &Path) -> bool {
    let spec = ActorSpec { component: Some(file.display().to_string()), ..ActorSpec::default() };
    let mut loader = load::FileLoader::new("", files::cache());
    loader.actor("it", &spec, &rehearsal::limits::Limits::default()).is_ok()
}

/// The run as it is with the scenario's properties, where it breaks one.
pub fn broken(scenario: &Scenario, woven: &Woven) -> Option<Outcome> {
    let choices = &woven.outcome.record.as_ref()?.choices;
    let answers = choices.iter().copied().map(Into::into).collect();
    let mut simulation = scenario.simulation(Some(woven.found.clock));
    let again = Box::new(Replay::new(answers, scenario.names()));
    let (outcome, _) = simulation.run(again, Keep { trace: true, acts: false });
    outcome.verdict.violation().is_some().then_some(outcome)
}

/// Which imports of an actor were answered from its chain.
pub fn told(name: &str, report: &Report) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in revive::imports(report) {
        *counts.entry(format!("{}.{}", one.interface, one.function)).or_default() += 1;
    }
    let line = |(function, count): (String, usize)| {
        let calls = if count == 1 { "call" } else { "calls" };
        match function == "theater:simple/timing.now" {
            true => {
                format!("the clock was a real one: {count} {calls} of `{name}` answered from its own chain")
            }
            false => {
                format!(
                    "no profile serves `{function}`: {count} {calls} of `{name}` answered from its own chain"
                )
            }
        }
    };
    counts.into_iter().map(line).collect()
}

/// Who has no chain here and was dealt with by those who have: a stand-in does what is known of it.
pub fn missing(draft: &ScenarioFile) -> Vec<String> {
    let stand_ins =
        draft.actors.0.iter().filter(|(_, spec)| spec.native.as_deref() == Some(revive::STAND_IN));
    let line = |(name, spec): &(String, ActorSpec)| {
        let to = spec.id.as_deref().unwrap_or_default();
        format!(
            "no chain here is that of {to}: `{name}` stands in for it, and answers as it did. Its chain and `--component NAME=WASM`, or a \
             `--scenario` with an actor whose `id` it is, would tell more"
        )
    };
    stand_ins.map(line).collect()
}

/// Where a scenario goes that is written beside a trace: `NAME.json`, unless that is among what is `read`, or is there and is not ours. Ours
/// are drafts, and what is like the scenario that is `given`.
pub fn free(trace: &Path, read: &[PathBuf], given: Option<&Path>) -> PathBuf {
    let name = |path: &Path| {
        let file = rehearsal::scenario::read(&load::read_text(path).ok()?, &path.display().to_string());
        file.ok().map(|file| file.name)
    };
    let given = given.map_or_else(|| Some(DRAFT.to_owned()), name);
    let ours = |path: &Path| !path.exists() || name(path).is_some_and(|name| Some(name) == given);
    let free = |path: &PathBuf| !read.iter().any(|input| files::same(input, path)) && ours(path);
    let mut names = (2..).map(|number| trace.with_extension(format!("scenario-{number}.json")));
    let first = ["json", "scenario.json"].map(|ending| trace.with_extension(ending));
    first.into_iter().find(free).or_else(|| names.find(free)).unwrap_or_default()
}

/// Where no order of the scenario explains the chains: a scenario beside the trace whose clients say less of when; and if there is none, an
/// order in which actors go on where their chains end.
pub fn otherwise(
    at: &Path,
    beside: &Path,
    scenario: &Scenario,
    tied: &[Tied],
    most: u64,
    notes: &mut Vec<String>,
) -> Result<Option<(Scenario, Woven)>> {
    if let Some(found) = loosely(at, beside, scenario, tied, (most, false), notes)? {
        return Ok(Some(found));
    }
    let woven = revive::schedule_beyond(scenario, tied, most.min(revive::MOST_BEYOND));
    if woven.holds() {
        return Ok(Some((files::scenario(at, Some(scenario.profile.name()))?, woven)));
    }
    loosely(at, beside, scenario, tied, (most, true), notes)
}

fn loosely(
    path: &Path,
    beside: &Path,
    scenario: &Scenario,
    tied: &[Tied],
    most: (u64, bool),
    notes: &mut Vec<String>,
) -> Result<Option<(Scenario, Woven)>> {
    let mut file = rehearsal::scenario::read(&load::read_text(path)?, &path.display().to_string())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for component in file.actors.0.iter_mut().filter_map(|(_, actor)| actor.component.as_mut()) {
        *component = named_from(&folder.join(&*component), beside)?;
    }
    let mut loader = load::FileLoader::new(beside.parent().unwrap_or(Path::new("")), files::cache());
    let mut text = String::new();
    let mut load = |draft: &ScenarioFile| -> Result<Scenario> {
        text = serde_json::to_string_pretty(draft).map_err(|e| Error::input(e.to_string()))?;
        text.push('\n');
        Scenario::parse(&text, &beside.display().to_string(), &mut loader)
    };
    let found = revive::schedule_loosely(&file, scenario.profile, tied, most, &mut load)?;
    let Some((scenario, woven, how)) = found else { return Ok(None) };
    // The last one that was read is the one that explains them.
    load::write_whole(beside, text.as_bytes())?;
    notes.push(format!("a scenario that explains them was written: {}", beside.display()));
    notes.push(format!("in it {how}"));
    Ok(Some((scenario, woven)))
}

/// Who went on where its chain ends.
pub fn gone_on<'a>(scenario: &'a Scenario, woven: &Woven) -> Vec<&'a str> {
    let names = woven.found.beyond.iter().map(|who| scenario.setting.directory.name(*who));
    names.filter(|_| woven.holds()).collect()
}

/// What is to be said of them.
pub fn beyond(scenario: &Scenario, woven: &Woven) -> Vec<String> {
    let line = |name: &str| {
        format!(
            "the chain of `{name}` ends before the others: what `{name}` did afterwards was played by its component, and is checked only \
             against theirs"
        )
    };
    gone_on(scenario, woven).into_iter().map(line).collect()
}

/// What is to be said of clients of a draft that send over channels of others.
pub fn over_channels(scenario: &Scenario) -> Option<String> {
    let any = scenario.names().iter().any(|name| name.starts_with("outside-over-channel"));
    any.then(|| {
        "what came over a channel, and no chain sent, is sent by a client that knows the channel".to_owned()
    })
}
