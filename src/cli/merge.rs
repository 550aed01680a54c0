//! `rehearsal merge`.

use super::{Format, Status, explore, print, result};
use clap::Args;
use rehearsal::error::{Result, visible};
use rehearsal::explore::{Findings, Found};
use rehearsal::{load, report};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct MergeArguments {
    /// The folders that the shards were told to write to
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Write the whole's findings and traces here
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

pub fn merge(arguments: &MergeArguments) -> Result<Status> {
    let mut all = Vec::new();
    for folder in &arguments.folders {
        for (place, mut findings) in explore::findings(folder)? {
            // A trace is named from where the merged findings are.
            for found in &mut findings.failures {
                found.trace = found.trace.as_ref().map(|trace| place.join(trace).display().to_string());
            }
            all.push(findings);
        }
    }
    let mut whole = Findings::merge(&all)?;
    if let Some(out) = &arguments.out {
        let stems = super::files::stems(whole.failures.iter().map(|found| found.property.as_str()));
        for (found, stem) in whole.failures.iter_mut().zip(stems) {
            copy(out, &stem, found)?;
        }
        load::write_whole(&out.join(result::FILE), &result::bytes(&whole)?)?;
    }
    let folder = arguments.out.as_deref().unwrap_or(Path::new(""));
    match arguments.format {
        Format::Json => print(&format!("{:#}\n", result::counted(&whole, folder)))?,
        Format::Human => {
            let failures: String = whole.failures.iter().map(|found| told(found, &whole, folder)).collect();
            print(&format!("{failures}{}{}", result::human(&whole, None), missing(&whole)))?
        }
    };
    Ok(if whole.failed() { Status::Found } else { Status::Held })
}

/// Copies a trace beside the merged findings.
fn copy(out: &Path, stem: &str, found: &mut Found) -> Result<()> {
    if let Some(trace) = &found.trace {
        let name = format!("{stem}.trace");
        load::write_whole(&out.join(&name), load::read_text(Path::new(trace))?.as_bytes())?;
        found.trace = Some(name);
    }
    Ok(())
}

/// A shard that is not there may have found what the others did not.
fn missing(whole: &Findings) -> String {
    let (count, named) = whole.missing_shards();
    let named = named.join(", ");
    match count {
        0 => String::new(),
        1 => format!("warning: this is not the whole search: shard {named} is missing\n"),
        _ => {
            format!("warning: this is not the whole search: {count} shards are missing, the first: {named}\n")
        }
    }
}

fn told(found: &Found, whole: &Findings, folder: &Path) -> String {
    let steps = match found.from_steps == found.steps {
        true => format!("{} steps", found.steps),
        false => format!("shrunk from {} steps to {}", found.from_steps, found.steps),
    };
    let (property, run) = (visible(&found.property), found.run);
    let mut out = format!(
        "error: property `{property}` does not hold\n  --> {}, run {run} of {}, {steps}\n",
        whole.scenario, whole.runs
    );
    for (step, event) in found.schedule.iter().enumerate() {
        out.push_str(&format!("{:>7}  {}\n", step + 1, visible(event)));
    }
    for note in &found.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    if let Some(trace) = &found.trace {
        let file = report::quoted(&folder.join(trace).display().to_string());
        out.push_str(&format!("help: to reproduce\n    rehearsal replay {file}\n"));
    }
    out.push('\n');
    out
}
