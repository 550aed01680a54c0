//! What can go wrong with a message.

/// Something went wrong with an actor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActorError {
    /// The actor lacks the function that was to be called.
    #[error("Function not found: {0}")]
    FunctionNotFound(String),
    /// The function did not come to an end of its own.
    #[error("{}: {}", .0.kind.name(), .0.message)]
    Failed(crate::actor::Failure),
    /// The actor is gone.
    #[error("channel closed")]
    ChannelClosed,
}

/// Why a message was not processed. It is for the host's eyes, reports and logs: what the actor that sent the message
/// is told is a [`Refusal`](crate::call::Refusal).
///
/// ```
/// use rehearsal::message_server::MessageServerError;
///
/// fn example() {
///     // Create a handler error
///     let handler_error = MessageServerError::HandlerError(
///         "Failed to deliver message".to_string()
///     );
///
///     // Handle the error
///     match handler_error {
///         MessageServerError::HandlerError(msg) => println!("Handler error: {}", msg),
///         MessageServerError::ActorError(e) => println!("Actor error: {}", e),
///         _ => println!("Other error"),
///     }
/// }
/// # example();
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MessageServerError {
    /// The server could not do its part: the actor is in the middle of another message, or what its handler answered
    /// could not leave, since the queue to the runtime is full or closed.
    #[error("Handler error: {0}")]
    HandlerError(String),

    /// The actor did not do its part: it lacks the function, the function failed, or the actor is gone.
    #[error("Actor error: {0}")]
    ActorError(#[from] ActorError),

    /// What was passed to [`ActorHandle::call_function`](super::ActorHandle::call_function) does not fit the function's
    /// parameters, or what it returned does not fit what the caller wants.
    #[error("Serialization error: {0}")]
    SerializationError(#[from] serde_json::Error),
}
