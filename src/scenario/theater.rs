//! The key `theater` of a scenario file.

use super::file::Duration;
use crate::theater::{Like, Settings};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// Bounds, timeouts and repaired rules of the Theater profiles; what is not named is as in Theater.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, expecting = "the settings of a Theater profile: an object")]
pub struct TheaterSpec {
    /// Commands that wait for the runtime's loop (`theater-0.2`): 32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_queue: Option<NonZeroU32>,
    /// Messages that wait for one actor: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<NonZeroU32>,
    /// Operations that wait for one actor: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_queue: Option<NonZeroU32>,
    /// Commands that wait for the router (`theater-0.3`): 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router_queue: Option<NonZeroU32>,
    /// How long a mailbox loop waits for a handler: `3000s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_timeout: Option<Duration>,
    /// Which tree, where two of the router's generation differ (`theater-0.3`): `c`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<LikeSpec>,
    /// Repairs R1: no message is handled before `init` is over.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub init_first: bool,
    /// Repairs R2 to R5 and R14: a channel is known everywhere from when the runtime takes the request to open it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub register_at_open: bool,
    /// Repairs R9: a request is outstanding from when its handler begins.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub outstanding_at_once: bool,
    /// Repairs S1: the router does not wait for the decision about a channel.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub router_awaits_nobody: bool,
    /// Repairs the non-participant's close: who closes is looked at first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub close_checks_first: bool,
    /// Repairs R13 and S8: an actor that is stopped handles what is in its mailbox, and takes no more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub drain_on_stop: bool,
}

/// A tree of the router's generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LikeSpec {
    /// Commit c50b1871 (2026-01-14).
    B,
    /// Version 0.3.8.
    C,
}

impl TheaterSpec {
    /// As the engine has it. A queue without room would let nothing through: such a one cannot be said.
    pub(super) fn settings(&self) -> Settings {
        let usual = Settings::default();
        let bound =
            |given: Option<NonZeroU32>, usual: usize| given.map_or(usual, |given| given.get() as usize);
        Settings {
            command_queue: bound(self.command_queue, usual.command_queue),
            mailbox: bound(self.mailbox, usual.mailbox),
            operation_queue: bound(self.operation_queue, usual.operation_queue),
            router_queue: bound(self.router_queue, usual.router_queue),
            call_timeout: self.call_timeout.map_or(usual.call_timeout, |span| span.0),
            like: match self.like {
                Some(LikeSpec::B) => Like::B,
                Some(LikeSpec::C) | None => Like::C,
            },
            init_first: self.init_first,
            register_at_open: self.register_at_open,
            outstanding_at_once: self.outstanding_at_once,
            router_awaits_nobody: self.router_awaits_nobody,
            close_checks_first: self.close_checks_first,
            drain_on_stop: self.drain_on_stop,
        }
    }
}
