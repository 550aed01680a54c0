//! Arguments in, an exit status out: 0 all held, 1 a failure was found, 2 bad input or usage, 3 a trace could not be followed.

mod bar;
mod chain;
mod explore;
mod files;
mod man;
mod merge;
mod replay;
mod result;
mod run;
mod shrink;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use rehearsal::error::{Error, ErrorKind, Result, screened};
use std::path::PathBuf;
use std::process::ExitCode;

/// Run a cast of actors in virtual time; decide, record, search and replay every order in which anything happens.
#[derive(Parser)]
#[command(name = "rehearsal", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a scenario once, and say what happened
    Run(run::RunArguments),
    /// Run a scenario many times, and look for the order that breaks a promise
    Explore(explore::ExploreArguments),
    /// Put the findings of all shards of a search together
    Merge(merge::MergeArguments),
    /// Repeat a recorded run, or say where it parted
    Replay(replay::ReplayArguments),
    /// Cut a recorded failure down to the few steps that matter
    Shrink(shrink::ShrinkArguments),
    /// Show a recorded run as a timeline
    Show {
        /// The trace
        trace: PathBuf,
    },
    /// Event chains: what real systems record
    #[command(subcommand)]
    Chain(chain::ChainCommand),
    /// Print the JSON Schema of a scenario file
    Schema,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print a manual page, or write those of all commands
    #[command(
        after_help = "`rehearsal man` is the page of the whole, `rehearsal man chain verify` that of one command.\n\
                            `rehearsal man --out DIR` writes a file for each; `man DIR/rehearsal-run.1` shows one."
    )]
    Man(man::ManArguments),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// One JSON object
    Json,
}

/// How a command ended that did not go wrong itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All held.
    Held,
    /// A failure was found.
    Found,
    /// A trace could not be followed.
    Diverged,
}

pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        tell(&format!(
            "error: this is a bug in rehearsal: {panic}\nhelp: please report it with the command and its input"
        ));
    }));
    let arguments = Arguments::parse();
    match perform(arguments.command) {
        Ok(Status::Held) => ExitCode::from(0),
        Ok(Status::Found) => ExitCode::from(1),
        Ok(Status::Diverged) => ExitCode::from(3),
        Err(error) => {
            tell(&error.to_string());
            ExitCode::from(if error.kind() == ErrorKind::Diverged { 3 } else { 2 })
        }
    }
}

fn perform(command: Command) -> Result<Status> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Explore(arguments) => explore::explore(&arguments),
        Command::Merge(arguments) => merge::merge(&arguments),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Shrink(arguments) => shrink::shrink(&arguments),
        Command::Show { trace } => replay::show(&trace),
        Command::Chain(command) => chain::chain(&command),
        Command::Schema => schema(),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "rehearsal", &mut out);
            print(&String::from_utf8_lossy(&out))
        }
        Command::Man(arguments) => man::man(&arguments, Arguments::command()),
    }
}

fn schema() -> Result<Status> {
    let schema = rehearsal::scenario::schema();
    let text = serde_json::to_string_pretty(&schema).map_err(|e| Error::input(e.to_string()))?;
    print(&format!("{text}\n"))
}

/// Prints a line to standard error. Where nobody reads it any more, there is nobody to be told.
pub fn tell(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Prints to standard output what a terminal only shows: nothing in it may act on one. A reader that went away, as `head` does, is no error.
pub fn print(text: &str) -> Result<Status> {
    use std::io::Write as _;
    match std::io::stdout().write_all(screened(text).as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io("write", "standard output", &e))
        }
        _ => Ok(Status::Held),
    }
}
