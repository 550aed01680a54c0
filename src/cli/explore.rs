//! `rehearsal explore`.

use super::{Format, Status, files, print, result};
use clap::{Args, ValueEnum};
use rehearsal::error::{Error, Result};
use rehearsal::explore::{self, Failure, Findings, Options, Progress, Search, Shard, Strategy};
use rehearsal::id::Time;
use rehearsal::load::{self, Together};
use rehearsal::report::{self, FailureTold};
use rehearsal::scenario::Scenario;
use rehearsal::shrink::{Reduced, Reducer};
use rehearsal::state::Clock;
use rehearsal::walk::Fingerprint;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct ExploreArguments {
    /// The scenario file
    scenario: PathBuf,
    /// How to search: mix, random, pct[:DEPTH], pos, weights, rounds, fifo; or through all orders: dfs, dpor
    #[arg(long, default_value = "mix")]
    strategy: String,
    /// What makes two states one, for dfs
    #[arg(long, value_enum, default_value_t = Prints::None)]
    fingerprint: Prints,
    /// How many runs; without it 10000, or as many as dfs and dpor need
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// How long to search, such as 30s or 5min
    #[arg(long, value_name = "SPAN")]
    time: Option<String>,
    /// The seed that all runs' seeds follow from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many runs side by side
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: u16,
    /// Make only the runs of one of N parts, counted from 0
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Go on after the first failing run
    #[arg(long)]
    keep_going: bool,
    /// Where results and failing traces go
    #[arg(long, value_name = "DIR", default_value = files::OUT)]
    out: PathBuf,
    /// Whose delivery rules hold, in place of the scenario's
    #[arg(long)]
    profile: Option<String>,
    /// Make every run twice and compare the two step by step, not only the first 16
    #[arg(long)]
    check_determinism: bool,
    /// Show failures as they were found
    #[arg(long)]
    no_shrink: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Fingerprints, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Prints {
    /// Every order is its own
    None,
    /// What each participant has seen and done
    History,
    /// What each participant holds
    State,
}

impl ExploreArguments {
    fn options(&self) -> Result<Options> {
        let strategy: Strategy = self.strategy.parse()?;
        let shard = self.shard.as_deref().map(str::parse).transpose()?.unwrap_or(Shard::WHOLE);
        Ok(Options {
            strategy,
            fingerprint: match self.fingerprint {
                Prints::None => Fingerprint::None,
                Prints::History => Fingerprint::History,
                Prints::State => Fingerprint::State,
            },
            seed: self.seed,
            runs: self.runs,
            endless: self.time.is_some() && self.runs.is_none() && !strategy.is_exhaustive(),
            jobs: usize::from(self.jobs),
            shard,
            keep_going: self.keep_going,
            repeat: if self.check_determinism { u64::MAX } else { explore::REPEATED },
            shrink: !self.no_shrink,
            small: explore::SMALL,
        })
    }

    fn is_exhaustive(&self) -> bool {
        self.strategy.parse::<Strategy>().is_ok_and(Strategy::is_exhaustive)
    }

    fn span(&self) -> Result<Option<Duration>> {
        let Some(text) = &self.time else { return Ok(None) };
        let wrong = || Error::input(format!("expected a span such as `30s` or `5min`, found `{text}`"));
        let span = Time::parse(text).filter(|span| *span > Time::ZERO).ok_or_else(wrong)?;
        Ok(Some(Duration::from_nanos(span.0)))
    }
}

pub fn explore(arguments: &ExploreArguments) -> Result<Status> {
    let options = arguments.options()?;
    let span = arguments.span()?;
    let scenario = files::scenario(&arguments.scenario, arguments.profile.as_deref())?;
    let stop = stopper(span)?;
    // A folder that cannot be made is told before the search, and not after it.
    let folder = arguments.out.join(files::plain(&scenario.name));
    std::fs::create_dir_all(&folder).map_err(|e| Error::io("make the folder", folder.display(), &e))?;
    let begun = Instant::now();
    let mut bar = super::bar::Bar::new(span);
    let mut watch = |at: &Progress| bar.show(at);
    let search = explore::explore_until(&scenario, &options, &stop.over, &stop.now, &mut watch);
    bar.end();
    let mut search = search?;
    let took = begun.elapsed();
    // What was found is told in any case, and then that it could not be written.
    let (told, written) = write(arguments, &scenario, &mut search, &folder);
    let Search { findings, stopped, .. } = &search;
    let bytes = result::bytes(findings)?;
    let written = written.and_then(|()| load::write_whole(&folder.join(result::FILE), &bytes));
    let alone = options.jobs > 1 && options.fingerprint != Fingerprint::None;
    let jobs = if alone { 1 } else { options.jobs };
    let timing = result::Timing::new(took, findings, jobs, *stopped);
    match arguments.format {
        Format::Json => {
            print(&format!("{:#}\n", result::json(findings, &folder, timing)))?;
        }
        Format::Human => {
            print(&format!("{told}{}", result::human(findings, Some(&timing))))?;
            if alone {
                print(
                    "note: a search that tells states apart is one thread's work: `--jobs` changes nothing\n",
                )?;
            }
        }
    }
    written?;
    Ok(if findings.failed() { Status::Found } else { Status::Held })
}

/// When to end.
struct Stop {
    /// The search is over: the time that was allowed has passed, or it was interrupted.
    over: Arc<AtomicBool>,
    /// Nothing more is to be done with what was found, either.
    now: Arc<AtomicBool>,
}

/// Ctrl-C and a request to terminate end all, the end of the time that was allowed the search alone. A second Ctrl-C ends
/// at once.
fn stopper(span: Option<Duration>) -> Result<Stop> {
    let (over, now) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let flags = (Arc::clone(&over), Arc::clone(&now));
    ctrlc::set_handler(move || {
        flags.0.store(true, Ordering::Relaxed);
        if flags.1.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map_err(|e| Error::input(format!("cannot listen for Ctrl-C: {e}")))?;
    if let Some(span) = span {
        let flag = Arc::clone(&over);
        std::thread::spawn(move || {
            std::thread::sleep(span);
            flag.store(true, Ordering::Relaxed);
        });
    }
    Ok(Stop { over, now })
}

/// Writes trace, chains and report of each failure; gives what to print of them, and the first that could not be written.
fn write(
    arguments: &ExploreArguments,
    scenario: &Scenario,
    search: &mut Search,
    folder: &Path,
) -> (String, Result<()>) {
    let (mut out, mut all) = (String::new(), Ok(()));
    let planned = !search.findings.complete && arguments.time.is_none() && !arguments.is_exhaustive();
    let usual = if planned { explore::MOST_RUNS } else { search.findings.runs };
    let of = arguments.runs.unwrap_or(usual);
    let stems = files::stems(search.findings.failures.iter().map(|found| found.property.as_str()));
    for (failure, stem) in search.failures.iter_mut().zip(stems) {
        let reduced = reduce(arguments, scenario, failure);
        let path = folder.join(format!("{stem}.trace")).display().to_string();
        let one = One { arguments, scenario, failure, reduced: reduced.as_ref(), of };
        let written = one.write(folder, &stem, &path);
        let shown = written.is_ok().then_some(path.as_str());
        out.push_str(&one.text(shown));
        out.push('\n');
        failure.found.trace = written.is_ok().then(|| format!("{stem}.trace"));
        all = all.and(written);
    }
    search.findings.failures = search.failures.iter().map(|failure| failure.found.clone()).collect();
    (out, all)
}

/// One failure, and what is told of it.
struct One<'a> {
    arguments: &'a ExploreArguments,
    scenario: &'a Scenario,
    failure: &'a Failure,
    reduced: Option<&'a Reduced>,
    of: u64,
}

impl One<'_> {
    fn told<'t>(&'t self, trace: Option<&'t str>) -> FailureTold<'t> {
        let Failure { found, shrunk, .. } = self.failure;
        FailureTold {
            property: &found.property,
            scenario: &self.scenario.path,
            run: Some((found.run, self.of)),
            shrunk,
            reduced: self.reduced,
            names: self.scenario.setting.directory.names(),
            trace,
        }
    }

    fn text(&self, trace: Option<&str>) -> String {
        match &self.failure.difference {
            None => report::failure_text(&self.told(trace)),
            Some(_) => differs(self.failure, self.scenario, trace),
        }
    }

    /// Writes it all, or nothing of it.
    fn write(&self, folder: &Path, stem: &str, trace: &str) -> Result<()> {
        let Failure { found, shrunk, .. } = self.failure;
        let mut together = Together::new();
        let header = self.scenario.header(found.seed, &self.arguments.strategy, Clock::Loose);
        if let Some(trace) = self.scenario.trace(header, &shrunk.outcome) {
            together.file(&folder.join(format!("{stem}.trace")), trace.text().as_bytes())?;
        }
        if let Some(acts) = &shrunk.outcome.acts {
            let chains = folder.join(format!("{stem}.chains"));
            super::chain::write_chains(&mut together, &chains, "b", self.scenario, acts)?;
        }
        together.file(&folder.join(format!("{stem}.txt")), self.text(Some(trace)).as_bytes())?;
        let json = format!("{:#}\n", report::failure_json(&self.told(Some(trace))));
        together.file(&folder.join(format!("{stem}.json")), json.as_bytes())?;
        together.done()
    }
}

/// Two runs that differ, told.
fn differs(failure: &Failure, scenario: &Scenario, trace: Option<&str>) -> String {
    let found = &failure.found;
    let told = report::unrepeatable(&format!("{}, run {}", scenario.path, found.run), &found.notes);
    let file = trace.map(report::quoted);
    let help = file.map(|file| format!("help: to see it part\n    rehearsal replay {file}\n"));
    told + &help.unwrap_or_default()
}

/// The parts of the scenario that the failure does without.
fn reduce(arguments: &ExploreArguments, scenario: &Scenario, failure: &Failure) -> Option<Reduced> {
    if arguments.no_shrink || failure.difference.is_some() || !failure.shrunk.verified {
        return None;
    }
    let text = load::read_text(&arguments.scenario).ok()?;
    let folder = arguments.scenario.parent().unwrap_or(Path::new(""));
    let mut loader = load::FileLoader::new(folder, files::cache());
    let (property, shrunk) = (failure.found.property.as_str(), &failure.shrunk);
    let mut reducer =
        Reducer { scenario, text: &text, loader: &mut loader, clock: Clock::Loose, property, shrunk };
    reducer.reduce()
}

/// Reads the findings of a folder that `explore` wrote.
pub fn findings(folder: &Path) -> Result<Vec<(PathBuf, Findings)>> {
    result::read(folder)
}
