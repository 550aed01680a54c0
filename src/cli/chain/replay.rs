//! `rehearsal chain replay`: an actor driven from its own chain.

use super::chain_error;
use crate::cli::{Format, Status, files, print};
use clap::Args;
use rehearsal::chain::{self, Limits as Bounds};
use rehearsal::error::{Error, Result};
use rehearsal::limits::Limits;
use rehearsal::load;
use rehearsal::profile::Profile;
use rehearsal::revive::{self, ChainRecord, Peers, ReplayOptions, Report};
use rehearsal::run::Factory;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most fuel that a call is given by default: a thousand times what a scenario gives, some minutes.
pub const MOST_FUEL: u64 = 100_000_000_000;

#[derive(Args)]
pub struct ReplayArguments {
    /// The chain: a file in any of Theater's layouts, or a folder with events/ and chains/
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The component that the actor was
    #[arg(long, value_name = "WASM")]
    component: PathBuf,
    /// The rules under which it ran: answers that the chain does not hold are looked for among theirs
    #[arg(long, value_name = "P")]
    profile: Option<String>,
    /// The most fuel for one call: the usual is given first, and more where the chain goes on behind it
    #[arg(long, value_name = "N", default_value_t = MOST_FUEL)]
    fuel: u64,
    /// The state that `init` was given, as text; no chain holds it, and without it one is looked for
    #[arg(long, value_name = "TEXT")]
    state: Option<String>,
    /// The actor's own address, for a component that wants it where its chain has none
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The chain of an actor that this one talked to (any number)
    #[arg(long, value_name = "FILE")]
    peer: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Reads the chains of a file or a folder.
pub fn records(path: &Path) -> Result<Vec<ChainRecord>> {
    let opened = chain::open(path, Bounds::default()).map_err(|e| chain_error(&e))?;
    opened.into_iter().map(ChainRecord::read).collect()
}

/// The same, but of a chain without events its name. Each is read once: a pipe has nothing more the second time.
pub fn some_records(path: &Path) -> Result<Vec<std::result::Result<ChainRecord, String>>> {
    let opened = chain::open(path, Bounds::default()).map_err(|e| chain_error(&e))?;
    let some = |opened: chain::Opened| {
        let name = opened.name.clone();
        Ok(ChainRecord::if_any(opened)?.ok_or(name))
    };
    opened.into_iter().map(some).collect()
}

/// Components, loaded once for each amount of fuel.
#[derive(Default)]
pub struct Fuelled(BTreeMap<(PathBuf, u64), Factory>);

impl Fuelled {
    /// The factory of a component with so much.
    pub fn with(&mut self, file: &Path, fuel: u64) -> Result<Factory> {
        let key = (file.to_path_buf(), fuel);
        if let Some(factory) = self.0.get(&key) {
            return Ok(Arc::clone(factory));
        }
        let factory = load::component(file, files::cache(), &generous(fuel))?.factory;
        self.0.insert(key, Arc::clone(&factory));
        Ok(factory)
    }
}

/// Bounds for what has run once already: it came to an end there.
fn generous(fuel: u64) -> Limits {
    let mut limits = Limits::default();
    limits.fuel = fuel;
    limits.effect_bytes = 1 << 30;
    limits.state_bytes = 1 << 30;
    limits
}

pub fn replay(arguments: &ReplayArguments) -> Result<Status> {
    let profile = arguments.profile.as_deref().map(Profile::find).transpose()?;
    let mut components = Fuelled::default();
    let mut peers = Vec::new();
    for peer in &arguments.peer {
        peers.extend(records(peer)?);
    }
    let state = arguments.state.clone().map(String::into_bytes);
    let peers = Peers::of(&peers);
    let options =
        ReplayOptions { state, address: arguments.id.clone(), peers, profile, ..ReplayOptions::default() };
    let mut reports = Vec::new();
    for record in records(&arguments.file)? {
        let mut make = |fuel| components.with(&arguments.component, fuel);
        reports.push(revive::fuelled(&Arc::new(record), arguments.fuel, &options, &mut make)?.0);
    }
    if reports.is_empty() {
        return Err(Error::input(format!("there is no chain in `{}`", arguments.file.display())));
    }
    show(&reports, arguments)?;
    Ok(if reports.iter().all(Report::holds) { Status::Held } else { Status::Found })
}

/// The command with all that it was given, and that changes what comes of it.
fn again(arguments: &ReplayArguments) -> String {
    let file = |path: &Path| path.display().to_string();
    let fuel = (arguments.fuel != MOST_FUEL).then(|| arguments.fuel.to_string());
    let mut given = vec![("--component", file(&arguments.component))];
    given.extend(arguments.profile.clone().map(|profile| ("--profile", profile)));
    given.extend(fuel.map(|fuel| ("--fuel", fuel)));
    given.extend(arguments.state.clone().map(|state| ("--state", state)));
    given.extend(arguments.id.clone().map(|id| ("--id", id)));
    given.extend(arguments.peer.iter().map(|peer| ("--peer", file(peer))));
    let given: String =
        given.iter().map(|(name, value)| format!(" {name} {}", rehearsal::report::quoted(value))).collect();
    format!("rehearsal chain replay{given} {}", rehearsal::report::quoted(&file(&arguments.file)))
}

fn show(reports: &[Report], arguments: &ReplayArguments) -> Result<Status> {
    match arguments.format {
        Format::Human => {
            let again = again(arguments);
            print(&reports.iter().map(|report| report.human(&again)).collect::<String>())
        }
        Format::Json => {
            let told = match reports {
                [one] => one.json(),
                many => {
                    let held = many.iter().all(Report::holds);
                    let each: Vec<serde_json::Value> = many.iter().map(Report::json).collect();
                    json!({"outcome": if held { "held" } else { "diverged" }, "chains": each})
                }
            };
            print(&format!("{told:#}\n"))
        }
    }
}
