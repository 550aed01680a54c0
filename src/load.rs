//! Scenarios and their actors, read from files; and files that are written whole or not at all.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::native;
use crate::scenario::{ActorSpec, Loaded, Loader, Scenario};
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod together;

pub use together::{Together, write_whole};

/// The largest scenario or trace file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 30;

/// The largest component, or file of answers, that is read, in bytes.
pub const LARGEST_BINARY: u64 = 1 << 28;

/// Loads actors from files in a folder, and native ones by name.
pub struct FileLoader {
    #[cfg_attr(not(feature = "wasm"), allow(dead_code))]
    folder: PathBuf,
    #[cfg_attr(not(feature = "wasm"), allow(dead_code))]
    cache: Option<PathBuf>,
    #[cfg_attr(not(feature = "wasm"), allow(dead_code))]
    most_guests: u32,
    /// Whether components may import what no profile serves.
    replay: bool,
    #[cfg(feature = "wasm")]
    loaded: Vec<(String, bool, crate::guest::GuestComponent)>,
}

impl FileLoader {
    /// A loader of paths relative to `folder`. Compiled components are kept in `cache`, if there is one.
    pub fn new(folder: impl Into<PathBuf>, cache: Option<PathBuf>) -> FileLoader {
        FileLoader {
            folder: folder.into(),
            cache,
            most_guests: 256,
            replay: false,
            #[cfg(feature = "wasm")]
            loaded: Vec::new(),
        }
    }

    /// Makes room for this many guests at once.
    pub fn most_guests(mut self, guests: u32) -> FileLoader {
        self.most_guests = guests;
        self
    }

    /// Takes components whatever they import: what no profile serves only a chain can answer.
    pub fn for_replay(mut self) -> FileLoader {
        self.replay = true;
        self
    }

    fn native(&self, name: &str) -> Result<Loaded> {
        if native::builtin(name).is_none() {
            let names = native::NAMES.map(|name| format!("`{name}`")).join(", ");
            return Err(Error::input(format!("no native actor is called `{name}`"))
                .nearest(name, native::NAMES)
                .note(format!("the native actors are {names}")));
        }
        let name = name.to_owned();
        let factory: crate::run::Factory =
            Arc::new(move || native::builtin(&name).unwrap_or_else(|| unreachable!("it was there before")));
        Ok(Loaded { factory, hash: None, shows_state: true })
    }

    #[cfg(not(feature = "wasm"))]
    fn component_for(&mut self, path: &str, _: bool, _: &Limits, _: bool) -> Result<Loaded> {
        Err(Error::input(format!("cannot load component `{path}`: this build has no WebAssembly"))
            .note("it was built without the feature `wasm`"))
    }

    #[cfg(feature = "wasm")]
    fn component_for(&mut self, path: &str, fresh: bool, limits: &Limits, replay: bool) -> Result<Loaded> {
        use crate::guest::{Cache, Engine, Guest, GuestComponent, Settings, Source};
        let known = self.loaded.iter().find(|(known, how, _)| known == path && *how == replay);
        let known = known.map(|(_, _, component)| component.clone());
        let component = match known {
            Some(component) => component,
            None => {
                let engine = Engine::shared(Settings::for_guests(self.most_guests))?;
                let cache = self.cache.as_ref().map(Cache::new);
                let full = self.folder.join(path);
                let bytes = read_file(&full, LARGEST_BINARY);
                let bytes = bytes.map_err(|e| Error::io("read component", full.display(), &e))?;
                let source = Source::new(path, bytes);
                let component = match replay {
                    true => GuestComponent::load_for_replay(source, &engine, cache.as_ref())?,
                    false => GuestComponent::load(source, &engine, cache.as_ref())?,
                };
                self.loaded.push((path.to_owned(), replay, component.clone()));
                component
            }
        };
        let hash = component.sum().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let limits = Arc::new(limits.clone());
        let factory: crate::run::Factory =
            Arc::new(move || Box::new(Guest::new(&component, &limits).fresh_each_time(fresh)));
        Ok(Loaded { factory, hash: Some(hash), shows_state: false })
    }
}

