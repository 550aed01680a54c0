//! `rehearsal replay` and `rehearsal show`.

use super::{Format, Status, files, print};
use clap::Args;
use rehearsal::choice::{Chooser, Halt};
use rehearsal::chooser::{Guided, Recorded, Replay};
use rehearsal::error::{ErrorKind, Result, visible};
use rehearsal::run::{Keep, Outcome, Verdict};
use rehearsal::scenario::Scenario;
use rehearsal::state::Clock;
use rehearsal::trace::{Ending, Trace};
use rehearsal::{load, report};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct ReplayArguments {
    /// The trace
    trace: PathBuf,
    /// Follow what still applies, then finish the run mildly
    #[arg(long)]
    guided: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// A trace and the scenario it was made from.
pub struct Opened {
    pub trace: Trace,
    pub scenario: Scenario,
    pub answers: Vec<Recorded>,
    pub clock: Clock,
    /// What differs from when it was recorded.
    pub notes: Vec<String>,
}

impl Opened {
    /// Whether the recorded run failed.
    fn failed(&self) -> bool {
        self.trace.ending.as_ref().is_some_and(|ending| ending.outcome == "failed")
    }

    /// Whether the trace stops where the chains that it explains did.
    pub fn stopped(&self) -> bool {
        self.trace.ending.as_ref().is_some_and(|ending| ending.outcome == "stopped")
    }

    /// Whether the trace was cut off, or stops where its chains did: it says nothing of how the run ended.
    pub fn cut(&self) -> bool {
        self.trace.ending.is_none() || self.stopped()
    }
}

/// Reads a trace and its scenario. Of a trace of another scenario, `guided` leaves out what is about nobody here.
pub fn open(path: &Path, guided: bool) -> Result<Opened> {
    let shown = path.display().to_string();
    let trace = Trace::parse(&load::read_text(path)?, &shown)?;
    let header = &trace.header;
    let profile = Some(header.profile.as_str()).filter(|name| !name.is_empty());
    let scenario = files::scenario_of_trace(&header.scenario, path, profile)?;
    let mut notes = Vec::new();
    if header.hash != scenario.hash {
        notes.push(format!("recorded with scenario {}, this is {}", header.hash, scenario.hash));
    }
    for (actor, file, hash) in &header.components {
        let here = scenario.components.iter().find(|component| component.actor == *actor);
        match here {
            Some(here) if here.hash == *hash => {}
            Some(here) => {
                notes
                    .push(format!("recorded with {file} {hash} as `{actor}`, this run loaded {}", here.hash));
            }
            None => {
                notes.push(format!("recorded with {file} {hash} as `{actor}`, which is no component here"))
            }
        }
    }
    let names = scenario.setting.directory.names();
    let mut answers = match notes.is_empty() {
        true => trace.answers(names, &shown)?,
        false if guided => trace.answers_known(names),
        // It is a trace, and it cannot be followed here.
        false => trace.answers(names, &shown).map_err(|error| {
            let file = report::quoted(&shown);
            let help = format!("to follow what still applies\n    rehearsal replay --guided {file}");
            notes
                .iter()
                .fold(error.of_kind(ErrorKind::Diverged), |error, note| error.note(note.as_str()))
                .help(help)
        })?,
    };
    if !notes.is_empty() {
        // Another scenario or component has other digests: the events alone are followed.
        answers.iter_mut().for_each(|answer| answer.digest = None);
    }
    let clock = match header.clock.as_str() {
        "strict" => Clock::Strict,
        "loose" => Clock::Loose,
        _ => scenario.setting.clock,
    };
    Ok(Opened { trace, scenario, answers, clock, notes })
}

pub fn replay(arguments: &ReplayArguments) -> Result<Status> {
    let opened = open(&arguments.trace, arguments.guided)?;
    let Opened { trace, scenario, answers, clock, notes } = &opened;
    let chooser = || -> Box<dyn Chooser> {
        match arguments.guided {
            true => Box::new(Guided::new(answers.iter().map(|answer| answer.choice))),
            false => Box::new(Replay::new(answers.clone(), scenario.names())),
        }
    };
    let mut simulation = scenario.simulation(Some(*clock));
    let property = trace.ending.as_ref().and_then(|ending| ending.property.as_deref());
    let outcome = simulation.run_towards(property, Keep { trace: true, acts: false }, &chooser);
    let header = scenario.header(trace.header.seed, &trace.header.strategy, *clock);
    let again = scenario.trace(header, &outcome);
    let status = judge(&opened, &outcome, arguments.guided);
    match arguments.format {
        Format::Json => {
            let state = simulation.state();
            let mut told = report::json(scenario, &outcome, state, trace.header.seed, &trace.header.strategy);
            told["trace"] = arguments.trace.display().to_string().into();
            told["notes"] = notes.clone().into();
            print(&format!("{told:#}\n"))?;
        }
        Format::Human => {
            let mut out = again.map(|again| report::timeline(&again)).unwrap_or_default();
            out.push('\n');
            let told = report::backtraces(simulation.state());
            if !told.is_empty() {
                out.push_str(&format!("{told}\n"));
            }
            out.push_str(&ending(&opened, &outcome, &arguments.trace, status));
            print(&out)?;
        }
    }
    Ok(status)
}

/// Whether a replay ended as its trace did.
fn judge(opened: &Opened, outcome: &Outcome, guided: bool) -> Status {
    let recorded = opened.trace.ending.as_ref();
    match &outcome.verdict {
        Verdict::Halted(Halt::Diverged(_)) => Status::Diverged,
        // A trace that was cut off is followed to its end, and that is all it says.
        Verdict::Halted(Halt::Exhausted) if opened.cut() => Status::Held,
        Verdict::Halted(_) => Status::Diverged,
        Verdict::Held if guided => Status::Held,
        Verdict::Held if opened.failed() => Status::Diverged,
        _ if !guided && opened.notes.is_empty() && recorded.is_some_and(|known| !known.is_of(outcome)) => {
            Status::Diverged
        }
        Verdict::Held => Status::Held,
        _ => Status::Found,
    }
}

fn ending(opened: &Opened, outcome: &Outcome, path: &Path, status: Status) -> String {
    let shown = path.display().to_string();
    let notes: String = opened.notes.iter().map(|note| format!("note: {note}\n")).collect();
    match &outcome.verdict {
        Verdict::Halted(Halt::Diverged(found)) => report::divergence(found, &opened.notes, &shown),
        Verdict::Halted(_) if status == Status::Held => {
            format!("{notes}followed: {}, to the end of the trace\n", report::steps(outcome.steps))
        }
        Verdict::Halted(_) => {
            let step = outcome.steps + 1;
            let file = report::quoted(&shown);
            let help = format!("help: to follow what still applies\n    rehearsal replay --guided {file}\n");
            format!(
                "{notes}error: the trace ended at step {step}, and the run did not\n  --> {shown}\n{help}"
            )
        }
        Verdict::Held if status == Status::Diverged && opened.failed() => {
            let property =
                opened.trace.ending.as_ref().and_then(|ending| ending.property.clone()).unwrap_or_default();
            format!(
                "{notes}error: the failure did not show again\n  --> {shown}\nnote: the trace ends with `{}` broken\n",
                visible(&property)
            )
        }
        _ if status == Status::Diverged => {
            let is = Ending::of(outcome);
            let was = opened.trace.ending.clone().unwrap_or_default();
            format!(
                "{notes}error: the run ended otherwise than recorded\n  --> {shown}\n  trace says     {was}\n  the run        {is}\n"
            )
        }
        verdict => {
            let recorded = opened.trace.ending.as_ref().is_some_and(|known| known.is_of(outcome));
            let recorded = if recorded { ", as recorded" } else { "" };
            let failure = report::failure(verdict, &opened.scenario.path).unwrap_or_default();
            let cut = report::cut(outcome).map_or(String::new(), |cut| format!("note: {cut}\n"));
            format!(
                "{notes}{failure}{cut}{}: {} in {} of virtual time{recorded}\nseed {}, digest {:016x}\n",
                verdict.word(),
                report::steps(outcome.steps),
                outcome.time,
                opened.trace.header.seed,
                outcome.digest
            )
        }
    }
}

pub fn show(path: &Path) -> Result<Status> {
    let trace = Trace::parse(&load::read_text(path)?, &path.display().to_string())?;
    let header = &trace.header;
    let mut out = format!(
        "{}, seed {}, strategy {}, profile {}, clock {}\n\n{}",
        header.scenario,
        header.seed,
        header.strategy,
        header.profile,
        header.clock,
        report::timeline(&trace)
    );
    if let Some(ending) = &trace.ending {
        out.push_str(&format!(
            "\n{}: {} in {} of virtual time\n",
            ending.outcome,
            report::steps(ending.steps),
            ending.time
        ));
        if let Some(property) = &ending.property {
            out.push_str(&format!("note: property `{}` does not hold\n", visible(property)));
        }
    }
    print(&out)
}
