//! A native actor that shows its state, as one that hands it back: what its chain has of it is what it showed.

use crate::actor::{Actor, Ended, Input, NewState, Returned, Turn};
use crate::payload::Payload;
use crate::run::Factory;
use std::sync::Arc;

struct Shown(Box<dyn Actor>);

impl Actor for Shown {
    fn turn(&mut self, input: Input, turn: &mut Turn<'_>) -> Ended {
        match self.0.turn(input, turn) {
            Ended::Returned(Returned { state: NewState::Kept, reply }) => {
                let state = self.0.state().map_or(NewState::Kept, |state| NewState::Replaced(Some(state)));
                Ended::Returned(Returned { state, reply })
            }
            ended => ended,
        }
    }
    fn reset(&mut self) -> bool {
        self.0.reset()
    }
    fn state(&self) -> Option<Payload> {
        self.0.state()
    }
}

/// Makes the same actor; with `shows`, one that hands back what it shows.
pub fn shown(factory: &Factory, shows: bool) -> Factory {
    let factory = Arc::clone(factory);
    match shows {
        true => Arc::new(move || Box::new(Shown(factory()))),
        false => factory,
    }
}
