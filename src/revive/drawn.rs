//! The random numbers of a chain, and what is to be drawn so that they come again.

use crate::call::HostCall;
use crate::chain::{Answer, Decoded, RANDOM, Recorded, Val};

/// The random number that an event holds.
pub fn random(said: &Decoded) -> Option<(String, Option<Val>)> {
    match said {
        Decoded::Host { interface, function, output: Recorded::Val(val), .. } if interface == RANDOM => {
            Some((function.clone(), val.success().cloned()))
        }
        Decoded::HostEnded { interface, function, answer } if interface == RANDOM => match answer {
            Answer::Val(val) => Some((function.clone(), val.success().cloned())),
            _ => Some((function.clone(), None)),
        },
        _ => None,
    }
}

/// What must be drawn so that `call` gives `val`.
pub fn draws(call: &HostCall, val: &Val) -> Option<Vec<u64>> {
    let words = |bytes: &[u8]| {
        let word = |chunk: &[u8]| chunk.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        bytes.chunks(8).map(word).collect::<Vec<u64>>()
    };
    Some(match call {
        HostCall::RandomRange { min, .. } => vec![val.as_unsigned()?.checked_sub(*min)?],
        HostCall::RandomFloat => match val {
            Val::Float64(Some(number)) => vec![super::answer::steps(number)?],
            _ => return None,
        },
        HostCall::RandomBytes { .. } => words(val.as_bytes()?),
        HostCall::GenerateUuid => words(uuid::Uuid::parse_str(val.as_text()?).ok()?.as_bytes()),
        _ => return None,
    })
}