impl Loader for FileLoader {
    fn actor(&mut self, name: &str, spec: &ActorSpec, limits: &Limits) -> Result<Loaded> {
        match (&spec.component, &spec.native) {
            (Some(path), None) => {
                self.component_for(path, spec.fresh, limits, self.replay || spec.imports.is_some())
            }
            (None, Some(native)) => self.native(native),
            (None, None) => Err(Error::input(format!("actor `{name}` has neither `component` nor `native`"))),
            (Some(_), Some(_)) => {
                Err(Error::input(format!("actor `{name}` has both `component` and `native`")))
            }
        }
    }
}

/// What makes an actor of the component in a file, for a chain of its own to drive.
///
/// # Errors
/// When it cannot be read, or is no actor.
pub fn component(path: &Path, cache: Option<PathBuf>, limits: &Limits) -> Result<Loaded> {
    FileLoader::new("", cache).component_for(&path.display().to_string(), false, limits, true)
}

#[cfg(feature = "wasm")]
impl crate::guest::Source {
    /// A component from a file, called by its path.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(path: &Path) -> std::result::Result<crate::guest::Source, crate::guest::LoadError> {
        let component = path.display().to_string();
        match read_file(path, LARGEST_BINARY) {
            Ok(bytes) => Ok(crate::guest::Source::new(component, bytes)),
            Err(error) => Err(crate::guest::LoadError::Unreadable { component, why: error.to_string() }),
        }
    }
}

/// The bytes of a file. It may be no ordinary one and have no end: `most` are read.
///
/// # Errors
/// When it cannot be read, or has more.
pub fn read_file(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    use std::io::{Error, ErrorKind, Read};
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(Error::new(ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

/// Reads a text file, within bounds.
///
/// # Errors
/// When it cannot be read, is too large, or is not UTF-8.
///
/// ```
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("a.json");
/// std::fs::write(&path, b"caf\xe9").unwrap();
/// let error = rehearsal::load::read_text(&path).unwrap_err();
/// assert!(error.message().ends_with("is not UTF-8: byte 3 fits no character"));
/// ```
pub fn read_text(path: &Path) -> Result<String> {
    let read = read_file(path, LARGEST_FILE);
    let bytes = read.map_err(|e| Error::io("read", path.display(), &e))?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Error::input(format!("`{}` is not UTF-8: byte {at} fits no character", path.display()))
    })
}

/// Reads a scenario from a file; paths in it are relative to it.
///
/// # Errors
/// When it cannot be read, or is no scenario.
///
/// ```
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("hello.json");
/// let text = r#"{"rehearsal": 1, "name": "hello", "actors": {"echo": {"native": "echo"}}}"#;
/// rehearsal::load::write_whole(&path, text.as_bytes()).unwrap();
/// let scenario = rehearsal::load::scenario(&path, None, Some("theater-0.3")).unwrap();
/// assert_eq!((scenario.name.as_str(), scenario.profile.name()), ("hello", "theater-0.3"));
/// assert!(rehearsal::load::scenario(&folder.path().join("hallo.json"), None, None).is_err());
/// ```
pub fn scenario(path: &Path, cache: Option<PathBuf>, profile: Option<&str>) -> Result<Scenario> {
    let text = read_text(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut loader = FileLoader::new(folder, cache);
    let mut scenario = Scenario::parse(&text, &path.display().to_string(), &mut loader)?;
    if let Some(profile) = profile {
        scenario.profile = crate::profile::Profile::find(profile)?;
    }
    Ok(scenario)
}

#[cfg(all(test, unix))]
mod tests {
    #[test]
    fn what_has_no_end_is_not_read_to_it() {
        let zeros = std::path::Path::new("/dev/zero");
        let error = super::read_file(zeros, 1000).unwrap_err();
        assert_eq!(error.to_string(), "it has more than 1000 bytes");
        assert!(super::read_file(std::path::Path::new("Cargo.toml"), 1 << 20).is_ok());
    }
}
