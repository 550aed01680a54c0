//! A bound on everything that an actor may use up, and on a run.

use serde::{Deserialize, Serialize};

/// Bounds. What exceeds one of the first five fails the turn with a failure named for it; the others end the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Limits {
    /// Fuel for one handled message of a guest, kept across suspensions (wasmtime's unit: about one
    /// instruction).
    pub fuel: u64,
    /// Bytes of linear memory of one guest.
    pub memory_bytes: u64,
    /// Host calls that one handled message may make.
    pub host_calls: u32,
    /// Bytes that one handled message may send, log and answer.
    pub effect_bytes: u64,
    /// Bytes of state that an actor may hand back.
    pub state_bytes: u64,
    /// Steps of a run.
    pub steps: u64,
    /// Messages under way at once, in the whole run.
    pub messages: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel: 100_000_000,
            memory_bytes: 64 << 20,
            host_calls: 10_000,
            effect_bytes: 64 << 20,
            state_bytes: 64 << 20,
            steps: 1_000_000,
            messages: 1_000_000,
        }
    }
}

impl Limits {
    /// The usual limits, but as many steps as a run takes.
    pub fn unbounded_steps() -> Limits {
        Limits { steps: u64::MAX, ..Limits::default() }
    }
}

/// The largest component, or file of answers, that is read, in bytes.
pub const LARGEST_BINARY: u64 = 1 << 28;

/// The bytes of a file. It may be no ordinary one and have no end: `most` are read.
///
/// # Errors
/// When it cannot be read, or has more.
pub fn read_file(path: &std::path::Path, most: u64) -> std::io::Result<Vec<u8>> {
    use std::io::{Error, ErrorKind, Read};
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(Error::new(ErrorKind::FileTooLarge, format!("it has more than {most} bytes"))),
        false => Ok(bytes),
    }
}

#[cfg(all(test, unix))]
mod tests {
    #[test]
    fn what_has_no_end_is_not_read_to_it() {
        let zeros = std::path::Path::new("/dev/zero");
        let error = super::read_file(zeros, 1000).unwrap_err();
        assert_eq!(error.to_string(), "it has more than 1000 bytes");
        assert!(super::read_file(std::path::Path::new("Cargo.toml"), 1 << 20).is_ok());
    }
}
