//! The bytes of components, and how they become code.

use super::cache::{self, Cache, Sum};
use super::engine::Engine;
use super::error::LoadError;
use super::memory;
use super::set_back;
use wasmtime::component::Component;

/// The bytes of a component, binary or text (`.wat`), and what to call it.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    bytes: Vec<u8>,
    sum: Sum,
}

impl Source {
    /// A component from memory.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Source {
        let bytes = bytes.into();
        Source { name: name.into(), sum: cache::sum(&bytes), bytes }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The SHA-1 of the bytes: what a trace knows a component by.
    pub fn sum(&self) -> [u8; 20] {
        self.sum
    }

    /// What this is if it is surely no component.
    fn misfit(&self) -> Option<LoadError> {
        let component = self.name.clone();
        // A binary begins with `\0asm`, a version and a layer; the layer is 0 for modules and 1 for components.
        match self.bytes.as_slice() {
            [0, b'a', b's', b'm', _, _, 0, 0, ..] => return Some(LoadError::CoreModule { component }),
            [0, b'a', b's', b'm', ..] => return None,
            _ => {}
        }
        let text = std::str::from_utf8(&self.bytes).unwrap_or("").trim_start();
        if text.starts_with("(module") {
            return Some(LoadError::CoreModule { component });
        }
        let first = self.bytes.first_chunk::<8>().map_or(&self.bytes[..], |chunk| chunk);
        let found =
            if first.is_empty() { "nothing".to_owned() } else { format!("`{}`", first.escape_ascii()) };
        (!text.starts_with(['(', ';'])).then_some(LoadError::NotComponent { component, found })
    }

    /// Compiles it for the engine that suits it, or finds it compiled.
    pub(super) fn compile(
        &self,
        engine: &Engine,
        cache: Option<&Cache>,
    ) -> Result<(Component, Origin), LoadError> {
        if let Some(misfit) = self.misfit() {
            return Err(misfit);
        }
        // In any engine's cache first: to compile for one that has no room for it would be in vain each time.
        let load = |engine| cache.and_then(|cache| cache.load(engine, &self.sum));
        if let Some(component) = load(engine.set_back()) {
            return Ok((component, Origin::Cached));
        }
        let invalid = |why: String| LoadError::Invalid { component: self.name.clone(), why };
        let binary = wat::parse_bytes(&self.bytes).map_err(|error| invalid(error.to_string()))?;
        let added = memory::TELLS.then(|| set_back::with_set_back(&binary)).flatten();
        let set_back = added.as_deref().map(|added| (engine.set_back(), added));
        if set_back.is_none()
            && let Some(component) = engine.plain().find_map(load)
        {
            return Ok((component, Origin::Cached));
        }
        // Lazily: making those engines takes longer than the usual component takes to load.
        let plain = std::iter::once(engine).flat_map(Engine::plain).map(|engine| (engine, &*binary));
        let mut why = String::new();
        for (engine, bytes) in set_back.into_iter().chain(plain) {
            match Component::new(engine, bytes) {
                Ok(component) => {
                    // A cache that cannot be written costs time and nothing else.
                    let _ = cache.map(|cache| cache.keep(engine, &self.sum, &component));
                    return Ok((component, Origin::Compiled));
                }
                Err(error) => why = format!("{error:#}"),
            }
        }
        Err(invalid(why))
    }
}

/// Where a component's code came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was compiled now.
    Compiled,
    /// It was found in the cache, whole.
    Cached,
}
