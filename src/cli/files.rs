//! Where things are, and are put.

use rehearsal::error::{Error, Result};
use rehearsal::load;
use rehearsal::scenario::Scenario;
use std::path::{Path, PathBuf};

/// The folder for failing traces, unless the user names one.
pub const OUT: &str = "rehearsal-out";

/// The folder for compiled components: the user's cache, where there is one.
pub fn cache() -> Option<PathBuf> {
    let named = std::env::var_os("REHEARSAL_CACHE").map(PathBuf::from);
    let shared = || std::env::var_os("XDG_CACHE_HOME").map(|dir| PathBuf::from(dir).join("rehearsal"));
    let home = || std::env::var_os("HOME").map(|dir| PathBuf::from(dir).join(".cache/rehearsal"));
    named.or_else(shared).or_else(home).filter(|path| path.is_absolute())
}

/// Reads a scenario.
pub fn scenario(path: &Path, profile: Option<&str>) -> Result<Scenario> {
    load::scenario(path, cache(), profile)
}

/// The scenario that a trace names: as named, or from the trace's own folder.
pub fn scenario_of_trace(named: &str, trace: &Path, profile: Option<&str>) -> Result<Scenario> {
    let as_named = Path::new(named);
    let beside = trace.parent().map(|folder| folder.join(named));
    match beside {
        Some(beside) if !as_named.exists() && beside.exists() => scenario(&beside, profile),
        _ => scenario(as_named, profile),
    }
}

/// What a command writes must not be what it reads.
pub fn apart(input: &Path, output: &Path) -> Result<()> {
    match same(input, output) {
        false => Ok(()),
        true => {
            let told = format!("`{}` is read, and would be written over", output.display());
            Err(Error::input(told).help("write to another file"))
        }
    }
}

/// Whether two paths lead to one file, be it there yet or not.
pub fn same(one: &Path, other: &Path) -> bool {
    match (place(one), place(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// Where a file is, or would be in a folder that is there.
fn place(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(std::fs::canonicalize(folder).ok()?.join(path.file_name()?))
    })
}

/// A name as a file's: what may not be in one becomes `-`.
pub fn plain(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_alphanumeric() || "_.".contains(c) { c } else { '-' }).collect();
    let short: String = plain.trim_matches('-').chars().take(60).collect();
    if short.is_empty() { "unnamed".to_owned() } else { short }
}

/// The names of files for these names, no two alike, not even where case is not told apart.
pub fn stems<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut taken = std::collections::BTreeSet::new();
    let mut free = |name: &str| {
        let stem = plain(name);
        let numbered = std::iter::once(stem.clone()).chain((2..).map(|number| format!("{stem}-{number}")));
        numbered.into_iter().find(|stem| taken.insert(stem.to_lowercase())).unwrap_or(stem)
    };
    names.into_iter().map(&mut free).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_files_are_one() {
        assert_eq!(stems(["x y", "x-y", "X y", "x y", "z"]), ["x-y", "x-y-2", "X-y-3", "x-y-4", "z"]);
    }
}
