//! The chains that are to be explained: read, and each given to its actor.

use crate::cli::chain::replay::some_records;
use rehearsal::chain::Invocation;
use rehearsal::error::{Error, Result};
use rehearsal::id::ActorId;
use rehearsal::revive::ChainRecord;
use rehearsal::scenario::Scenario;
use rehearsal::state::Role;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The chains by name.
pub type Chains = [(String, Arc<ChainRecord>)];

/// The chains by the names of their files. One without events says nothing of its actor.
pub fn named(files: &[PathBuf], notes: &mut Vec<String>) -> Result<Vec<(String, Arc<ChainRecord>)>> {
    let mut named: Vec<(String, Arc<ChainRecord>)> = Vec::new();
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

/// Whose chains they are.
pub fn tie(
    scenario: &Scenario,
    chains: Vec<(String, Arc<ChainRecord>)>,
) -> Result<Vec<(ActorId, Arc<ChainRecord>)>> {
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

/// The first call of an export that no profile makes: the order ends before it.
pub fn unmade(name: &str, record: &ChainRecord) -> Option<String> {
    let (place, export, _) = record.calls().find(|(_, _, call)| *call == Invocation::Other)?;
    Some(format!(
        "event {place} of `{name}` is a call of `{export}`, which no profile makes: `rehearsal chain replay` goes on behind it"
    ))
}
