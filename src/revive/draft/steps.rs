//! Steps of clients, and the bytes in them, as drafts write them.

use crate::id::Time;
use crate::scenario::{BytesSpec, Duration, Step};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How long a step waits for all to come to rest, in milliseconds.
const PAUSE_MS: u64 = 1;

/// A script that lets all come to rest before each step: in Theater what comes from outside enters a mailbox at once, and all
/// of it would be there before anything else.
pub(in crate::revive) fn paced(steps: Vec<Step>) -> Vec<Step> {
    let pause = || Step { wait: Some(Duration(Time::from_millis(PAUSE_MS))), ..Step::default() };
    steps.into_iter().flat_map(|step| [pause(), step]).collect()
}

/// Bytes as a scenario has them: as text where nothing in it would be replaced.
pub(in crate::revive) fn bytes(data: &[u8]) -> BytesSpec {
    match std::str::from_utf8(data) {
        Ok(text) if !text.contains("${") => BytesSpec::Text(text.to_owned()),
        _ => BytesSpec::Base64(STANDARD.encode(data)),
    }
}
