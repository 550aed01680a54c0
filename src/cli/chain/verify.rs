//! `rehearsal chain verify`: every hash and every link.

use super::chain_error;
use crate::cli::{Status, print, tell};
use rehearsal::chain::{self, Limits};
use rehearsal::error::{Error, Result};
use std::path::{Path, PathBuf};

/// All files are looked at: what is wrong with one says nothing of the next.
pub fn verify(files: &[PathBuf]) -> Result<Status> {
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
