//! Where no order of the given scenario explains the chains: scenarios like it that say less, and actors that go on where their chains end.

use super::scenario_files::{name_components, text};
use crate::cli::files;
use rehearsal::error::Result;
use rehearsal::load;
use rehearsal::revive::{self, Tied, Woven};
use rehearsal::scenario::{Scenario, ScenarioFile};
use std::path::Path;

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
    name_components(&mut file, path, beside)?;
    let mut loader = load::FileLoader::new(beside.parent().unwrap_or(Path::new("")), files::cache());
    let mut written = String::new();
    let mut load = |draft: &ScenarioFile| -> Result<Scenario> {
        written = text(draft)?;
        Scenario::parse(&written, &beside.display().to_string(), &mut loader)
    };
    let found = revive::schedule_loosely(&file, scenario.profile, tied, most, &mut load)?;
    let Some((scenario, woven, how)) = found else { return Ok(None) };
    // The last one that was read is the one that explains them.
    load::write_whole(beside, written.as_bytes())?;
    notes.push(format!("a scenario that explains them was written: {}", beside.display()));
    notes.push(format!("in it {how}"));
    Ok(Some((scenario, woven)))
}
