//! What an export is called with, as a chain has it.

use crate::actor::Input;
use crate::call::ForeignExport;
use crate::chain::Invocation;
use crate::error::Error;
use crate::id::{ChannelId, RequestId};
use crate::revive::record::ChainRecord;

/// The input of a recorded call.
pub fn input(export: &str, params: &[u8]) -> Option<Input> {
    let known = match Invocation::of(export, params) {
        Invocation::Init(_) => Some(Input::Init),
        Invocation::Send(data) => Some(Input::Send { data: data.into() }),
        Invocation::Request(id, data) => {
            RequestId::parse(&id).map(|id| Input::Request { id, data: data.into() })
        }
        Invocation::ChannelOpen(id, data) => {
            ChannelId::parse(&id).map(|channel| Input::ChannelOpen { channel, data: data.into() })
        }
        Invocation::ChannelMessage(id, data) => {
            ChannelId::parse(&id).map(|channel| Input::ChannelMessage { channel, data: data.into() })
        }
        Invocation::ChannelClose(id) => ChannelId::parse(&id).map(|channel| Input::ChannelClose { channel }),
        Invocation::Other => None,
    };
    // Ids of other forms, and exports that no profile calls, are passed as they are recorded.
    known.or_else(|| foreign(export, params))
}

/// The input of a call that no profile makes.
fn foreign(export: &str, params: &[u8]) -> Option<Input> {
    let params = serde_json::from_slice(params).ok()?;
    Some(Input::Foreign(Box::new(ForeignExport { export: export.to_owned(), params })))
}

pub(super) fn cannot(record: &ChainRecord, place: usize, export: &str) -> Error {
    Error::input(format!("event {place} calls `{export}` with parameters that cannot be made here"))
        .in_file(&record.name)
        .note("init and the message handlers can be called, with ids of the forms that Theater gives")
}
