//! How much memory one guest may have, and whether it was refused any.

use super::engine::TABLE_ELEMENTS;

/// Bounds the linear memories of one guest, all together, and its tables.
#[derive(Debug)]
pub(super) struct Limiter {
    most: u64,
    used: u64,
    refused: Option<u64>,
}

impl Limiter {
    pub(super) fn new(most: u64) -> Limiter {
        Limiter { most, used: 0, refused: None }
    }

    /// Begins anew with another bound and the bytes that a new instance has; says whether they are within it.
    pub(super) fn begin_anew(&mut self, most: u64, used: u64) -> bool {
        *self = Limiter { most, used, refused: None };
        used <= most
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
        let wanted = self.used.saturating_add(desired.saturating_sub(current) as u64);
        if wanted > self.most {
            self.refused = Some(wanted);
            return Ok(false);
        }
        self.used = wanted;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }
}
