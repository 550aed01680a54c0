//! Files that are written whole or not at all, alone or several together.

use crate::error::{Error, Result};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Files under way: each is written beside its place, and [`Together::done`] puts all of them there. Without that nothing is
/// left of them, nor of the folders that were made for them.
///
/// ```
/// use rehearsal::load::{Together, read_text};
/// let folder = tempfile::tempdir().unwrap();
/// let (one, two) = (folder.path().join("new/one"), folder.path().join("new/two"));
/// let mut both = Together::new();
/// both.file(&one, b"1").unwrap();
/// drop(both);
/// assert!(!folder.path().join("new").exists(), "nothing is left of what was not done");
///
/// let mut both = Together::new();
/// both.file(&one, b"1").unwrap();
/// both.file(&two, b"2").unwrap();
/// both.done().unwrap();
/// assert_eq!((read_text(&one).unwrap(), read_text(&two).unwrap()), ("1".to_owned(), "2".to_owned()));
/// ```
#[derive(Debug, Default)]
pub struct Together {
    parts: Vec<Part>,
    /// Folders that were made, the outermost first.
    folders: Vec<PathBuf>,
}

#[derive(Debug)]
enum Part {
    /// Written beside its place.
    Beside { beside: PathBuf, target: PathBuf, shown: PathBuf },
    /// What is no ordinary file, such as a pipe, is written to as it is, when the others are in their places.
    Pipe { target: PathBuf, bytes: Vec<u8>, shown: PathBuf },
}

impl Together {
    /// No file yet.
    pub fn new() -> Together {
        Together::default()
    }

    /// One more file. Where a link leads, the file is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        let failed = |e: &std::io::Error| Error::io("write", path.display(), e);
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let shown = path.to_owned();
        let known = std::fs::metadata(&target).ok();
        if known.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            return Err(Error::input(format!("cannot write `{}`: it is a folder", path.display())));
        }
        if known.is_some_and(|known| !known.is_file()) {
            self.parts.push(Part::Pipe { target, bytes: bytes.to_owned(), shown });
            return Ok(());
        }
        let mut target = target;
        if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            self.folder(folder)?;
            if let (Ok(folder), Some(name)) = (std::fs::canonicalize(folder), target.file_name()) {
                target = folder.join(name);
            }
        } else if let Ok(here) = std::fs::canonicalize(".") {
            target = here.join(target);
        }
        let there = |part: &Part| matches!(part, Part::Beside { target: other, .. } if *other == target);
        if self.parts.iter().any(there) {
            return Err(Error::input(format!("two files would be written to `{}`", path.display())));
        }
        let (beside, mut file) = part_of(&target).map_err(|e| failed(&e))?;
        self.parts.push(Part::Beside { beside, target, shown });
        file.write_all(bytes).map_err(|e| failed(&e))
    }

    /// Makes a folder and those that it is in.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&mut self, folder: &Path) -> Result<()> {
        let missing = folder.ancestors().take_while(|up| !up.as_os_str().is_empty() && !up.exists());
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        std::fs::create_dir_all(folder).map_err(|e| Error::io("make the folder", folder.display(), &e))?;
        missing.reverse();
        self.folders.extend(missing);
        Ok(())
    }

    /// Puts the files into their places.
    ///
    /// # Errors
    /// When one cannot be put there; the others after it are not, either.
    pub fn done(mut self) -> Result<()> {
        self.parts.sort_by_key(|part| matches!(part, Part::Pipe { .. }));
        while !self.parts.is_empty() {
            let (shown, put) = match &self.parts[0] {
                Part::Beside { beside, target, shown } => (shown, std::fs::rename(beside, target)),
                Part::Pipe { target, bytes, shown } => (shown, std::fs::write(target, bytes)),
            };
            put.map_err(|e| Error::io("write", shown.display(), &e))?;
            self.parts.remove(0);
            self.folders.clear();
        }
        self.folders.clear();
        Ok(())
    }
}

impl Drop for Together {
    fn drop(&mut self) {
        for part in &self.parts {
            if let Part::Beside { beside, .. } = part {
                let _ = std::fs::remove_file(beside);
            }
        }
        // One in which somebody else has put something meanwhile stays.
        for folder in self.folders.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Writes a file beside its place and renames it there, so that it is whole or not at all. What is no ordinary file, such as
/// a pipe, is written to as it is; where a link leads, the file is.
///
/// # Errors
/// When it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut together = Together::new();
    together.file(path, bytes)?;
    together.done()
}

/// A new file beside another one: nobody else's, neither the user's nor that of a command that runs at the same time.
fn part_of(path: &Path) -> std::io::Result<(PathBuf, std::fs::File)> {
    let mut number = 0u32;
    loop {
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".part-{}-{number}", std::process::id()));
        match std::fs::File::create_new(&beside) {
            Ok(file) => return Ok((PathBuf::from(beside), file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < 1_000 => number += 1,
            Err(error) => return Err(error),
        }
    }
}
