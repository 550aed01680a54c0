//! Linear memories that can be put back as they were when their instance was new.
//!
//! Which pages a guest has touched is the kernel's to say: what it has never given a page to still holds zeros. So
//! nothing is protected or counted while a guest runs, and putting a memory back costs as much as was touched of it.

use memmap2::MmapMut;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

/// Bytes of a page of the machine: what is put back is put back by pages.
const PAGE: usize = 4096;

/// Touched pages beyond which a new memory is cheaper.
const MOST_TOUCHED: usize = 256;

/// Bytes that a memory can grow by before it has to move: many guests' allocators ask for some when they begin.
const GROWTH: usize = 1 << 20;

/// A linear memory, as its instance and whoever puts it back have it.
#[derive(Clone)]
pub(super) struct Memory(Arc<Mutex<Pages>>);

struct Pages {
    map: MmapMut,
    /// The bytes that the guest has; the rest of the map is for it to grow into.
    size: usize,
    /// The most that it ever had: beyond are zeros.
    reached: usize,
    touched: Touched,
}

impl Memory {
    fn new(size: usize) -> std::io::Result<Memory> {
        let map = zeros(size.saturating_add(GROWTH))?;
        Ok(Memory(Arc::new(Mutex::new(Pages { map, size, reached: size, touched: Touched::default() }))))
    }

    /// Never contended: an instance and its memories are one thread's.
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that are all zero, in whole pages.
fn zeros(length: usize) -> std::io::Result<MmapMut> {
    let length = length.checked_next_multiple_of(PAGE).unwrap_or(usize::MAX);
    let map = MmapMut::map_anon(length)?;
    // In larger pages everything would be touched as soon as anything is. Where there are none, nothing need be advised.
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::NoHugePage);
    Ok(map)
}

// SAFETY: the pointer is to a map of at least `byte_capacity` bytes that stays where it is until `grow_to` puts another in its
// place, which is when the capacity was too small; new maps are zeros. Rust's own references to the bytes are only made in
// `Memory::image` and `Memory::put_back`, while no guest runs on the memory.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.pages().size
    }

    fn byte_capacity(&self) -> usize {
        self.pages().map.len()
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        let pages = &mut *self.pages();
        if new_size > pages.map.len() {
            let mut larger = zeros(new_size.saturating_add(pages.size))?;
            let Pages { map, reached, touched, .. } = pages;
            match touched.of(&map[..*reached]) {
                Some(touched) => touched.iter().for_each(|page| {
                    larger[page * PAGE..][..PAGE].copy_from_slice(page_of(map, *page));
                }),
                None => larger[..*reached].copy_from_slice(&map[..*reached]),
            }
            (*map, *touched) = (larger, Touched::default());
        }
        pages.size = new_size;
        pages.reached = pages.reached.max(new_size);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.pages().map.as_mut_ptr()
    }
}

thread_local! {
    /// The memories made since they were last [taken](taken): wasmtime tells their maker nothing of whose they are.
    static MADE: RefCell<Vec<Memory>> = const { RefCell::new(Vec::new()) };
}

/// Makes linear memories.
pub(super) struct Creator;

// SAFETY: a memory is zeros, and the guard and the reservation, which the engine is set to have none of, are refused.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        if guard > 0 || reserved.unwrap_or(0) > minimum.max(PAGE) {
            return Err("memories that are put back have neither guards nor reservations".to_owned());
        }
        let memory = Memory::new(minimum).map_err(|error| error.to_string())?;
        MADE.with_borrow_mut(|made| made.push(memory.clone()));
        Ok(Box::new(memory))
    }
}

/// The memories that were made on this thread since the last call, in their order.
pub(super) fn taken() -> Vec<Memory> {
    MADE.take()
}

/// What is in the memory of a new instance: the pages that are not zeros, in their order.
pub(super) struct Image {
    size: usize,
    pages: Vec<(usize, Box<[u8]>)>,
}

impl Image {
    /// The bytes of the memory.
    pub(super) fn bytes(&self) -> u64 {
        self.size as u64
    }
}

