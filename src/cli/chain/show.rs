//! `rehearsal chain show`: a chain, an event a line.

use super::chain_error;
use crate::cli::Status;
use rehearsal::chain::{self, Limits};
use rehearsal::error::Result;
use std::io::Write as _;
use std::path::Path;

/// Shows the chains of a file, and says whether they hold.
pub fn show(file: &Path) -> Result<Status> {
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
