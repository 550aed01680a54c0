//! How many runs a strategy needs to find each of five bugs: the median, and the worst tenth, over 101 base seeds.
//!
//! ```text
//! cargo run --release --example runs_to_find -- [STRATEGY ...]
//! ```
//!
//! The five are the workloads of the same names in `scenarios/canaries/`. Runs are bounded: `>` tells that the bound was hit.

use rehearsal::explore::{Options, explore};
use rehearsal::load;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const SEEDS: u64 = 101;
const MOST: u64 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut strategies: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if strategies.is_empty() {
        strategies =
            ["mix", "random", "pct:2", "pct:3", "pct:5", "pos", "weights", "rounds"].map(String::from).into();
    }
    println!("{:<10}{:<14}{:>9}{:>9}", "strategy", "scenario", "median", "90%");
    for strategy in &strategies {
        for name in ["lost-update", "chain", "two-change", "starve", "alternation"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/canaries/{name}.json"));
            let scenario = load::scenario(&path, None, None)?;
            let mut found = Vec::new();
            for seed in 0..SEEDS {
                let options = Options {
                    strategy: strategy.parse()?,
                    seed,
                    runs: Some(MOST),
                    repeat: 0,
                    shrink: false,
                    ..Options::default()
                };
                let search = explore(&scenario, &options, &AtomicBool::new(false), &mut |_| {})?;
                let failed = search.findings.failures.first();
                found.push(failed.map_or(u64::MAX, |failure| failure.run));
            }
            found.sort_unstable();
            let told = |place: usize| match found[place] {
                u64::MAX => format!(">{MOST}"),
                runs => runs.to_string(),
            };
            println!("{strategy:<10}{name:<14}{:>9}{:>9}", told(50), told(90));
        }
    }
    Ok(())
}
