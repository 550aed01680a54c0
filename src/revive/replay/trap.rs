//! Traps: their text depends on wasmtime's version, so that their kind is compared.

use super::recorded_host::End;
use crate::actor::{Failure, FailureKind};

/// What Theater begins the text of a trap with; the last is generation B's `init`.
const TRAPPED: [&str; 3] = [
    "Failed to call function: Failed to call WebAssembly function: ",
    "Failed to call function: Failed to call WebAssembly function (no result): ",
    "Failed to call function: Failed to call state-only function: ",
];

/// What a trap said, if it was one.
pub fn text(recorded: &str) -> Option<&str> {
    TRAPPED.iter().find_map(|words| recorded.strip_prefix(words))
}

/// Whether a trap is of the recorded kind: the text depends on wasmtime's version, and often does not tell the cause.
pub fn same_trap(failure: &Failure, recorded: &str) -> bool {
    if failure.kind == FailureKind::ReturnedError || text(recorded).is_none() {
        return false;
    }
    match recorded.split_once("wasm trap: ") {
        Some((_, cause)) => {
            let cause = cause.lines().next().unwrap_or_default().trim();
            // Theater has no fuel: where a trap's cause is known, an endless loop is one only of a recording of ours.
            let other = !matches!(failure.kind, FailureKind::Trap | FailureKind::EndlessLoop);
            failure.message.contains(cause) || other
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
