//! Components: compiled once, checked against what is served, and shared by all their instances.

use super::cache::{Cache, Sum};
use super::engine::Engine;
use super::error::LoadError;
use super::foreign::{self, Kind};
use super::interface::{self, EXPORTS, Export, IMPORTS};
use super::linker::{self, Context};
use super::memory::Image;
use super::set_back;
use super::source::{Origin, Source};
use std::sync::{Arc, OnceLock};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

/// What came of defining an import or registering an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there.
    Done,
    /// The component has no such import or export: nothing to do. A message for a missing export fails with
    /// [`FailureKind::MissingExport`](crate::actor::FailureKind::MissingExport).
    Missing,
}

/// A function that a component imports.
struct Import {
    place: usize,
    found: String,
    defined: bool,
}

/// A compiled component whose imports are being defined. When they all are, [`finish`](ActorComponent::finish) makes it a
/// [`GuestComponent`]. [`GuestComponent::load`] does all of it at once.
///
/// ```
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal::guest::{ActorComponent, Engine, MESSAGE_SERVER_HOST, Outcome, Settings, Source};
///
/// let engine = Engine::shared(Settings::for_guests(1))?;
/// let source = Source::new("pinger.wat", std::fs::read("scenarios/actors/pinger.wat")?);
/// let mut component = ActorComponent::compile(source, &engine, None)?;
/// assert_eq!(component.define_import("theater:simple/runtime", "log")?, Outcome::Done);
/// assert_eq!(component.define_import(MESSAGE_SERVER_HOST, "send")?, Outcome::Missing, "it sends nothing");
/// let component = component.finish()?;
/// assert_eq!(component.name(), "pinger.wat");
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
pub struct ActorComponent {
    source: Source,
    component: Component,
    origin: Origin,
    linker: Linker<Context>,
    imports: Vec<Import>,
    foreign: Vec<Foreign>,
}

impl ActorComponent {
    /// Compiles a component, or finds it compiled, and looks at what it imports.
    ///
    /// # Errors
    /// When it is no component, or imports what is not served here.
    pub fn compile(source: Source, engine: &Engine, cache: Option<&Cache>) -> Result<Self, LoadError> {
        let (component, origin) = source.compile(engine, cache)?;
        let (imports, foreign) = imports(source.name(), &component, false)?;
        let linker = Linker::new(component.engine());
        Ok(ActorComponent { source, component, origin, linker, imports, foreign })
    }

    /// The same for a component that is to be driven from its chain: it may import anything.
    ///
    /// # Errors
    /// When it is no component.
    pub fn compile_for_replay(
        source: Source,
        engine: &Engine,
        cache: Option<&Cache>,
    ) -> Result<Self, LoadError> {
        let (component, origin) = source.compile(engine, cache)?;
        let (imports, foreign) = imports(source.name(), &component, true)?;
        let linker = Linker::new(component.engine());
        Ok(ActorComponent { source, component, origin, linker, imports, foreign })
    }

    /// Defines one function of `theater:simple` for the component.
    ///
    /// # Errors
    /// [`LoadError::UnknownName`] when no such function is served, [`LoadError::ImportType`] when the component imports it
    /// with another type.
    pub fn define_import(&mut self, interface: &str, function: &str) -> Result<Outcome, LoadError> {
        let place = interface::place(&IMPORTS, interface, function)?;
        let served = &IMPORTS[place];
        let Some(import) = self.imports.iter_mut().find(|import| import.place == place) else {
            return Ok(Outcome::Missing);
        };
        if !served.types.contains(&import.found.as_str()) {
            return Err(LoadError::ImportType {
                component: self.source.name().to_owned(),
                import: served.path(),
                expected: served.types[0].to_owned(),
                found: import.found.clone(),
            });
        }
        if !import.defined {
            import.defined = true;
            let defined = linker::define(&mut self.linker, served);
            defined.map_err(|error| LoadError::Engine(error.to_string()))?;
        }
        Ok(Outcome::Done)
    }

    /// Defines all functions that are served and not yet defined.
    ///
    /// # Errors
    /// When the component imports one with another type.
    pub fn define_all(&mut self) -> Result<(), LoadError> {
        for function in &IMPORTS {
            self.define_import(function.interface, function.name)?;
        }
        Ok(())
    }

