//! The settings under which components are compiled and run: whatever could make one machine's run differ from
//! another's is switched off or bounded here.

use super::error::LoadError;
use super::memory;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// How many guests may live at once in one process. The kernel's count of memory areas (65,530 by default) is what
/// bounds it: a guest takes up to three, and the guard page of each stack in the pool two more.
pub const MOST_GUESTS: u32 = 10_240;

/// Elements of one table. The pool reserves them, and the limiter refuses more also where there is no pool: a table
/// must not be larger on one machine than on another.
pub(super) const TABLE_ELEMENTS: usize = 32_768;

/// Core instances of one guest, on average over the pool: bindings generators make three (the actor, and two that
/// tie its imports up); composed components have more.
const CORE_INSTANCES: u32 = 4;

/// Bytes of a memory that stay mapped when its guest is dropped: the next guest need not fault them in again.
const KEEP_RESIDENT: usize = 64 << 10;

/// What an engine can be asked to do differently. Nothing here changes what a guest computes or how much fuel it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// How many guests live at once, at most; no more than [`MOST_GUESTS`]. A small pool is made faster.
    pub guests: u32,
}

impl Default for Settings {
    /// Room for as many guests as there may be.
    fn default() -> Self {
        Settings { guests: MOST_GUESTS }
    }
}

impl Settings {
    /// Settings for a cast of this many guests.
    pub fn for_guests(guests: u32) -> Settings {
        Settings { guests }
    }

    /// Sizes that are served by one pool are one setting: casts of different sizes share an engine.
    fn rounded(self) -> Settings {
        let guests = if self.guests <= 256 { 256 } else { MOST_GUESTS };
        Settings { guests }
    }
}

/// Compiles components and gives their instances room. Cheap to clone, and one for all of a process that is set
/// alike.
///
/// ```
/// use rehearsal::guest::{Engine, GuestComponent, Settings, Source};
/// let engine = Engine::shared(Settings::for_guests(10)).expect("WebAssembly runs here");
/// let source = Source::new("pinger.wat", std::fs::read("scenarios/actors/pinger.wat").expect("a file"));
/// assert!(GuestComponent::load(source, &engine, None).is_ok());
/// ```
#[derive(Clone)]
pub struct Engine {
    settings: Settings,
    /// For components whose instances can be set back.
    set_back: wasmtime::Engine,
    plain: Arc<OnceLock<Plain>>,
}

/// The engines for components whose instances are made anew each time.
struct Plain {
    pooled: Option<wasmtime::Engine>,
    on_demand: Option<wasmtime::Engine>,
}

impl Engine {
    /// The engine of this process for these settings.
    ///
    /// # Errors
    /// Where WebAssembly cannot run at all, for example on a processor that nothing can be compiled for.
    pub fn shared(settings: Settings) -> Result<Engine, LoadError> {
        static MADE: Mutex<Vec<(Settings, Engine)>> = Mutex::new(Vec::new());
        let settings = settings.rounded();
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, engine)) = made.iter().find(|(of, _)| *of == settings) {
            return Ok(engine.clone());
        }
        let engine = Engine::new(settings)?;
        made.push((settings, engine.clone()));
        Ok(engine)
    }

    fn new(settings: Settings) -> Result<Engine, LoadError> {
        let mut config = config();
        config
            .with_host_memory(Arc::new(memory::Creator))
            // What is mapped from a file could not be told from what was touched.
            .memory_init_cow(false)
            .memory_reservation(0)
            .memory_reservation_for_growth(0);
        let set_back = wasmtime::Engine::new(&config);
        let set_back = set_back.map_err(|error| LoadError::Engine(error.to_string()))?;
        Ok(Engine { settings, set_back, plain: Arc::default() })
    }

    /// The engine for components whose instances can be set back.
    pub(super) fn set_back(&self) -> &wasmtime::Engine {
        &self.set_back
    }

    /// The engines for the others, the pooled one first: a component too large for the pool's slots gets its room on
    /// demand. They are made when first asked for.
    pub(super) fn plain(&self) -> impl Iterator<Item = &wasmtime::Engine> {
        let Plain { pooled, on_demand } = self.plain.get_or_init(|| {
            let mut pooling = config();
            pooling.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(self.settings.guests)));
            // A machine that has no room for the pool (address space, memory areas) still runs fewer guests without it.
            Plain {
                pooled: wasmtime::Engine::new(&pooling).ok(),
                on_demand: wasmtime::Engine::new(&config()).ok(),
            }
        });
        pooled.iter().chain(on_demand)
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .consume_fuel(true)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .relaxed_simd_deterministic(true)
        // Memory is checked by the guest's own code, not by protected pages: protecting them anew for each instance takes an
        // eighth of a short run's time, and stops every other thread of the process while it lasts.
        .signals_based_traps(false)
        .memory_guard_size(0)
        // Always kept, also where nobody reads them: a frame tells a trap from a result that cannot be read. Of the 15 us
        // that a trap and a new instance cost, they are less than one.
        .wasm_backtrace_max_frames(Some(FRAMES));
    if let Some(target) = target() {
        // A named target has no features of this processor, so that all machines run the same code.
        let known = config.target(target).is_ok();
        debug_assert!(known, "{target} is not a target");
    }
    config
}

const FRAMES: std::num::NonZeroUsize = std::num::NonZeroUsize::new(64).unwrap();

/// The triple that this program was compiled for, where it is one of the usual.
fn target() -> Option<&'static str> {
    let arm = cfg!(target_arch = "aarch64");
    if !arm && !cfg!(target_arch = "x86_64") {
        return None;
    }
    Some(match (cfg!(target_os = "linux"), cfg!(target_os = "macos"), cfg!(windows)) {
        (true, ..) if arm => "aarch64-unknown-linux-gnu",
        (true, ..) => "x86_64-unknown-linux-gnu",
        (_, true, _) if arm => "aarch64-apple-darwin",
        (_, true, _) => "x86_64-apple-darwin",
        (.., true) if arm => "aarch64-pc-windows-msvc",
        (.., true) => "x86_64-pc-windows-msvc",
        _ => return None,
    })
}

fn pool(guests: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(guests)
        .total_stacks(guests)
        .total_core_instances(guests * CORE_INSTANCES)
        .total_memories(guests)
        .total_tables(guests * 2)
        .max_tables_per_module(8)
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .pagemap_scan(Enabled::Auto);
    pool
}
