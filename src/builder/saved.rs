//! Failing cases as files beside the test: readable traces that run first next time.

use crate::error::{Error, Result};
use crate::load;
use crate::trace::Trace;
use std::path::{Path, PathBuf};

/// Where a test's failing cases are kept: the folder `STEM.rehearsal` beside its source file, a file for each case,
/// named after the scenario. They are text, and belong into version control; remove one when it is obsolete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    folder: PathBuf,
}

/// The [`Saved`] cases of the source file that this stands in.
///
/// ```
/// let saved = rehearsal::beside!();
/// assert!(saved.folder().to_string_lossy().ends_with(".rehearsal"));
/// ```
#[macro_export]
macro_rules! beside {
    () => {
        $crate::Saved::beside(::core::env!("CARGO_MANIFEST_DIR"), ::core::file!())
    };
}

impl Saved {
    /// Cases in this folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Saved {
        Saved { folder: folder.into() }
    }

    /// The cases of a source file, as `env!("CARGO_MANIFEST_DIR")` and `file!()` name it: see [`beside!`](crate::beside).
    pub fn beside(package: &str, file: &str) -> Saved {
        // `file!()` starts from the workspace, which is the package's folder or one above.
        let from = Path::new(package).ancestors().find(|folder| folder.join(file).is_file());
        let source = from.unwrap_or(Path::new(package)).join(file);
        Saved { folder: source.with_extension("rehearsal") }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The cases of a scenario of this name, in the order of their numbers: the files and their text.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn of(&self, scenario: &str) -> Result<Vec<(PathBuf, String)>> {
        let mut found: Vec<(u32, PathBuf)> = Vec::new();
        let listing = match std::fs::read_dir(&self.folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("read the folder", self.folder.display(), &error)),
        };
        for entry in listing {
            let path = entry.map_err(|e| Error::io("read the folder", self.folder.display(), &e))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            found.extend(number(name, scenario).map(|number| (number, path.clone())));
        }
        found.sort();
        found.into_iter().map(|(_, path)| load::read_text(&path).map(|text| (path, text))).collect()
    }

    /// Keeps a case of a scenario of this name: at `place` if there is one, else in a file of its own.
    ///
    /// # Errors
    /// When it cannot be written.
    ///
    /// ```
    /// use rehearsal::Saved;
    /// let folder = tempfile::tempdir().unwrap();
    /// let saved = Saved::in_folder(folder.path().join("bank.rehearsal"));
    /// let path = saved.save("lost deposit", "rehearsal-trace 1 scenario=bank\n", None).unwrap();
    /// assert!(path.ends_with("bank.rehearsal/lost-deposit.1.trace"));
    /// assert_eq!(saved.of("lost deposit").unwrap().len(), 1);
    /// assert_eq!(saved.of("another").unwrap(), []);
    /// ```
    pub fn save(&self, scenario: &str, text: &str, place: Option<&Path>) -> Result<PathBuf> {
        let path = match place {
            Some(place) => place.to_owned(),
            None => {
                let known = self.of(scenario)?;
                let last = known.iter().filter_map(|(path, _)| number(path.file_name()?.to_str()?, scenario));
                let next = last.max().unwrap_or(0) + 1;
                self.folder.join(format!("{}.{next}.trace", plain(scenario)))
            }
        };
        load::write_whole(&path, text.as_bytes())?;
        Ok(path)
    }
}

/// The number of a case, if the file is one of this scenario's.
fn number(file: &str, scenario: &str) -> Option<u32> {
    file.strip_prefix(&plain(scenario))?.strip_prefix('.')?.strip_suffix(".trace")?.parse().ok()
}

/// A name as a file's.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

/// A path as short as it can be told: from where the process runs, which for a test is its package.
pub(crate) fn short(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

/// The trace of a saved case.
pub(crate) fn read(path: &Path, text: &str) -> Result<Trace> {
    Trace::parse(text, &short(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_come_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let saved = Saved::in_folder(folder.path().join("test.rehearsal"));
        assert_eq!(saved.of("a b"), Ok(vec![]));
        for text in ["one", "two"] {
            saved.save("a b", text, None).unwrap();
        }
        saved.save("a", "other", None).unwrap();
        let again = saved.of("a b").unwrap();
        assert_eq!(again.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        assert!(again[0].0.ends_with("a-b.1.trace"));
        saved.save("a b", "three", Some(&again[0].0)).unwrap();
        assert_eq!(saved.of("a b").unwrap()[0].1, "three");
    }
}
