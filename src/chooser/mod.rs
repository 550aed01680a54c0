//! Answerers of questions. The only place with a generator of random numbers.

mod bytes;
mod dice;
mod follow;
mod pct;
mod pos;
mod search;
mod seeded;

pub use bytes::Bytes;
pub use follow::{Guided, Recorded, Replay};
pub use search::{Sampler, Sampling, seed_of};
pub use seeded::{Fifo, Generator, Seeded};
