//! `rehearsal run`.

use super::{Format, Status, files, print};
use clap::Args;
use rehearsal::choice::Chooser;
use rehearsal::chooser::{Bytes, Fifo, Sampler, Seeded};
use rehearsal::error::{Error, Result, visible};
use rehearsal::explore;
use rehearsal::load;
use rehearsal::load::Together;
use rehearsal::property::{Kind, Property};
use rehearsal::report;
use rehearsal::run::{Keep, Outcome, Verdict};
use rehearsal::scenario::Scenario;
use rehearsal::trace::Trace;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct RunArguments {
    /// The scenario file
    scenario: PathBuf,
    /// The seed of everything that is drawn
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How questions are answered: fifo, random, pct[:DEPTH], pos, weights, rounds or mix
    #[arg(long, default_value = "random", conflicts_with = "answers")]
    strategy: String,
    /// Answer questions from the bytes of this file, as a fuzzer does
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Whose delivery rules hold, in place of the scenario's
    #[arg(long)]
    profile: Option<String>,
    /// Write the trace here
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write the actors' event chains into this folder
    #[arg(long, value_name = "DIR")]
    chains: Option<PathBuf>,
    /// The form of the chains
    #[arg(long, value_name = "FORM", default_value = "b", value_parser = ["a", "b"])]
    chain_form: String,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// The chooser of a strategy's name.
pub fn chooser(strategy: &str, seed: u64, scenario: &Scenario) -> Result<Box<dyn Chooser>> {
    match strategy {
        "fifo" => Ok(Box::new(Fifo)),
        "random" => Ok(Box::new(Seeded::new(seed))),
        "dfs" | "dpor" => {
            Err(Error::input(format!("the strategy `{strategy}` is for many runs, and this is one"))
                .help(format!("rehearsal explore --strategy {strategy} {}", scenario.path)))
        }
        other => {
            let mut sampler = Sampler::new(other.parse()?, explore::quiet_length(scenario));
            sampler.begin(seed);
            Ok(Box::new(sampler))
        }
    }
}

pub fn run(arguments: &RunArguments) -> Result<Status> {
    if let Some(trace) = &arguments.trace {
        files::apart(&arguments.scenario, trace)?;
        if let Some(answers) = &arguments.answers {
            files::apart(answers, trace)?;
        }
    }
    let scenario = files::scenario(&arguments.scenario, arguments.profile.as_deref())?;
    let (chooser, strategy) = match &arguments.answers {
        Some(path) => {
            let bytes = load::read_file(path, load::LARGEST_BINARY);
            let bytes = bytes.map_err(|e| Error::io("read", path.display(), &e))?;
            (Box::new(Bytes::new(bytes)) as Box<dyn Chooser>, "answers")
        }
        None => (chooser(&arguments.strategy, arguments.seed, &scenario)?, arguments.strategy.as_str()),
    };
    let mut simulation = scenario.simulation(None);
    let keep = Keep { trace: true, acts: arguments.chains.is_some() };
    let (outcome, _) = simulation.run(chooser, keep);
    let header = scenario.header(arguments.seed, strategy, scenario.setting.clock);
    let trace = scenario.trace(header, &outcome).ok_or_else(|| Error::input("the run was not recorded"))?;
    let failed = outcome.verdict != Verdict::Held;
    // What was found is told in any case, and then that it could not be written.
    let (written, error) = match write(arguments, &scenario, &trace, &outcome) {
        Ok(written) => (written, None),
        Err(error) => (None, Some(error)),
    };
    match arguments.format {
        Format::Json => {
            let mut told = report::json(&scenario, &outcome, simulation.state(), arguments.seed, strategy);
            told["trace"] = written.as_ref().map(|path| path.display().to_string()).into();
            print(&format!("{told:#}\n"))?;
        }
        Format::Human => {
            let told = report::backtraces(simulation.state());
            let cut = report::cut(&outcome).map_or(String::new(), |cut| format!("note: {cut}\n"));
            let told = told + &never_seen(&scenario, &outcome) + &cut;
            print(&human(arguments, &scenario, &outcome, &trace, strategy, written.as_deref(), &told))
                .map(|_| ())?
        }
    }
    match error {
        Some(error) => Err(error),
        None if failed => Ok(Status::Found),
        None => Ok(Status::Held),
    }
}

/// Writes the trace and the chains, both or neither.
fn write(
    arguments: &RunArguments,
    scenario: &Scenario,
    trace: &Trace,
    outcome: &Outcome,
) -> Result<Option<PathBuf>> {
    let path = match &arguments.trace {
        Some(path) => Some(path.clone()),
        None if outcome.verdict != Verdict::Held => {
            let file = format!("run-{}.trace", arguments.seed);
            Some(Path::new(files::OUT).join(files::plain(&scenario.name)).join(file))
        }
        None => None,
    };
    let mut together = Together::new();
    if let Some(path) = &path {
        together.file(path, trace.text().as_bytes())?;
    }
    if let (Some(folder), Some(acts)) = (&arguments.chains, &outcome.acts) {
        super::chain::write_chains(&mut together, folder, &arguments.chain_form, scenario, acts)?;
    }
    together.done()?;
    Ok(path)
}

/// A `sometimes` that this run did not see is no failure: another may.
fn never_seen(scenario: &Scenario, outcome: &Outcome) -> String {
    let seen = scenario.properties.iter().zip(&outcome.sometimes);
    let unseen = seen.filter(|(property, seen)| matches!(property.kind(), Kind::Sometimes { .. }) && !**seen);
    let name = |property: &Property| visible(property.name()).into_owned();
    unseen.map(|(property, _)| format!("note: `{}` was not seen in this run\n", name(property))).collect()
}

/// The command that makes the same run.
fn again(arguments: &RunArguments) -> String {
    let path = |path: &Path| report::quoted(&path.display().to_string());
    let mut command = format!("rehearsal run {} --seed {}", path(&arguments.scenario), arguments.seed);
    match &arguments.answers {
        Some(answers) => command.push_str(&format!(" --answers {}", path(answers))),
        None => command.push_str(&format!(" --strategy {}", arguments.strategy)),
    }
    if let Some(profile) = &arguments.profile {
        command.push_str(&format!(" --profile {profile}"));
    }
    command
}

fn human(
    arguments: &RunArguments,
    scenario: &Scenario,
    outcome: &Outcome,
    trace: &Trace,
    strategy: &str,
    written: Option<&Path>,
    told: &str,
) -> String {
    let about = scenario.about.as_ref().map_or(String::new(), |about| format!(": {}", visible(about)));
    let mut out = format!("{}{about}\n\n{}\n", visible(&scenario.name), report::timeline(trace));
    if !told.is_empty() {
        out.push_str(&format!("{told}\n"));
    }
    if let Some(failure) = report::failure(&outcome.verdict, &scenario.path) {
        out.push_str(&failure);
        let command = match written {
            Some(path) => format!("rehearsal replay {}", report::quoted(&path.display().to_string())),
            None => again(arguments),
        };
        out.push_str(&format!("help: to reproduce\n    {command}\n"));
        out.push('\n');
    }
    out.push_str(&format!(
        "{}: {} in {} of virtual time\nseed {}, strategy {strategy}, digest {:016x}\n",
        outcome.verdict.word(),
        report::steps(outcome.steps),
        outcome.time,
        arguments.seed,
        outcome.digest
    ));
    out
}
