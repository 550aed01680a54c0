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
    let capacity = capacity.max(1);
    let queue = Queue { items: VecDeque::new(), capacity, reserved: 0, senders: 1, closed: false };
    let shared = Arc::new(Mutex::new(queue));
    (Sender { shared: Arc::clone(&shared) }, Receiver { shared })
}

struct Queue<T> {
    items: VecDeque<T>,
    capacity: usize,
    /// Places that are promised, see [`Permit`].
    reserved: usize,
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
        match self.reserve() {
            Ok(room) => {
                room.send(item);
                Ok(())
            }
            Err(SendError::Full(())) => Err(SendError::Full(item)),
            Err(SendError::Closed(())) => Err(SendError::Closed(item)),
        }
    }

    /// Takes a place for one item, for whoever changes something else before it is sent: the change is made only when
    /// there is room. The place is free again when the permit is dropped.
    ///
    /// ```
    /// use rehearsal::message_server::{SendError, channel};
    /// let (sender, mut receiver) = channel(1);
    /// let room = sender.reserve().expect("it is empty");
    /// assert_eq!(sender.send("another"), Err(SendError::Full("another")));
    /// room.send("the one");
    /// assert_eq!(receiver.recv(), Ok("the one"));
    /// ```
    ///
    /// # Errors
    /// When there is no room, or the queue is closed.
    pub fn reserve(&self) -> Result<Permit<T>, SendError<()>> {
        let mut queue = open(&self.shared);
        if queue.closed {
            return Err(SendError::Closed(()));
        }
        if queue.items.len() + queue.reserved >= queue.capacity {
            return Err(SendError::Full(()));
        }
        queue.reserved += 1;
        Ok(Permit { shared: Some(Arc::clone(&self.shared)) })
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

/// A place in a queue, for one item; see [`Sender::reserve`].
#[must_use = "the place is free again when it is dropped"]
pub struct Permit<T> {
    /// None once the place is taken.
    shared: Option<Shared<T>>,
}

impl<T> Permit<T> {
    /// Puts the item in, also where the queue was closed after the place was taken.
    pub fn send(mut self, item: T) {
        if let Some(shared) = self.shared.take() {
            let mut queue = open(&shared);
            queue.reserved -= 1;
            queue.items.push_back(item);
        }
    }
}

impl<T> Drop for Permit<T> {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            open(shared).reserved -= 1;
        }
    }
}

impl<T> fmt::Debug for Permit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
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
            // What has a place may still come.
            None if queue.closed && queue.reserved == 0 => Err(ReceiveError::Closed),
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
    fn a_place_is_taken_until_it_is_used_or_dropped() {
        let (sender, mut out) = channel(2);
        let (one, two) = (sender.reserve().unwrap(), sender.reserve().unwrap());
        assert_eq!(sender.send(9), Err(SendError::Full(9)));
        drop(one);
        assert_eq!(sender.send(1), Ok(()));
        sender.close();
        assert_eq!((out.recv(), out.recv()), (Ok(1), Err(ReceiveError::Empty)));
        two.send(2);
        assert_eq!((out.recv(), out.recv()), (Ok(2), Err(ReceiveError::Closed)));
        assert_eq!(sender.reserve().unwrap_err().to_string(), "channel closed");
    }

    #[test]
    fn there_is_room_for_one_at_least() {
        let (sender, _out) = channel(0);
        assert_eq!(sender.send(1), Ok(()));
        assert_eq!(sender.send(2).unwrap_err().to_string(), "no available capacity");
    }
}
