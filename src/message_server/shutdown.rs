//! The signal that ends a message server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells message servers to shut down.
///
/// ```
/// use rehearsal::message_server::ShutdownController;
/// let (controller, receiver) = ShutdownController::new();
/// assert!(!receiver.is_signalled());
/// controller.signal_shutdown();
/// assert!(receiver.is_signalled() && controller.subscribe().is_signalled());
/// ```
#[derive(Clone, Debug, Default)]
pub struct ShutdownController {
    signalled: Arc<AtomicBool>,
}

impl ShutdownController {
    /// A controller, and a receiver of its signal.
    #[allow(clippy::new_ret_no_self, reason = "the pair is what Theater's own constructor gives")]
    pub fn new() -> (ShutdownController, ShutdownReceiver) {
        let controller = ShutdownController::default();
        let receiver = controller.subscribe();
        (controller, receiver)
    }

    /// One more receiver.
    pub fn subscribe(&self) -> ShutdownReceiver {
        ShutdownReceiver { signalled: Arc::clone(&self.signalled) }
    }

    /// Gives the signal, once and for all.
    pub fn signal_shutdown(&self) {
        self.signalled.store(true, Ordering::Relaxed);
    }
}

/// Learns of the signal. A receiver whose controller is gone learns of none.
#[derive(Clone, Debug)]
pub struct ShutdownReceiver {
    signalled: Arc<AtomicBool>,
}

impl ShutdownReceiver {
    /// Whether the signal was given.
    pub fn is_signalled(&self) -> bool {
        self.signalled.load(Ordering::Relaxed)
    }
}
