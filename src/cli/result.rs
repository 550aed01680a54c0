//! What a search found: as a file to merge, as JSON, as text.

use rehearsal::error::{Error, Result, visible};
use rehearsal::explore::Findings;
use rehearsal::load;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file with a search's findings.
pub const FILE: &str = "result.json";

/// All that differs from one time to the next.
pub struct Timing {
    took: Duration,
    jobs: usize,
    per_second: u64,
    stopped: bool,
}

impl Timing {
    /// How a search went.
    pub fn new(took: Duration, findings: &Findings, jobs: usize, stopped: bool) -> Timing {
        let all = u128::from(findings.runs + findings.blocked + findings.repeats);
        let per_second = (all * 1_000_000 / took.as_micros().max(1)) as u64;
        Timing { took, jobs, per_second, stopped }
    }

    fn json(&self) -> Value {
        json!({
            "wall_ms": self.took.as_millis() as u64,
            "runs_per_second": self.per_second,
            "jobs": self.jobs,
            "stopped": self.stopped,
        })
    }
}

/// The findings as a file.
pub fn bytes(findings: &Findings) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(findings).map_err(|e| Error::input(e.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The findings in a folder, or in the folders right below it.
pub fn read(folder: &Path) -> Result<Vec<(PathBuf, Findings)>> {
    let mut places = vec![folder.to_path_buf()];
    if !folder.join(FILE).exists() {
        let entries = std::fs::read_dir(folder).map_err(|e| Error::io("read", folder.display(), &e))?;
        places = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        places.retain(|place| place.join(FILE).exists());
        places.sort();
    }
    if places.is_empty() {
        return Err(Error::input(format!("there is no `{FILE}` in `{}`", folder.display()))
            .note("`rehearsal explore --out DIR` writes one"));
    }
    places.into_iter().map(|place| one(&place).map(|findings| (place, findings))).collect()
}

fn one(place: &Path) -> Result<Findings> {
    let file = place.join(FILE);
    let text = load::read_text(&file)?;
    let findings: Findings = serde_json::from_str(&text).map_err(|e| {
        Error::input(format!("these are no findings: {e}")).in_file(file.display().to_string())
    })?;
    match findings.form {
        1 => Ok(findings),
        form => Err(Error::input(format!("these findings are of form {form}, and only form 1 can be read"))
            .in_file(file.display().to_string())),
    }
}

/// The findings, counted; `folder` is where the traces are.
pub fn json(findings: &Findings, folder: &Path, timing: Timing) -> Value {
    let mut told = counted(findings, folder);
    told["timing"] = timing.json();
    told
}

/// The findings, counted, without what varies.
pub fn counted(findings: &Findings, folder: &Path) -> Value {
    let (races, both) = findings.race_counts();
    let failures = findings.failures.iter().map(|found| {
        json!({
            "property": found.property,
            "run": found.run,
            "seed": found.seed,
            "steps": found.steps,
            "from_steps": found.from_steps,
            "minimal": found.minimal,
            "verified": found.verified,
            "shape": found.shape,
            "count": found.runs.len(),
            "runs": found.runs,
            "trace": found.trace.as_ref().map(|trace| folder.join(trace).display().to_string()),
            "schedule": found.schedule,
            "notes": found.notes,
        })
    });
    json!({
        "outcome": if findings.failed() { "failed" } else { "passed" },
        "scenario": findings.name,
        "profile": findings.profile,
        "clock": findings.clock,
        "strategy": findings.strategy,
        "fingerprint": findings.fingerprint,
        "seed": findings.seed,
        "runs": findings.runs,
        "blocked": findings.blocked,
        "repeats": findings.repeats,
        "steps": findings.steps,
        "distinct": findings.orders.len(),
        "states": findings.states,
        "complete": findings.is_complete(),
        "races": { "seen": races, "both_orders": both },
        "never_fired": findings.never_fired(),
        "sometimes_never_seen": findings.never_seen(),
        "failing_runs": findings.failing,
        "failures": failures.collect::<Vec<_>>(),
        "bounds_hit": findings.bounds_hit,
        "shards": findings.shards,
    })
}

fn plural(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// The findings in some lines, below the failures.
pub fn human(findings: &Findings, timing: Option<&Timing>) -> String {
    let Findings { strategy, seed, clock, profile, .. } = findings;
    let mut out = String::new();
    let failing: u64 = findings.failing.values().sum();
    let verdict = match (failing, findings.complete) {
        _ if findings.failed() && failing == 0 => "failed: a required `sometimes` was never seen".to_owned(),
        (0, true) if findings.is_complete() => "passed: every order was covered".to_owned(),
        (0, true) => "passed: every order of this part was covered".to_owned(),
        (0, false) => "passed: no failure found".to_owned(),
        (count, _) => format!(
            "failed: {}, {}",
            plural(findings.failures.len() as u64, "failure", "failures"),
            plural(count, "failing run", "failing runs")
        ),
    };
    let _ = writeln!(out, "{verdict} in {}", plural(findings.runs, "run", "runs"));
    let _ = writeln!(out, "strategy {strategy}, seed {seed}, profile {profile}, clock {clock}");
    let (races, both) = findings.race_counts();
    let mut covered = plural(findings.orders.len() as u64, "partial order", "partial orders");
    if let Some(states) = findings.states {
        let _ = write!(covered, ", {}", plural(states, "state", "states"));
    }
    if findings.blocked > 0 {
        let _ = write!(covered, ", {} broken off", plural(findings.blocked, "execution", "executions"));
    }
    let _ = writeln!(
        out,
        "covered {covered}; {} raced, {both} seen in both orders",
        plural(races as u64, "pair", "pairs")
    );
    for timer in findings.never_fired() {
        let _ = writeln!(out, "note: `{}` never happened", visible(timer));
    }
    for name in findings.never_seen() {
        let required = findings.required.contains(name) && findings.shards.is_empty();
        let word = if required { "error" } else { "note" };
        let _ = writeln!(out, "{word}: `{}` was never seen", visible(name));
    }
    if !findings.shards.is_empty() {
        let shards: Vec<&str> = findings.shards.iter().map(String::as_str).collect();
        let _ = writeln!(
            out,
            "note: this is a part, shard {}: `rehearsal merge` makes the whole",
            shards.join(", ")
        );
    }
    for bound in &findings.bounds_hit {
        let _ = writeln!(out, "note: a bound was hit: {bound}");
    }
    if let Some(timing) = timing {
        if timing.stopped {
            let _ = writeln!(out, "note: it was stopped before its end");
        }
        let _ = writeln!(out, "took {} ms, {} runs/s", timing.took.as_millis(), timing.per_second);
    }
    out
}
