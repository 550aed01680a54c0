//! Chains in files and folders: the only place here that opens any.
//!
//! `save_chain` of Theater keeps each event in `events/<hash>` and the hash of a chain's last event in
//! `chains/<actor id>`. Such a chain is walked from its end to its beginning first, which needs its
//! hashes in memory, then read forwards.

use super::error::ChainError;
use super::event::EventHash;
use super::json;
use super::read::{ChainReader, EventSource, Layout, Limits, Stored};
use super::scan::Scanner;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A chain that was opened, and what to call it.
pub struct Opened {
    /// The path as it was given, or that of the file in `chains/`.
    pub name: String,
    /// Its events.
    pub events: Box<dyn EventSource>,
}

/// Opens the chains at `path`: one for a file (of `chains/` too, when `events/` is beside that
/// folder), one for each file of `chains/` for a folder that has both, or for `chains/` itself.
///
/// # Errors
/// When there is no chain at `path`, it cannot be read, or a folder has more events than the limits allow.
///
/// ```no_run
/// use rehearsal::chain::{Limits, open, verify};
/// for mut chain in open("a.json".as_ref(), Limits::default())? {
///     println!("{}: {}", chain.name, verify(&mut *chain.events)?);
/// }
/// # Ok::<(), rehearsal::chain::ChainError>(())
/// ```
pub fn open(path: &Path, limits: Limits) -> Result<Vec<Opened>, ChainError> {
    let name = path.display().to_string();
    let kind = fs::metadata(path).map_err(|error| ChainError::io("open", error).in_file(&name))?;
    if kind.is_dir() {
        return open_folder(path, limits);
    }
    if let Some(events) = events_beside(path) {
        return Ok(vec![stored_chain(path, &events, limits)?]);
    }
    let file = File::open(path).map_err(|error| ChainError::io("open", error).in_file(&name))?;
    let events = Box::new(ChainReader::new(file, &name, limits)?);
    Ok(vec![Opened { name, events }])
}

/// The `events/` folder that belongs to `path`, if it is a file of `chains/`.
fn events_beside(path: &Path) -> Option<PathBuf> {
    let chains = path.parent()?;
    let here = if chains.file_name()? == "chains" { chains.parent()? } else { return None };
    Some(here.join("events")).filter(|events| events.is_dir())
}

fn open_folder(path: &Path, limits: Limits) -> Result<Vec<Opened>, ChainError> {
    let (chains, events) = match path.file_name().is_some_and(|name| name == "chains") {
        true => (path.to_path_buf(), path.with_file_name("events")),
        false => (path.join("chains"), path.join("events")),
    };
    let name = path.display().to_string();
    if !chains.is_dir() || !events.is_dir() {
        let error = ChainError::new("expected a chain, found a folder without `chains/` and `events/`");
        return Err(error.in_file(&name).note("chains that are files are named one by one"));
    }
    let failed = |error| ChainError::io("list", error).in_file(&chains.display().to_string());
    let mut files = Vec::new();
    for entry in fs::read_dir(&chains).map_err(failed)? {
        files.push(entry.map_err(failed)?.path());
    }
    // What a folder lists first is up to the file system.
    files.sort();
    files.iter().filter(|file| file.is_file()).map(|file| stored_chain(file, &events, limits)).collect()
}

fn stored_chain(path: &Path, events: &Path, limits: Limits) -> Result<Opened, ChainError> {
    let name = path.display().to_string();
    let told = File::open(path).map_err(|error| ChainError::io("open", error)).and_then(|file| {
        let mut scanner = Scanner::new(file);
        let head = json::head(&mut scanner)?;
        match scanner.blank()? {
            None => Ok(head),
            Some(_) => Err(scanner.expected("the end of the file")),
        }
    });
    let told = told.map_err(|error| error.in_file(&name))?;
    let mut folder = FolderReader {
        events: events.to_path_buf(),
        limits,
        order: Vec::new(),
        read: 0,
        told,
        current: Stored::default(),
    };
    folder.walk().map_err(|error| error.in_file(&name))?;
    Ok(Opened { name, events: Box::new(folder) })
}

struct FolderReader {
    events: PathBuf,
    limits: Limits,
    /// The hashes of the chain, the last event first.
    order: Vec<EventHash>,
    read: u64,
    told: Option<EventHash>,
    current: Stored,
}

impl FolderReader {
    /// Finds the order: from the last event to the one whose parent is not here.
    fn walk(&mut self) -> Result<(), ChainError> {
        let (mut next, mut seen) = (self.told, BTreeSet::new());
        while let Some(hash) = next {
            if !seen.insert(hash) {
                return Err(ChainError::new(format!(
                    "expected a chain, found a cycle of parents through {hash}"
                )));
            }
            if self.order.len() == self.limits.folder_events {
                let most = self.limits.folder_events;
                return Err(ChainError::new(format!(
                    "expected a chain of at most {most} events, found a longer one"
                )));
            }
            if !self.events.join(hash.to_string()).is_file() {
                if self.order.is_empty() {
                    return Err(ChainError::new(format!(
                        "expected the event {hash} in `events/`, found no such file"
                    )));
                }
                break;
            }
            self.load(hash)?;
            self.order.push(hash);
            next = self.current.event.parent_hash;
        }
        Ok(())
    }

    /// Reads the event that the file `hash` holds.
    fn load(&mut self, hash: EventHash) -> Result<(), ChainError> {
        let path = self.events.join(hash.to_string());
        let name = path.display().to_string();
        let file = File::open(&path).map_err(|error| ChainError::io("open", error).in_file(&name))?;
        let mut reader = ChainReader::new(file, &name, self.limits)?;
        if reader.layout() != Layout::Lines {
            let error = ChainError::new(format!("expected one event, found a {}", reader.layout()));
            return Err(error.in_file(&name));
        }
        let Some(stored) = reader.next_event()? else {
            return Err(ChainError::new("expected one event, found none").in_file(&name));
        };
        self.current.clone_from(stored);
        if reader.next_event()?.is_some() {
            return Err(ChainError::new("expected one event, found another after it").in_file(&name));
        }
        let found = self.current.event.hash;
        if found != hash {
            let error = ChainError::new(format!("expected the event {hash}, found the event {found}"));
            return Err(error.in_file(&name));
        }
        Ok(())
    }
}

impl EventSource for FolderReader {
    fn next_event(&mut self) -> Result<Option<&Stored>, ChainError> {
        let Some(hash) = self.order.pop() else { return Ok(None) };
        self.load(hash).map_err(|error| error.at_event(self.read))?;
        self.current.index = self.read;
        self.read += 1;
        Ok(Some(&self.current))
    }

    fn layout(&self) -> Layout {
        Layout::Folders
    }

    fn told_head(&self) -> Option<Option<EventHash>> {
        Some(self.told)
    }
}