impl Memory {
    /// What is in it now; none where it cannot be known what was touched.
    pub(super) fn image(&self) -> Option<Image> {
        let pages = &mut *self.pages();
        let touched = pages.touched.of(&pages.map[..pages.reached])?;
        let held = touched.iter().map(|page| (*page, page_of(&pages.map, *page).into()));
        Some(Image { size: pages.size, pages: held.collect() })
    }

    /// Puts it back as in an image of a memory of the same component, and says whether that was done. Its instance learns of
    /// the size when it next grows, be it by nothing.
    pub(super) fn put_back(&self, image: &Image) -> bool {
        let pages = &mut *self.pages();
        let Some(touched) = pages.touched.of(&pages.map[..pages.reached]) else { return false };
        if touched.len() > MOST_TOUCHED + image.pages.len() {
            return false;
        }
        pages.size = image.size;
        let mut held = image.pages.iter().peekable();
        for page in touched {
            let bytes = &mut pages.map[page * PAGE..][..PAGE];
            // What the image holds was written into every such memory, so its pages are among the touched.
            match held.next_if(|(held, _)| held == page) {
                Some((_, first)) => bytes.copy_from_slice(first),
                None => bytes.fill(0),
            }
        }
        held.next().is_none()
    }
}

fn page_of(map: &[u8], page: usize) -> &[u8] {
    &map[page * PAGE..][..PAGE]
}

/// Whether the kernel says here what was touched.
pub(super) const TELLS: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// The pages of a memory that the kernel has given it, in order: those that may hold something else than zeros.
#[derive(Default)]
struct Touched {
    pages: Vec<usize>,
    /// The page faults of this thread when the kernel was last asked. A page is given at a fault, so while there was none
    /// the answer is still the same; and guests and their memories never leave their thread.
    faults: Option<i64>,
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
impl Touched {
    fn of(&mut self, map: &[u8]) -> Option<&[usize]> {
        thread_local! {
            static TOLD: bool = told().unwrap_or(false);
        }
        if !TOLD.with(|told| *told) {
            return None;
        }
        let faults = Some(faults()?);
        if self.faults != faults {
            self.faults = None;
            self.ask(map)?;
            self.faults = faults;
        }
        Some(&self.pages)
    }

    fn ask(&mut self, map: &[u8]) -> Option<()> {
        use std::fs::File;
        use std::os::unix::fs::FileExt;
        // A page that is there, or was moved out: <https://docs.kernel.org/admin-guide/mm/pagemap.html>.
        const GIVEN: u64 = 1 << 63 | 1 << 62;
        const ENTRY: usize = size_of::<u64>();
        thread_local! {
            static MAP: Option<File> = File::open("/proc/self/pagemap").ok();
            static ENTRIES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        let (first, count) = (map.as_ptr().addr() / PAGE, map.len().div_ceil(PAGE));
        ENTRIES.with_borrow_mut(|entries| {
            entries.resize(count * ENTRY, 0);
            MAP.with(|map| map.as_ref()?.read_exact_at(entries, (first * ENTRY) as u64).ok())?;
            let entries = entries.as_chunks::<ENTRY>().0.iter().map(|entry| u64::from_ne_bytes(*entry));
            let given = entries.enumerate().filter(|(_, entry)| entry & GIVEN != 0);
            self.pages.clear();
            self.pages.extend(given.map(|(page, _)| page));
            Some(())
        })
    }
}

/// The page faults of this thread so far.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn faults() -> Option<i64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
    Some(usage.minor_page_faults() + usage.major_page_faults())
}

/// Whether a page that is touched is told, and its fault counted: what only poses as this kernel may do neither.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn told() -> Option<bool> {
    let mut map = zeros(3 * PAGE).ok()?;
    let before = faults()?;
    map[PAGE] = 1;
    let counted = faults()? != before;
    let mut touched = Touched::default();
    touched.ask(&map)?;
    Some(counted && touched.pages == [1])
}

/// Elsewhere pages have other sizes, or the kernel does not say: instances are made anew.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
impl Touched {
    fn of(&mut self, _: &[u8]) -> Option<&[usize]> {
        None
    }
}
