//! Races over channels under `theater-0.2`, many at once: the queue of the runtime's loop is full most of the time, and who finds it
//! full waits in the middle of a turn. What was lost, and what was not, tells who was first; so no search is needed, and twice as many
//! events take twice as many steps.

mod chains;

use rehearsal::actor::ChannelAccept;
use rehearsal::chain::ChainForm;
use rehearsal::chooser::Seeded;
use rehearsal::id::ChannelId;
use rehearsal::native::{Context, Handler};
use rehearsal::payload::Payload;
use rehearsal::profile::Profile;
use rehearsal::revive::{self, MOST_STEPS};
use rehearsal::run::Keep;
use rehearsal::scenario::Scenario;
use rehearsal::state::{Clock, Directory};
use rehearsal::{Rehearsal, Steps, json};

/// One end: opens a channel to the other, sends over it, closes it, and begins again; it answers what comes over channels.
struct End {
    me: String,
    other: String,
    left: u64,
}

const MESSAGES: u64 = 4;

impl Handler for End {
    async fn handle_send(&mut self, context: &Context, data: Payload) -> Result<(), String> {
        self.left = data.text().parse().unwrap_or(self.left);
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        let first = format!("open {}", self.left);
        let opened = context.open_channel(self.other.as_str(), first).await.map_err(|why| why.to_string())?;
        for number in 0..MESSAGES {
            let _ = context.send_on_channel(opened.channel, format!("m{} {number}", self.left)).await;
        }
        let _ = context.close_channel(opened.channel).await;
        let _ = context.send(self.me.as_str(), "next").await;
        Ok(())
    }

    async fn handle_channel_open(
        &mut self,
        _: &Context,
        _: ChannelId,
        _: Payload,
    ) -> Result<ChannelAccept, String> {
        Ok(ChannelAccept { accepted: true, message: None })
    }

    async fn handle_channel_message(
        &mut self,
        context: &Context,
        channel: ChannelId,
        data: Payload,
    ) -> Result<(), String> {
        if !data.text().starts_with("ack") {
            let _ = context.send_on_channel(channel, format!("ack {}", data.text())).await;
        }
        Ok(())
    }

    async fn handle_channel_close(&mut self, _: &Context, _: ChannelId) -> Result<(), String> {
        Ok(())
    }
}

fn cast(pairs: usize, rounds: u64) -> Scenario {
    let mut cast = Rehearsal::new("races").profile(Profile::Theater02).early_timers(0);
    for pair in 0..pairs {
        let (a, b) = (format!("a{pair}"), format!("b{pair}"));
        for (me, other) in [(&a, &b), (&b, &a)] {
            let (own, its) = (Directory::derived(me), Directory::derived(other));
            cast = cast.handler(me, move || End { me: own.clone(), other: its.clone(), left: 0 });
        }
    }
    for pair in 0..pairs {
        cast = cast.client(&format!("c{pair}"), Steps::new().send(&format!("a{pair}"), json(rounds)));
    }
    cast.scenario().unwrap()
}

#[test]
fn who_was_first_is_told_by_what_was_lost() {
    for (pairs, rounds, seed) in [(1, 10, 1), (12, 2, 1), (12, 4, 3), (20, 2, 2), (20, 4, 2), (20, 8, 2)] {
        let scenario = cast(pairs, rounds);
        let mut simulation = scenario.simulation(Some(Clock::Loose));
        let (outcome, _) = simulation.run(Box::new(Seeded::new(seed)), Keep { trace: true, acts: true });
        let chains = chains::of_run(&scenario, &outcome, ChainForm::A, |_| ());
        let woven = revive::schedule(&scenario, &chains, MOST_STEPS).unwrap();
        let case = format!("{pairs} pairs, {rounds} rounds, seed {seed}");
        assert!(woven.holds() && woven.followed, "{case}: {:?}", woven.conflict);
        assert!(woven.actors.iter().all(|actor| actor.same_head), "{case}");
        let (tried, made) = (woven.found.steps, outcome.steps);
        assert!(tried <= 3 * made, "{case}: {tried} steps were tried for a run of {made}");
    }
}
