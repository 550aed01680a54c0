//! What can be set of the Theater profiles: the bounds of queues, the timeout of operations, and rules that can be
//! repaired one at a time.

use crate::id::Time;

/// Which tree of the router's generation is meant where two differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Like {
    /// Commit c50b1871 (2026-01-14): the component model with the router.
    B,
    /// Commit 30eba8fd, version 0.3.8 (2026-04-30).
    #[default]
    C,
}

/// Bounds, timeouts and repairs. The defaults are Theater's own, with nothing repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Commands that wait for the runtime's loop (0.2).
    pub command_queue: usize,
    /// Messages that wait for one actor's mailbox loop.
    pub mailbox: usize,
    /// Operations that wait for one actor.
    pub operation_queue: usize,
    /// Commands that wait for the router (0.3).
    pub router_queue: usize,
    /// How long a mailbox loop waits for an operation.
    pub call_timeout: Time,
    /// Which tree (0.3).
    pub like: Like,
    /// Repairs R1: no message is handled before `init` is over.
    pub init_first: bool,
    /// Repairs R2 to R5 and R14: a channel is registered, and known at both ends, from when the runtime takes
    /// the request to open it.
    pub register_at_open: bool,
    /// Repairs R9: a request is outstanding from when its handler begins.
    pub outstanding_at_once: bool,
    /// Repairs S1: the router does not wait for the decision about a channel.
    pub router_awaits_nobody: bool,
    /// Repairs the non-participant's close: who closes is looked at first.
    pub close_checks_first: bool,
    /// Repairs R13 and S8: an actor that is stopped handles what is in its mailbox, and takes no more.
    pub drain_on_stop: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            command_queue: 32,
            mailbox: 100,
            operation_queue: 100,
            router_queue: 10_000,
            call_timeout: Time(3_000_000_000_000),
            like: Like::default(),
            init_first: false,
            register_at_open: false,
            outstanding_at_once: false,
            router_awaits_nobody: false,
            close_checks_first: false,
            drain_on_stop: false,
        }
    }
}