    /// A component of which instances can be made.
    ///
    /// # Errors
    /// [`LoadError::UnknownImport`] when an import is not defined, [`LoadError::ExportType`] when an export that is called has
    /// another type, [`LoadError::OtherWorld`] when none of the exports is an actor's.
    pub fn finish(mut self) -> Result<GuestComponent, LoadError> {
        for one in &self.foreign {
            let defined = foreign::define(&mut self.linker, &one.interface, &one.name, &one.kind);
            defined.map_err(|error| LoadError::Engine(error.to_string()))?;
        }
        let name = self.source.name().to_owned();
        if let Some(import) = self.imports.iter().find(|import| !import.defined) {
            let import = IMPORTS[import.place].path();
            return Err(LoadError::UnknownImport { component: name, import, nearest: None });
        }
        let exports = exports(&name, &self.component)?;
        let pre = self.linker.instantiate_pre(&self.component);
        let pre =
            pre.map_err(|error| LoadError::Invalid { component: name.clone(), why: format!("{error:#}") })?;
        let suspends = !self.foreign.is_empty()
            || self.imports.iter().any(|import| linker::suspends(&IMPORTS[import.place]));
        let reads_chain = self.imports.iter().any(|import| IMPORTS[import.place].name == "get-chain");
        let (sum, origin) = (self.source.sum(), self.origin);
        let added = |n| self.component.get_export_index(None, set_back::export_name(n));
        let setters = (0..).map_while(added).collect();
        let first = OnceLock::new();
        Ok(GuestComponent(Arc::new(Loaded {
            name,
            sum,
            origin,
            pre,
            exports,
            setters,
            first,
            suspends,
            reads_chain,
        })))
    }
}

/// A component that can be instantiated; cheap to clone. All [`Guest`](super::Guest)s of it share what was compiled.
///
/// ```
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal::guest::{Engine, Guest, GuestComponent, Settings, Source};
/// use rehearsal::limits::Limits;
/// use std::sync::Arc;
///
/// let engine = Engine::shared(Settings::for_guests(2))?;
/// let source = Source::new("pinger.wat", std::fs::read("scenarios/actors/pinger.wat")?);
/// let component = GuestComponent::load(source, &engine, None)?;
/// let limits = Arc::new(Limits::default());
/// let (one, two) = (Guest::new(&component, &limits), Guest::new(&component, &limits));
/// # drop((one, two));
/// let error = GuestComponent::load(Source::new("x.wat", "(component)"), &engine, None).err().unwrap();
/// assert_eq!(error.to_string(), "component `x.wat` is for another world: it exports nothing");
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
#[derive(Clone)]
pub struct GuestComponent(Arc<Loaded>);

struct Loaded {
    name: String,
    sum: Sum,
    origin: Origin,
    pre: InstancePre<Context>,
    exports: Exports,
    /// The functions that set an instance's global variables back; none if it cannot be set back.
    setters: Vec<ComponentExportIndex>,
    /// What is in the memories of a new instance.
    first: OnceLock<Option<Vec<Image>>>,
    suspends: bool,
    reads_chain: bool,
}

impl GuestComponent {
    /// Loads a component with all that is served here.
    ///
    /// # Errors
    /// Each of [`LoadError`].
    pub fn load(source: Source, engine: &Engine, cache: Option<&Cache>) -> Result<GuestComponent, LoadError> {
        let mut component = ActorComponent::compile(source, engine, cache)?;
        component.define_all()?;
        component.finish()
    }

    /// Loads a component that is to be driven from its chain.
    ///
    /// # Errors
    /// Each of [`LoadError`], but for imports that are not known.
    pub fn load_for_replay(
        source: Source,
        engine: &Engine,
        cache: Option<&Cache>,
    ) -> Result<GuestComponent, LoadError> {
        let mut component = ActorComponent::compile_for_replay(source, engine, cache)?;
        component.define_all()?;
        component.finish()
    }

    /// What it was called when it was loaded.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The SHA-1 of its bytes.
    pub fn sum(&self) -> [u8; 20] {
        self.0.sum
    }

    /// Whether it had to be compiled.
    pub fn origin(&self) -> Origin {
        self.0.origin
    }

    pub(super) fn pre(&self) -> &InstancePre<Context> {
        &self.0.pre
    }

