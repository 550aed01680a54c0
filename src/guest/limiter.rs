//! How much memory one guest may have, and whether it was refused any.

use super::engine::TABLE_ELEMENTS;

/// Core instances, tables and memories of one guest, each. A small actor has four, one and one; one that is composed of
/// several has as many times more.
const MOST_OF_EACH: usize = 128;

/// Bytes of an element of a table.
const ELEMENT: u64 = 8;

/// Bounds the linear memories and the tables of one guest, all together.
#[derive(Debug)]
pub(super) struct Limiter {
    most: u64,
    memories: u64,
    tables: u64,
    refused: Option<u64>,
}

impl Limiter {
    pub(super) fn new(most: u64) -> Limiter {
        Limiter { most, memories: 0, tables: 0, refused: None }
    }

    /// Begins anew with another bound and the bytes that the memories of a new instance have; says whether it is within. What
    /// is used again has its tables as they were: their sizes never change in a component whose instances can be set back.
    pub(super) fn begin_anew(&mut self, most: u64, memories: u64) -> bool {
        *self = Limiter { most, memories, tables: self.tables, refused: None };
        memories.saturating_add(self.tables) <= most
    }

    /// Begins a handled message: what was refused before is of no matter to it.
    pub(super) fn begin(&mut self) {
        self.refused = None;
    }

    /// What the guest wanted beyond its bound, in words, if it did.
    pub(super) fn refused(&self) -> Option<String> {
        let wanted = self.refused?;
        Some(format!("asked for {wanted} bytes of memory; its limit is {}", self.most))
    }

    /// Whether so many more bytes are within the bound; a refusal is remembered.
    fn has_room(&mut self, more: u64) -> bool {
        let wanted = self.memories.saturating_add(self.tables).saturating_add(more);
        let fits = wanted <= self.most;
        self.refused = if fits { self.refused } else { Some(wanted) };
        fits
    }
}

impl wasmtime::ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Wasmtime asks before it looks at the maximum that the memory declares.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let more = desired.saturating_sub(current) as u64;
        let fits = self.has_room(more);
        self.memories += if fits { more } else { 0 };
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS || maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let more = (desired.saturating_sub(current) as u64).saturating_mul(ELEMENT);
        let fits = self.has_room(more);
        self.tables += if fits { more } else { 0 };
        Ok(fits)
    }

    fn instances(&self) -> usize {
        MOST_OF_EACH
    }

    fn tables(&self) -> usize {
        MOST_OF_EACH
    }

    fn memories(&self) -> usize {
        MOST_OF_EACH
    }
}
