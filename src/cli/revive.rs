//! `rehearsal chain replay`: an actor driven from its own chain.

use super::chain::chain_error;
use super::{Format, Status, files, print};
use clap::Args;
use rehearsal::chain::{self, Limits as Bounds};
use rehearsal::error::{Error, Result};
use rehearsal::limits::Limits;
use rehearsal::load;
use rehearsal::profile::Profile;
use rehearsal::revive::{self, Options, Peers, Record, Report};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// The most fuel for one call
    #[arg(long, value_name = "N", default_value_t = 1_000_000_000_000)]
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
pub fn records(path: &Path) -> Result<Vec<Record>> {
    let opened = chain::open(path, Bounds::default()).map_err(|e| chain_error(&e))?;
    opened.into_iter().map(Record::read).collect()
}

/// The same, but of a chain without events its name.
pub fn some_records(path: &Path) -> Result<Vec<std::result::Result<Record, String>>> {
    let open = || chain::open(path, Bounds::default()).map_err(|e| chain_error(&e));
    let some = |(opened, mut again): (chain::Opened, chain::Opened)| match again.events.next_event() {
        Ok(None) => Ok(Err(opened.name)),
        _ => Record::read(opened).map(Ok),
    };
    open()?.into_iter().zip(open()?).map(some).collect()
}

/// Bounds for what has run once already: it came to an end there.
pub fn generous(fuel: u64) -> Limits {
    let mut limits = Limits::default();
    limits.fuel = fuel;
    limits.effect_bytes = 1 << 30;
    limits.state_bytes = 1 << 30;
    limits
}

pub fn replay(arguments: &ReplayArguments) -> Result<Status> {
    let profile = arguments.profile.as_deref().map(Profile::find).transpose()?;
    let loaded = load::component(&arguments.component, files::cache(), &generous(arguments.fuel))?;
    let mut peers = Vec::new();
    for peer in &arguments.peer {
        peers.extend(records(peer)?);
    }
    let state = arguments.state.clone().map(String::into_bytes);
    let peers = Peers::of(&peers);
    let options = Options { state, address: arguments.id.clone(), peers, profile, ..Options::default() };
    let mut reports = Vec::new();
    for record in records(&arguments.file)? {
        reports.push(revive::replay(&Arc::new(record), &loaded.factory, &options)?);
    }
    if reports.is_empty() {
        return Err(Error::input(format!("there is no chain in `{}`", arguments.file.display())));
    }
    show(&reports, arguments)?;
    Ok(if reports.iter().all(Report::holds) { Status::Held } else { Status::Found })
}

fn show(reports: &[Report], arguments: &ReplayArguments) -> Result<Status> {
    match arguments.format {
        Format::Human => {
            let again = format!(
                "rehearsal chain replay --component {} {}",
                rehearsal::report::quoted(&arguments.component.display().to_string()),
                rehearsal::report::quoted(&arguments.file.display().to_string())
            );
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
