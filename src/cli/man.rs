//! `rehearsal man`: a page for each command, made of what `--help` says.

use super::{Status, print};
use clap::{Args, Command};
use rehearsal::error::{Error, Result};
use rehearsal::load::Together;
use std::path::PathBuf;

#[derive(Args)]
pub struct ManArguments {
    /// The command whose page is printed, such as `run` or `chain verify`; without one, the page of the whole
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    command: Vec<String>,
    /// Write the pages of all commands into this folder, as `rehearsal.1`, `rehearsal-run.1`, …
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn man(arguments: &ManArguments, whole: Command) -> Result<Status> {
    let mut whole = whole.disable_help_subcommand(true);
    whole.build();
    if let Some(folder) = &arguments.out {
        let mut together = Together::new();
        for command in all(&whole) {
            together.file(&folder.join(format!("{}.1", name(command))), &page(command)?)?;
        }
        together.done()?;
        return Ok(Status::Held);
    }
    let mut command = &whole;
    for word in &arguments.command {
        let known = || command.get_subcommands().map(Command::get_name);
        command = command.find_subcommand(word).ok_or_else(|| {
            let error =
                Error::input(format!("`{}` has no command `{word}`", name(command).replace('-', " ")));
            error.nearest(word, known())
        })?;
    }
    print(&String::from_utf8_lossy(&page(command)?))
}

/// A command and those below it.
fn all(command: &Command) -> Vec<&Command> {
    std::iter::once(command).chain(command.get_subcommands().flat_map(all)).collect()
}

/// `rehearsal-chain-verify`.
fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or(command.get_name()).to_owned()
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    let source = concat!("rehearsal ", env!("CARGO_PKG_VERSION"));
    let man = clap_mangen::Man::new(command.clone()).source(source).manual("Rehearsal Manual");
    man.render(&mut page).map_err(|e| Error::input(e.to_string()))?;
    Ok(page)
}
