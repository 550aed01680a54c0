//! Scenario files that are written beside a trace: where they go, and what they call the components.

use crate::cli::files;
use rehearsal::error::{Error, Result};
use rehearsal::load;
use rehearsal::revive::DRAFT_NAME;
use rehearsal::scenario::{ActorSpec, Loader as _, ScenarioFile};
use std::path::{Path, PathBuf};

/// Where a scenario goes that is written beside a trace: `NAME.json`, unless that is among what is `read`, or is there and is not ours. Ours
/// are drafts, and what is like the scenario that is `given`.
pub fn free(trace: &Path, read: &[PathBuf], given: Option<&Path>) -> PathBuf {
    let name = |path: &Path| {
        let file = rehearsal::scenario::read(&load::read_text(path).ok()?, &path.display().to_string());
        file.ok().map(|file| file.name)
    };
    let given = given.map_or_else(|| Some(DRAFT_NAME.to_owned()), name);
    let ours = |path: &Path| !path.exists() || name(path).is_some_and(|name| Some(name) == given);
    let free = |path: &PathBuf| !read.iter().any(|input| files::same(input, path)) && ours(path);
    let mut names = (2..).map(|number| trace.with_extension(format!("scenario-{number}.json")));
    let first = ["json", "scenario.json"].map(|ending| trace.with_extension(ending));
    first.into_iter().find(free).or_else(|| names.find(free)).unwrap_or_default()
}

/// A file as a scenario at `place` is to name it.
pub fn named_from(file: &Path, place: &Path) -> Result<String> {
    let absolute = std::path::absolute(file).map_err(|e| Error::io("find", file.display(), &e))?;
    let here = place.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    let shown = if here { file.to_path_buf() } else { absolute };
    Ok(shown.display().to_string())
}

/// Names the components of a scenario that is at `from` as one at `to` is to name them.
pub fn name_components(file: &mut ScenarioFile, from: &Path, to: &Path) -> Result<()> {
    let folder = from.parent().unwrap_or(Path::new(""));
    for component in file.actors.0.iter_mut().filter_map(|(_, actor)| actor.component.as_mut()) {
        *component = named_from(&folder.join(&*component), to)?;
    }
    Ok(())
}

/// The text of a scenario's file.
pub fn text(file: &ScenarioFile) -> Result<String> {
    let text = serde_json::to_string_pretty(file).map_err(|e| Error::input(e.to_string()))?;
    Ok(text + "\n")
}

/// Whether a component imports nothing but what is served.
pub fn serves(file: &Path) -> bool {
    let spec = ActorSpec { component: Some(file.display().to_string()), ..ActorSpec::default() };
    let mut loader = load::FileLoader::new("", files::cache());
    loader.actor("it", &spec, &rehearsal::limits::Limits::default()).is_ok()
}
