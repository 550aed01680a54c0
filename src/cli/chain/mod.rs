//! `rehearsal chain …`, a file for each command; and chains as other commands write them.

mod replay;
mod schedule;
mod show;
mod verify;

use super::Status;
use clap::Subcommand;
use rehearsal::chain::{self, ChainForm};
use rehearsal::error::{Error, Result};
use rehearsal::id::ActorId;
use rehearsal::load::Together;
use rehearsal::run::{Acts, chain as chain_of};
use rehearsal::scenario::Scenario;
use rehearsal::state::Role;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum ChainCommand {
    /// Check every hash and every link
    Verify {
        /// The chains: files in any of Theater's layouts, or folders with events/ and chains/
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Show a chain, an event a line
    Show {
        /// The chain
        file: PathBuf,
    },
    /// Drive one actor from its own chain, and compare what it does
    Replay(replay::ReplayArguments),
    /// Find an order of deliveries that explains the chains of several actors, and write it as a trace
    Schedule(schedule::ScheduleArguments),
}

/// Does one of them.
pub fn chain(command: &ChainCommand) -> Result<Status> {
    match command {
        ChainCommand::Verify { files } => verify::verify(files),
        ChainCommand::Show { file } => show::show(file),
        ChainCommand::Replay(arguments) => replay::replay(arguments),
        ChainCommand::Schedule(arguments) => schedule::schedule(arguments),
    }
}

/// What is wrong with a chain, as an error of the command.
pub fn chain_error(error: &chain::ChainError) -> Error {
    // A chain's error tells its own place and notes, in the same grammar.
    let told = error.to_string();
    Error::input(told.strip_prefix("error: ").unwrap_or(&told))
}

/// Writes `<actor>.json` for every actor of the cast.
pub fn write_chains(
    together: &mut Together,
    folder: &Path,
    form: &str,
    scenario: &Scenario,
    acts: &Acts,
) -> Result<()> {
    let form: ChainForm = form.parse().map_err(Error::input)?;
    let directory = &scenario.setting.directory;
    for (place, role) in scenario.setting.roles.iter().enumerate() {
        if *role == Role::Client {
            continue;
        }
        let actor = ActorId(place as u32);
        let events = chain_of(acts, actor, form, directory);
        let mut bytes = Vec::new();
        chain::write_array(&mut bytes, &events).map_err(|e| chain_error(&e))?;
        together.file(&folder.join(format!("{}.json", directory.name(actor))), &bytes)?;
    }
    Ok(())
}
