//! Who carries an effect where: the delivery rules of one runtime or another.

pub mod actors;
pub mod services;
mod theater;
mod theater_02;
mod theater_03;

use crate::actor::{Called, Ended, FailureKind, Input};
use crate::call::{HostCall, SECOND_CALL};
use crate::choice::Choices;
use crate::event::Event;
use crate::id::ActorId;
use crate::state::{Halted, Setting, State};
pub use theater::{Server, Theater};

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
    /// Theater's generation A: the runtime's loop carries messages.
    Theater02,
    /// Theater's generations B and C: a router does.
    Theater03,
}

impl Profile {
    pub(crate) const ALL: [Profile; 3] = [Profile::Actors, Profile::Theater02, Profile::Theater03];

    /// The profile of this name.
    ///
    /// # Errors
    /// When there is none, with the nearest.
    pub fn find(name: &str) -> crate::error::Result<Profile> {
        Profile::ALL.into_iter().find(|profile| profile.name() == name).ok_or_else(|| {
            let names = Profile::ALL.map(Profile::name);
            crate::error::Error::input(format!("there is no profile `{name}`"))
                .nearest(name, names)
                .note(format!("the profiles are {}", names.map(|name| format!("`{name}`")).join(", ")))
        })
    }

    /// The name in scenarios and traces.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Actors => "actors",
            Profile::Theater02 => "theater-0.2",
            Profile::Theater03 => "theater-0.3",
        }
    }
}

/// A profile and what it keeps of its own.
#[derive(Clone, Debug)]
pub enum Rules {
    /// The asynchronous actor model keeps nothing of its own.
    Actors,
    /// Queues, mailboxes, tasks.
    Theater(Box<Theater>),
}

impl Rules {
    /// The rules of a profile.
    pub fn of(profile: Profile, setting: &Setting) -> Rules {
        match profile {
            Profile::Actors => Rules::Actors,
            Profile::Theater02 => Rules::Theater(Box::new(Theater::new(false, setting))),
            Profile::Theater03 => Rules::Theater(Box::new(Theater::new(true, setting))),
        }
    }

    /// A participant begins, before the first question; where `init` is an event of its own there is no turn yet.
    pub fn start(&mut self, state: &mut State, who: ActorId) -> Begun {
        match self {
            Rules::Actors => {
                actors::begin_init(state, who);
                Begun::Turn(who, Input::Init)
            }
            Rules::Theater(rules) => rules.start(state, who),
        }
    }

    /// Back to the start.
    pub fn clear(&mut self) {
        match self {
            Rules::Actors => {}
            Rules::Theater(rules) => rules.clear(),
        }
    }

    /// An actor makes a call of its host.
    ///
    /// # Errors
    /// When the door is closed.
    #[inline]
    pub fn call(
        &mut self,
        state: &mut State,
        choices: &mut Choices,
        me: ActorId,
        call: HostCall,
    ) -> Result<Called, Halted> {
        if state.call(me).is_some() && self.waits(&call) {
            return Ok(Called::Stop(FailureKind::Trap, SECOND_CALL));
        }
        match self {
            Rules::Actors => actors::call(state, choices, me, call),
            Rules::Theater(rules) => rules.call(state, choices, me, call),
        }
    }

    /// Whether an actor may have to wait in this call.
    fn waits(&self, call: &HostCall) -> bool {
        use HostCall::{CloseChannel, Send, SendOnChannel};
        let runtime = matches!(call, Send { .. } | SendOnChannel { .. } | CloseChannel { .. });
        call.waits() || runtime && matches!(self, Rules::Theater(_))
    }

    /// An event happens.
    ///
    /// # Errors
    /// When the door is closed.
    #[inline]
    pub fn begin(
        &mut self,
        state: &mut State,
        choices: &mut Choices,
        event: Event,
        slot: u32,
    ) -> Result<Begun, Halted> {
        match self {
            Rules::Actors => actors::begin(state, choices, event, slot),
            Rules::Theater(rules) => Ok(rules.begin(state, event)),
        }
    }

    /// A turn is over.
    ///
    /// # Errors
    /// When the door is closed.
    #[inline(always)]
    pub fn commit(
        &mut self,
        state: &mut State,
        choices: &mut Choices,
        me: ActorId,
        ended: Ended,
    ) -> Result<(), Halted> {
        match self {
            Rules::Actors => actors::commit(state, choices, me, ended),
            Rules::Theater(rules) => {
                rules.commit(state, me, ended);
                Ok(())
            }
        }
    }
}