    pub(super) fn engine(&self) -> &wasmtime::Engine {
        self.0.pre.engine()
    }

    pub(super) fn export(&self, export: Export) -> Option<&Exported> {
        self.0.exports[export as usize].as_ref()
    }

    /// Whether this is the same component, loaded once.
    pub(super) fn is(&self, other: &GuestComponent) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn setters(&self) -> &[ComponentExportIndex] {
        &self.0.setters
    }

    /// What is in the memories of a new instance; if nobody looked yet, `look` does.
    pub(super) fn first(&self, look: impl FnOnce() -> Option<Vec<Image>>) -> Option<&[Image]> {
        self.0.first.get_or_init(look).as_deref()
    }

    /// Whether it may have to wait in an import, and so needs a stack of its own.
    pub(super) fn suspends(&self) -> bool {
        self.0.suspends
    }

    /// Whether it may ask for its own chain.
    pub(super) fn reads_chain(&self) -> bool {
        self.0.reads_chain
    }
}

/// An export, and which of the types it may have it has.
pub(super) struct Exported {
    pub index: ComponentExportIndex,
    pub form: usize,
}

type Exports = [Option<Exported>; EXPORTS.len()];

/// A function or a resource that no profile serves.
struct Foreign {
    interface: String,
    name: String,
    kind: Kind,
}

/// The functions that a component imports: those that are served, and where `any` may be imported, the others.
fn imports(name: &str, component: &Component, any: bool) -> Result<(Vec<Import>, Vec<Foreign>), LoadError> {
    let mut foreign = Vec::new();
    let engine = component.engine();
    let unknown = |import: String, nearest: Option<String>| {
        Err(LoadError::UnknownImport { component: name.to_owned(), import, nearest })
    };
    let mut imports = Vec::new();
    for (interface, import) in component.component_type().imports(engine) {
        let served = IMPORTS.iter().any(|function| function.interface == interface);
        let ComponentItem::ComponentInstance(instance) = &import.ty else {
            return unknown(interface.to_owned(), None);
        };
        if !served && !any && interface != interface::TYPES {
            return unknown(interface.to_owned(), interface::nearest_interface(&IMPORTS, interface));
        }
        for (function, item) in instance.exports(engine) {
            let found = match &item.ty {
                ComponentItem::ComponentFunc(function) => interface::describe(function),
                ComponentItem::Type(_) => continue,
                ComponentItem::Resource(_) if any => String::new(),
                _ => return unknown(format!("{interface}.{function}"), None),
            };
            let Ok(place) = interface::place(&IMPORTS, interface, function) else {
                if let Some(kind) = Kind::of(&item.ty).filter(|_| any) {
                    let (interface, name) = (interface.to_owned(), function.to_owned());
                    foreign.push(Foreign { interface, name, kind });
                    continue;
                }
                let nearest = interface::nearest_function(&IMPORTS, interface, function);
                return unknown(format!("{interface}.{function}"), nearest);
            };
            imports.push(Import { place, found, defined: false });
        }
    }
    Ok((imports, foreign))
}

/// The exports that an actor has, with their types checked.
fn exports(name: &str, component: &Component) -> Result<Exports, LoadError> {
    let mut exports: Exports = Default::default();
    let mut actor = false;
    for (place, function) in EXPORTS.iter().enumerate() {
        let Some(interface) = component.get_export_index(None, function.interface) else { continue };
        actor = true;
        let Some((item, index)) = component.get_export(Some(&interface), function.name) else { continue };
        let found = match &item {
            ComponentItem::ComponentFunc(function) => interface::describe(function),
            _ => "something that is no function".to_owned(),
        };
        let Some(form) = function.types.iter().position(|ty| *ty == found) else {
            return Err(LoadError::ExportType {
                component: name.to_owned(),
                export: function.path(),
                expected: function.types.join(", or "),
                found,
            });
        };
        exports[place] = Some(Exported { index, form });
    }
    if actor {
        return Ok(exports);
    }
    let ty = component.component_type();
    let names = ty.exports(component.engine());
    let names = names.filter(|(name, _)| !set_back::is_added(name));
    let names: Vec<String> = names.map(|(name, _)| format!("`{name}`")).collect();
    let exports = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    Err(LoadError::OtherWorld { component: name.to_owned(), exports })
}
