//! Traps: their text depends on wasmtime's version, so that their kind is compared.

use super::stage::End;
use crate::actor::{Failure, FailureKind};

/// What wasmtime begins the text of a trap with in Theater.
const TRAPPED: &str = "Failed to call function: Failed to call WebAssembly function";

/// Whether a trap is of the recorded kind: the text depends on wasmtime's version, and often does not tell the cause.
pub fn same_trap(failure: &Failure, recorded: &str) -> bool {
    if failure.kind == FailureKind::ReturnedError || !recorded.starts_with(TRAPPED) {
        return false;
    }
    match recorded.split_once("wasm trap: ") {
        Some((_, cause)) => {
            let cause = cause.lines().next().unwrap_or_default().trim();
            failure.message.contains(cause) || failure.kind != FailureKind::Trap
        }
        None => true,
    }
}

pub fn with_kind(end: End, failure: &Failure) -> End {
    match end {
        End::Diverged(mut found) => {
            found.notes.push(format!("the call ended as {}: {}", failure.kind.name(), failure.message));
            if failure.kind == FailureKind::EndlessLoop {
                found.notes.push("`--fuel N` gives a long computation more".to_owned());
            }
            End::Diverged(found)
        }
        over => over,
    }
}
