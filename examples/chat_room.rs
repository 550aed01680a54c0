//! A chat room over channels, and the member who leaves while somebody speaks.
//!
//! Members open a channel to the room; what one says, all others hear. The room remembers who is there and forgets who has
//! closed. The promise: nobody hears the same words twice, and nobody hears themselves. It is a scenario with handlers
//! written as a trait, which is the way for actors that take more than plain messages:
//!
//! ```text
//! cargo run --example chat_room --no-default-features
//! ```

use rehearsal::actor::ChannelAccept;
use rehearsal::id::ChannelId;
use rehearsal::native::{Context, Handler};
use rehearsal::payload::Payload;
use rehearsal::property::Property;
use rehearsal::{Check, Rehearsal, Steps};

/// The room: who is there, in order of arrival.
#[derive(Default)]
struct Room {
    members: Vec<ChannelId>,
}

impl Handler for Room {
    async fn handle_channel_open(
        &mut self,
        _: &Context,
        channel: ChannelId,
        _: Payload,
    ) -> Result<ChannelAccept, String> {
        self.members.push(channel);
        Ok(ChannelAccept { accepted: true, message: None })
    }

    async fn handle_channel_message(
        &mut self,
        context: &Context,
        from: ChannelId,
        words: Payload,
    ) -> Result<(), String> {
        for member in self.members.iter().filter(|member| **member != from) {
            // Whoever has just left is no longer to be reached, and the close is on its way.
            if context.send_on_channel(*member, words.clone()).await.is_ok() {
                context.observe("said", format!("{} to {member}", words.text()));
            }
        }
        Ok(())
    }

    async fn handle_channel_close(&mut self, _: &Context, channel: ChannelId) -> Result<(), String> {
        self.members.retain(|member| *member != channel);
        Ok(())
    }
}

fn chat() -> Rehearsal {
    let member = |words: &str| Steps::new().open_channel("room", "", "room").send_on_channel("room", words);
    Rehearsal::new("chat room")
        .handler("room", Room::default)
        .client("ann", member("hello from ann"))
        .client("ben", member("hello from ben").close_channel("room"))
        .client("cleo", member("hello from cleo"))
        .property(Property::always("nobody hears the same words twice", |state| {
            let said: Vec<_> = state.observed("said").collect();
            (1..said.len()).all(|place| !said[..place].contains(&said[place]))
        }))
        .property(Property::sometimes("all three hear each other", |state| {
            state.observed("said").count() == 6
        }))
}

fn main() {
    match Check::new(chat()).runs(5_000).run() {
        Ok(checked) => println!("{checked}"),
        Err(failure) => println!("{failure}"),
    }
}
