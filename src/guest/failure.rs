//! What went wrong in a guest, told apart by kind.

use super::limiter::Limiter;
use crate::actor::{Failure, FailureKind};
use crate::port::Port;
use wasmtime::{Trap, WasmBacktrace};

/// How wasmtime begins what it says when a guest would hand over more bytes at once than it may.
const TOO_MUCH: &str = "too much data is being copied";
/// How it begins what it says when a guest has more instances, tables or memories than it may.
const TOO_MANY: &str = "resource limit exceeded";
/// How it begins what it says when the guest's allocator gave no room for arguments.
const NO_ROOM: &str = "realloc return";

/// The failure behind an error that ended a guest.
pub(super) fn failure(error: &wasmtime::Error, port: &Port, limiter: &Limiter) -> Failure {
    let backtrace = frames(error);
    let cause = error.root_cause().to_string();
    let (kind, message) = match (port.stopped(), error.downcast_ref::<Trap>()) {
        // The guest may have made anything of it: why the host ended the turn is what counts.
        (Some((kind, text)), _) => (kind, text.to_owned()),
        (None, Some(Trap::OutOfFuel)) => (FailureKind::EndlessLoop, cause),
        (None, trap) => match limiter.refused() {
            Some(refused) => (FailureKind::MemoryExhausted, format!("{refused}; then: {cause}")),
            None if cause.starts_with(TOO_MUCH) || cause.starts_with(TOO_MANY) => {
                (FailureKind::LimitExceeded, cause)
            }
            // An error that is no trap and has no frame arose outside of the guest: in reading what it returned.
            None if trap.is_none() && backtrace.is_empty() && !cause.starts_with(NO_ROOM) => {
                (FailureKind::MalformedResult, cause)
            }
            None => (FailureKind::Trap, cause),
        },
    };
    Failure { kind, message, backtrace }
}

/// The guest's frames, innermost first, each with its place in its function, for guests whose names were stripped. Not in the
/// module: there all moves when something is added to it.
fn frames(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    let frames = backtrace.frames().iter().map(|frame| {
        let name = match frame.func_name() {
            Some(name) => name.to_owned(),
            None => format!("function {}", frame.func_index()),
        };
        match frame.func_offset() {
            Some(offset) => format!("{name} at +{offset:#x}"),
            None => name,
        }
    });
    frames.collect()
}
