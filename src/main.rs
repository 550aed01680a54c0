//! The `rehearsal` command: arguments, files, exit statuses.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
