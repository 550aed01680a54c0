//! Queues, where tokio's `mpsc` stood: bounded, in order, and never waiting. What a full or an empty queue means is for the
//! caller to decide, which is the scheduler in the end.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

/// A queue of at most `capacity` items, of which there is at least one.
///
/// ```
/// use rehearsal::message_server::{ReceiveError, SendError, channel};
/// let (sender, mut receiver) = channel(1);
/// assert_eq!(sender.send("first"), Ok(()));
/// assert_eq!(sender.send("second"), Err(SendError::Full("second")));
/// assert_eq!(receiver.recv(), Ok("first"));
/// assert_eq!(receiver.recv(), Err(ReceiveError::Empty));
/// drop(sender);
/// assert_eq!(receiver.recv(), Err(ReceiveError::Closed));
/// ```
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let queue = Queue { items: VecDeque::new(), capacity: capacity.max(1), senders: 1, closed: false };
    let shared = Arc::new(Mutex::new(queue));
    (Sender { shared: Arc::clone(&shared) }, Receiver { shared })
}

struct Queue<T> {
    items: VecDeque<T>,
    capacity: usize,
    senders: usize,
    closed: bool,
}

type Shared<T> = Arc<Mutex<Queue<T>>>;

/// A panic between two operations leaves a whole queue behind.
fn open<T>(shared: &Shared<T>) -> MutexGuard<'_, Queue<T>> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Why an item could not be sent; it is given back.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError<T> {
    /// There is no room.
    #[error("no available capacity")]
    Full(T),
    /// Nobody will receive it.
    #[error("channel closed")]
    Closed(T),
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Full(_) => "Full(..)",
            SendError::Closed(_) => "Closed(..)",
        })
    }
}

/// Why nothing was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// There is nothing now.
    #[error("channel empty")]
    Empty,
    /// There will never be anything again.
    #[error("channel closed")]
    Closed,
}

/// The end where items go in; there may be several.
pub struct Sender<T> {
    shared: Shared<T>,
}

impl<T> Sender<T> {
    /// Puts an item in.
    ///
    /// # Errors
    /// When there is no room, or the queue is closed.
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        let mut queue = open(&self.shared);
        if queue.closed {
            return Err(SendError::Closed(item));
        }
        if queue.items.len() >= queue.capacity {
            return Err(SendError::Full(item));
        }
        queue.items.push_back(item);
        Ok(())
    }

    /// Closes the queue for all its senders: what is in it can still be received.
    pub fn close(&self) {
        open(&self.shared).closed = true;
    }

    /// Whether what is sent would never be received.
    pub fn is_closed(&self) -> bool {
        open(&self.shared).closed
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        open(&self.shared).senders += 1;
        Sender { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut queue = open(&self.shared);
        queue.senders -= 1;
        queue.closed |= queue.senders == 0;
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// The end where items come out, in the order they went in.
pub struct Receiver<T> {
    shared: Shared<T>,
}

impl<T> Receiver<T> {
    /// Takes the oldest item out.
    ///
    /// # Errors
    /// When there is none: now, or for ever.
    pub fn recv(&mut self) -> Result<T, ReceiveError> {
        let mut queue = open(&self.shared);
        match queue.items.pop_front() {
            Some(item) => Ok(item),
            None if queue.closed => Err(ReceiveError::Closed),
            None => Err(ReceiveError::Empty),
        }
    }

    /// How many items are in it.
    pub fn len(&self) -> usize {
        open(&self.shared).items.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes no more: what is in it can still be received.
    pub fn close(&mut self) {
        open(&self.shared).closed = true;
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut queue = open(&self.shared);
        queue.closed = true;
        queue.items.clear();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("waiting", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_out_in_order_whoever_sent_them() {
        let (one, mut out) = channel(8);
        let two = one.clone();
        for n in 0..8 {
            let sender = if n % 2 == 0 { &one } else { &two };
            assert_eq!(sender.send(n), Ok(()));
        }
        assert_eq!(one.send(8), Err(SendError::Full(8)));
        assert_eq!(std::iter::from_fn(|| out.recv().ok()).collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn it_is_closed_by_its_last_sender_and_by_its_receiver() {
        let (one, mut out) = channel(2);
        let two = one.clone();
        drop(one);
        assert_eq!(out.recv(), Err(ReceiveError::Empty));
        assert_eq!(two.send(1), Ok(()));
        drop(two);
        assert_eq!((out.recv(), out.recv()), (Ok(1), Err(ReceiveError::Closed)));
        let (sender, receiver) = channel(2);
        drop(receiver);
        assert_eq!(sender.send(1), Err(SendError::Closed(1)));
    }

    #[test]
    fn a_closed_queue_is_emptied_first() {
        let (sender, mut out) = channel(2);
        assert_eq!(sender.send(1), Ok(()));
        sender.close();
        assert!(sender.is_closed());
        assert_eq!(sender.send(2).unwrap_err().to_string(), "channel closed");
        assert_eq!((out.recv(), out.recv()), (Ok(1), Err(ReceiveError::Closed)));
    }

    #[test]
    fn there_is_room_for_one_at_least() {
        let (sender, _out) = channel(0);
        assert_eq!(sender.send(1), Ok(()));
        assert_eq!(sender.send(2).unwrap_err().to_string(), "no available capacity");
    }
}
