//! Compiled components on disk, so that a second run compiles nothing.
//!
//! An entry is found by what it was made from: the component's bytes, wasmtime's version and the engine's settings. It
//! is native code, so it is never used on the strength of its name: a header of our own says what it was made from
//! and has a SHA-1 over the code. What is torn, damaged or made by another version is built anew. This guards against
//! accidents; whoever can write to the directory can write code that will run, so it belongs to one user.

use sha1::{Digest, Sha1};
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use wasmtime::component::Component;

const MAGIC: &[u8; 16] = b"rehearsal code 1";
const SUM: usize = 20;
const HEADER: usize = MAGIC.len() + SUM + 8 + SUM;

/// A SHA-1.
pub(super) type Sum = [u8; SUM];

/// The SHA-1 of some bytes.
pub(super) fn sum(bytes: &[u8]) -> Sum {
    Sha1::digest(bytes).into()
}

/// A directory of compiled components.
///
/// ```
/// use rehearsal::guest::{Cache, Engine, GuestComponent, Origin, Settings, Source};
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("cache");
/// let cache = Cache::new(folder);
/// let engine = Engine::shared(Settings::for_guests(1)).expect("WebAssembly runs here");
/// let load = || {
///     let source = Source::new("pinger.wat", std::fs::read("scenarios/actors/pinger.wat").expect("a file"));
///     GuestComponent::load(source, &engine, Some(&cache)).expect("a component").origin()
/// };
/// assert_eq!((load(), load()), (Origin::Compiled, Origin::Cached));
/// ```
#[derive(Clone, Debug)]
pub struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// The cache in this directory, which is made when there is something to keep.
    pub fn new(dir: impl Into<PathBuf>) -> Cache {
        Cache { dir: dir.into() }
    }

    fn entry(&self, key: &Sum) -> PathBuf {
        let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        self.dir.join(name + ".cwasm")
    }

    /// The component with these contents, if it was compiled for an engine that is set like this one.
    pub(super) fn load(&self, engine: &wasmtime::Engine, contents: &Sum) -> Option<Component> {
        let key = key(engine, contents);
        let entry = fs::read(self.entry(&key)).ok()?;
        let code = verified(&entry, &key)?;
        // SAFETY: `deserialize` must only be given bytes that `serialize` gave, or they may be arbitrary code. These
        // are: they have the checksum with which `keep` wrote them, under a key that names this version and these
        // settings, in memory where nobody can change them after the check.
        unsafe { Component::deserialize(engine, code) }.ok()
    }

    /// Keeps a compiled component for the next time.
    ///
    /// # Errors
    /// When it cannot be written; then the next time compiles again, and nothing else is lost.
    pub(super) fn keep(
        &self,
        engine: &wasmtime::Engine,
        contents: &Sum,
        component: &Component,
    ) -> io::Result<()> {
        let code = component.serialize().map_err(|error| io::Error::other(error.to_string()))?;
        let key = key(engine, contents);
        let mut entry = Vec::with_capacity(HEADER + code.len());
        entry.extend_from_slice(MAGIC);
        entry.extend_from_slice(&key);
        entry.extend_from_slice(&(code.len() as u64).to_le_bytes());
        entry.extend_from_slice(&sum(&code));
        entry.extend_from_slice(&code);
        make_dir(&self.dir)?;
        write_beside(&self.entry(&key), &entry)
    }
}

/// The code of an entry, if it is whole and was made from this key.
fn verified<'a>(entry: &'a [u8], key: &Sum) -> Option<&'a [u8]> {
    let rest = entry.strip_prefix(MAGIC)?.strip_prefix(key)?;
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let (expected, code) = rest.split_first_chunk::<SUM>()?;
    let whole = u64::from_le_bytes(*length) == code.len() as u64;
    (whole && sum(code) == *expected).then_some(code)
}

/// What an entry is found by.
fn key(engine: &wasmtime::Engine, contents: &Sum) -> Sum {
    /// Feeds what implements `Hash` to SHA-1: the standard hashers differ between runs or versions.
    struct Feed(Sha1);
    impl Hasher for Feed {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
    }
    let mut feed = Feed(Sha1::new());
    feed.0.update(MAGIC);
    feed.0.update(contents);
    // Wasmtime's version, the target and every setting that changes compiled code.
    engine.precompile_compatibility_hash().hash(&mut feed);
    feed.0.finalize().into()
}

/// Makes the directory for this user alone.
fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Writes a file under another name and renames it: a reader sees all of it or nothing.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let beside = path.with_extension(format!("{}-{count}.tmp", std::process::id()));
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
