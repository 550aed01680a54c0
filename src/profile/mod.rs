//! Who carries an effect where: the delivery rules of one runtime or another.

pub mod actors;
pub mod services;

use crate::actor::Input;
use crate::id::ActorId;

/// What an event leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Begun {
    /// A turn of this actor, with this input.
    Turn(ActorId, Input),
    /// Nothing that an actor would see.
    Nothing,
    /// This actor is ended; what it was in the middle of is dropped.
    Kill(ActorId),
}

/// Which runtime's rules hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// The asynchronous actor model.
    #[default]
    Actors,
}
