//! A host call, as the engine tells it to a chain: once, whatever the form of the chain.

use super::val::Val;
use std::borrow::Cow;

/// The interface of the messaging functions.
pub const MESSAGING: &str = "theater:simple/message-server-host";
/// The interface of `log`, `get-chain` and `shutdown`.
pub const RUNTIME: &str = "theater:simple/runtime";
/// The interface of `now`, `sleep` and `deadline`.
pub const TIMING: &str = "theater:simple/timing";
/// The interface of the random functions.
pub const RANDOM: &str = "theater:simple/random";
/// The interface of `get-var`, `list-vars` and `exists`.
pub const ENVIRONMENT: &str = "theater:simple/environment";

/// A call of a host function: which one, and with what.
///
/// ```
/// use rehearsal::chain::{HostCall, Val};
/// let call = HostCall::messaging("send", vec![Val::text("some-id"), Val::bytes(b"hi".to_vec())]);
/// assert_eq!(call.event_type(), "theater:simple/message-server-host/send");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// The interface, such as `theater:simple/message-server-host`.
    pub interface: Cow<'static, str>,
    /// The function, such as `send`.
    pub function: Cow<'static, str>,
    /// The arguments, in the order of the WIT signature.
    pub input: Vec<Val>,
    /// The id that an `open-channel` made, for the record of a refused one: its result has no id.
    pub channel: Option<String>,
}

impl HostCall {
    /// A call of `function` of `interface`.
    pub fn new(
        interface: impl Into<Cow<'static, str>>,
        function: impl Into<Cow<'static, str>>,
        input: Vec<Val>,
    ) -> HostCall {
        HostCall { interface: interface.into(), function: function.into(), input, channel: None }
    }

    /// A call of a function of `theater:simple/message-server-host`.
    pub fn messaging(function: impl Into<Cow<'static, str>>, input: Vec<Val>) -> HostCall {
        HostCall::new(MESSAGING, function, input)
    }

    /// The type of its event in generation B: `interface/function`.
    pub fn event_type(&self) -> String {
        [&self.interface, "/", &self.function].concat()
    }

    /// The arguments as one value: none as an empty tuple, one as itself, more as a tuple.
    pub fn input_val(&self) -> Val {
        match &self.input[..] {
            [one] => one.clone(),
            many => Val::Tuple(many.to_vec()),
        }
    }

    /// The argument at `index` as text, or "" if it is none.
    pub(crate) fn text(&self, index: usize) -> &str {
        self.input.get(index).and_then(Val::as_text).unwrap_or_default()
    }

    /// The argument at `index` as bytes, or no bytes if it is none.
    pub(crate) fn bytes(&self, index: usize) -> &[u8] {
        self.input.get(index).and_then(Val::as_bytes).unwrap_or_default()
    }

    /// The argument at `index` as a number, or 0 if it is none.
    pub(crate) fn number(&self, index: usize) -> u64 {
        self.input.get(index).and_then(Val::as_unsigned).unwrap_or_default()
    }
}
