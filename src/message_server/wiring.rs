//! Between a message server and a component: what the component imports and exports.

use super::host::MessageServerHost;
#[cfg(feature = "wasm")]
use crate::guest::{
    ActorComponent, ActorInstance, LoadError, MESSAGE_SERVER_CLIENT, MESSAGE_SERVER_HOST, Outcome,
};

impl MessageServerHost {
    /// The host functions that `MessageServerHost::setup_host_functions` defines.
    pub const HOST_FUNCTIONS: [&'static str; 8] = [
        "send",
        "request",
        "open-channel",
        "send-on-channel",
        "close-channel",
        "list-outstanding-requests",
        "respond-to-request",
        "cancel-request",
    ];

    /// The exports that `MessageServerHost::add_export_functions` registers.
    pub const EXPORT_FUNCTIONS: [&'static str; 5] = [
        "handle-send",
        "handle-request",
        "handle-channel-open",
        "handle-channel-message",
        "handle-channel-close",
    ];

    /// Defines the eight functions of `theater:simple/message-server-host` for `actor_component`, and tells what came of
    /// each: one that the component does not import is [`Missing`](Outcome::Missing), and nothing to worry about. What each
    /// does is said at [`functions`](super::functions).
    ///
    /// All of them validate whom and what they are for, leave as commands with the sender's id, and tell the caller of a
    /// refusal in a closed set of texts.
    ///
    /// # Errors
    /// [`LoadError::ImportType`] when the component imports one of them with another type: names the component, the import
    /// and both types.
    #[cfg(feature = "wasm")]
    pub fn setup_host_functions(
        &mut self,
        actor_component: &mut ActorComponent,
    ) -> Result<Vec<(&'static str, Outcome)>, LoadError> {
        let mut define = |name: &'static str| {
            let outcome = actor_component.define_import(MESSAGE_SERVER_HOST, name)?;
            Ok((name, outcome))
        };
        Self::HOST_FUNCTIONS.into_iter().map(&mut define).collect()
    }

    /// Registers the five functions of `theater:simple/message-server-client` that are called on `actor_instance`, and tells
    /// what came of each: one that the component does not export is [`Missing`](Outcome::Missing), and a
    /// message for it fails with [`ActorError::FunctionNotFound`](super::ActorError::FunctionNotFound), which names it.
    /// [`Guest::of`](crate::guest::Guest::of) makes an actor of the instance, which an [`ActorHandle`](super::ActorHandle)
    /// takes to this server.
    ///
    /// # Errors
    /// None that is known: a component that exports one of them with another type has no instances.
    /// [`ActorComponent::finish`] refuses it with [`LoadError::ExportType`], which names the component, the export and both
    /// types.
    #[cfg(feature = "wasm")]
    pub fn add_export_functions(
        &self,
        actor_instance: &mut ActorInstance,
    ) -> Result<Vec<(&'static str, Outcome)>, LoadError> {
        let mut register = |name: &'static str| {
            let outcome = actor_instance.register_export(MESSAGE_SERVER_CLIENT, name)?;
            Ok((name, outcome))
        };
        Self::EXPORT_FUNCTIONS.into_iter().map(&mut register).collect()
    }
}
