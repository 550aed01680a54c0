//! Answerers of questions. The only place with a generator of random numbers.

mod bytes;
mod follow;
mod seeded;

pub use bytes::Bytes;
pub use follow::{Guided, Recorded, Replay};
pub use seeded::{Fifo, Generator, Seeded};
