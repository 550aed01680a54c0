//! How a host of ours goes away for a turn and comes back.

use crate::actor::Host;
use std::any::Any;

/// A host that leaves its like behind while it is away.
pub(super) trait Lent: Host + Default + 'static {
    /// Gives itself away.
    fn give(&mut self) -> Box<dyn Host> {
        Box::new(std::mem::take(self))
    }

    /// Is itself again.
    fn take(&mut self, lent: Box<dyn Host>) {
        let lent: Box<dyn Any> = lent;
        if let Ok(lent) = lent.downcast::<Self>() {
            *self = *lent;
        }
    }
}

impl<H: Host + Default + 'static> Lent for H {}
