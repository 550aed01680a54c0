//! `rehearsal chain …`.

use super::{Status, print, tell};
use clap::Subcommand;
use rehearsal::chain::{self, ChainForm, Limits};
use rehearsal::error::{Error, Result};
use rehearsal::id::ActorId;
use rehearsal::load::Together;
use rehearsal::run::{Acts, chain as chain_of};
use rehearsal::scenario::Scenario;
use rehearsal::state::Role;
use std::io::Write as _;
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
    Replay(super::revive::ReplayArguments),
    /// Find an order of deliveries that explains the chains of several actors, and write it as a trace
    Schedule(super::weave::ScheduleArguments),
}

pub fn chain(command: &ChainCommand) -> Result<Status> {
    match command {
        ChainCommand::Verify { files } => verify(files),
        ChainCommand::Show { file } => show(file),
        ChainCommand::Replay(arguments) => super::revive::replay(arguments),
        ChainCommand::Schedule(arguments) => super::weave::schedule(arguments),
    }
}

pub fn chain_error(error: &chain::ChainError) -> Error {
    // A chain's error tells its own place and notes, in the same grammar.
    let told = error.to_string();
    Error::input(told.strip_prefix("error: ").unwrap_or(&told))
}

/// All files are looked at: what is wrong with one says nothing of the next.
fn verify(files: &[PathBuf]) -> Result<Status> {
    let mut status = Status::Held;
    let mut wrong: Vec<Error> = Vec::new();
    for file in files {
        match verify_one(file) {
            Ok(Status::Held) => {}
            Ok(other) => status = other,
            Err(error) => {
                if files.len() > 1 {
                    tell(&error.to_string());
                }
                wrong.push(error);
            }
        }
    }
    match wrong.len() {
        0 => Ok(status),
        1 if files.len() == 1 => Err(wrong.remove(0)),
        count => {
            let (files, all) = (if count == 1 { "file" } else { "files" }, files.len());
            Err(Error::input(format!("{count} {files} of {all} could not be verified")))
        }
    }
}

fn verify_one(file: &Path) -> Result<Status> {
    let mut status = Status::Held;
    for mut opened in chain::open(file, Limits::default()).map_err(|e| chain_error(&e))? {
        let report = chain::verify(&mut *opened.events).map_err(|e| chain_error(&e.in_file(&opened.name)))?;
        if !report.holds() {
            status = Status::Found;
        }
        print(&format!("{}: {report}\n", opened.name))?;
        if report.events == 0 {
            print(
                "note: there is nothing in it to verify: an actor that ran has at least the call of its `init`\n",
            )?;
        }
    }
    Ok(status)
}

fn show(file: &Path) -> Result<Status> {
    let mut status = Status::Held;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for mut opened in chain::open(file, Limits::default()).map_err(|e| chain_error(&e))? {
        let report = match chain::show(&mut *opened.events, &mut out) {
            Ok(report) => report,
            Err(_) if out.flush().is_err() => return Ok(status), // The reader went away, as `head` does.
            Err(error) => return Err(chain_error(&error.in_file(&opened.name))),
        };
        if !report.holds() {
            status = Status::Found;
        }
    }
    Ok(status)
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
