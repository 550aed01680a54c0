//! The end of a message server: the shutdown, the closed mailbox, the actor that is gone.

mod server_support;

use rehearsal::call::{HostAnswer, Opened, Refusal};
use rehearsal::choice::{Choice, Choices, Chooser, Draw, Halt, Offered, Purpose};
use rehearsal::message_server::*;
use rehearsal::native::Native;
use server_support::*;

/// Answers every draw alike.
struct Says(u64);

impl Chooser for Says {
    fn next(&mut self, _: &Offered<'_>) -> Result<usize, Halt> {
        Err(Halt::Exhausted)
    }
    fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
        Ok(self.0)
    }
}

#[test]
fn shutdown_against_ready_mail_is_a_question() {
    let asked = Draw { purpose: Purpose::Select, actor: ME, bound: 2 };
    for (answer, handled) in [(0, 2), (1, 0)] {
        let mut stage = Stage::new(Obedient);
        stage.mail(send("one"));
        stage.mail(send("two"));
        stage.shutdown.signal_shutdown();
        let mut choices = Choices::new(Box::new(Says(answer)), true);
        assert_eq!(stage.start(&mut choices), Served::Shutdown);
        let lines = stage.server.lines();
        assert_eq!(lines.iter().filter(|line| line.starts_with("log: ")).count(), handled);
        let left = lines.iter().filter(|line| *line == "warning: left in the mailbox: send");
        assert_eq!(left.count(), 2 - handled);
        let questions = handled.max(1);
        assert_eq!(choices.take_answers(), vec![Choice::Drew(asked, answer); questions]);
    }
}

#[test]
fn without_mail_a_shutdown_is_no_question() {
    let mut stage = Stage::new(Obedient);
    let mut choices = fifo();
    assert_eq!(stage.start(&mut choices), Served::Yielded);
    stage.shutdown.signal_shutdown();
    assert_eq!(stage.start(&mut choices), Served::Shutdown);
    assert_eq!(choices.take_answers(), []);
}

fn stopped(number: u32) -> TheaterCommand {
    let answer = HostAnswer::Refused(Refusal::Stopped);
    TheaterCommand::Respond { sender_id: ME, reply_to: call(number), answer }
}

/// An actor with a request left for later, one in hand whose handler waits, one in the mailbox, and an open channel.
fn waiting(capacity: usize) -> Stage {
    let mut stage = Stage::of(Box::new(Native::new(Obedient)), capacity);
    stage.process(initiated()).unwrap();
    stage.process(request(1, "later")).unwrap();
    stage.mail(request(2, "ask peer"));
    stage.mail(request(3, "now"));
    assert!(matches!(stage.start(&mut fifo()), Served::Awaiting(_)));
    assert!(matches!(stage.one(), TheaterCommand::SendMessage { .. }));
    stage
}

fn all_told() -> Vec<TheaterCommand> {
    let close = TheaterCommand::ChannelClose { channel_id: CHANNEL, sender_id: ME };
    vec![stopped(2), stopped(1), stopped(3), close]
}

#[test]
fn shutdown_against_a_handler_that_waits_is_a_question_and_whoever_waits_is_told() {
    let mut stage = waiting(8);
    let mine = stage.server.awaiting().unwrap().call;
    stage.shutdown.signal_shutdown();
    let mut choices = Choices::new(Box::new(Says(0)), true);
    assert_eq!(stage.start(&mut choices), Served::Awaiting(mine), "the handler comes first");
    assert_eq!(choices.take_answers().len(), 1);
    let mut choices = Choices::new(Box::new(Says(1)), true);
    assert_eq!(stage.start(&mut choices), Served::Shutdown);
    assert_eq!(choices.take_answers().len(), 1);
    assert_eq!(stage.left(), all_told());
    assert!(stage.server.awaiting().is_none() && stage.server.outstanding_requests().is_empty());
    assert!(stage.server.mailbox_tx().is_closed());
    stage.server.answer(mine, HostAnswer::Bytes("late".into()), &stage.actor).unwrap();
    assert_eq!(stage.server.lines(), ["warning: answer to call #1 which nobody waits for"]);
}

#[test]
fn a_handler_that_comes_first_is_answered_before_the_shutdown() {
    let mut stage = waiting(8);
    stage.shutdown.signal_shutdown();
    let mut choices = Choices::new(Box::new(Says(0)), true);
    let Served::Awaiting(mine) = stage.start(&mut choices) else { panic!() };
    stage.server.answer(mine, HostAnswer::Bytes("the answer".into()), &stage.actor).unwrap();
    let answered = |number, text: &str| TheaterCommand::Respond {
        sender_id: ME,
        reply_to: call(number),
        answer: HostAnswer::Bytes(text.into()),
    };
    assert_eq!(stage.start(&mut choices), Served::Shutdown);
    let left = stage.left();
    assert_eq!(left[..3], [answered(2, "the answer"), answered(3, "now"), stopped(1)]);
}

#[test]
fn whoever_waits_is_told_when_the_actor_is_gone() {
    let mut stage = waiting(8);
    stage.actor.stop();
    let error = stage.server.start(&stage.actor, &stage.shutdown.subscribe(), &mut fifo()).unwrap_err();
    assert_eq!(error.to_string(), "Actor error: channel closed");
    assert_eq!(stage.left(), all_told());
}

#[test]
fn the_end_goes_on_when_there_is_room_again() {
    let mut stage = waiting(1);
    stage.actor.stop();
    let mut told = Vec::new();
    for _ in 0..3 {
        let error = stage.server.start(&stage.actor, &stage.shutdown.subscribe(), &mut fifo()).unwrap_err();
        assert_eq!(error.to_string(), "Handler error: Failed to send response: no available capacity");
        told.push(stage.one());
    }
    let error = stage.server.start(&stage.actor, &stage.shutdown.subscribe(), &mut fifo()).unwrap_err();
    assert_eq!(error.to_string(), "Actor error: channel closed");
    told.push(stage.one());
    assert_eq!(told, all_told());
}

#[test]
fn a_closed_mailbox_is_served_to_its_end() {
    let mut stage = Stage::new(Obedient);
    stage.mail(send("fail"));
    stage.mail(send("last"));
    stage.server.mailbox_tx().close();
    assert_eq!(stage.start(&mut fifo()), Served::Closed);
    assert_eq!(
        stage.server.lines(),
        ["error: Actor error: returned error: the password is swordfish", "log: last"]
    );
}

#[test]
fn whoever_waits_is_told_when_the_mailbox_is_closed_and_empty() {
    let mut stage = Stage::new(Obedient);
    stage.process(initiated()).unwrap();
    stage.process(request(1, "later")).unwrap();
    stage.server.mailbox_tx().close();
    assert_eq!(stage.start(&mut fifo()), Served::Closed);
    let close = TheaterCommand::ChannelClose { channel_id: CHANNEL, sender_id: ME };
    assert_eq!(stage.left(), [stopped(1), close]);
}

#[test]
fn a_channel_that_is_opened_too_late_is_closed() {
    let mut stage = Stage::new(Obedient);
    stage.mail(send("open peer"));
    let Served::Awaiting(mine) = stage.start(&mut fifo()) else { panic!("it opens a channel") };
    let TheaterCommand::ChannelOpen { channel_id, .. } = stage.one() else { panic!("it opens a channel") };
    stage.shutdown.signal_shutdown();
    assert_eq!(stage.start(&mut Choices::new(Box::new(Says(1)), true)), Served::Shutdown);
    let opened = HostAnswer::Opened(Opened { channel: channel_id, message: None });
    stage.server.answer(mine, opened, &stage.actor).unwrap();
    assert_eq!(stage.one(), TheaterCommand::ChannelClose { channel_id, sender_id: ME });
}

#[test]
fn an_opener_that_could_not_be_told_is_told_at_the_end() {
    let mut stage = Stage::of(Box::new(Native::new(Obedient)), 1);
    stage.process(open("ask peer")).unwrap();
    let mine = stage.server.awaiting().expect("its handler asks").call;
    stage.actor.stop();
    // The question is still in the queue: there is no room.
    stage.server.answer(mine, HostAnswer::Bytes("late".into()), &stage.actor).unwrap_err();
    assert!(matches!(stage.one(), TheaterCommand::SendMessage { .. }));
    stage.server.start(&stage.actor, &stage.shutdown.subscribe(), &mut fifo()).unwrap_err();
    assert_eq!(stage.left(), [stopped(1)]);
}

#[test]
fn a_closed_door_ends_the_serving() {
    let mut stage = Stage::new(Obedient);
    stage.mail(send("one"));
    stage.shutdown.signal_shutdown();
    struct Silent;
    impl Chooser for Silent {
        fn next(&mut self, _: &Offered<'_>) -> Result<usize, Halt> {
            Err(Halt::Exhausted)
        }
        fn draw(&mut self, _: &Draw) -> Result<u64, Halt> {
            Err(Halt::Exhausted)
        }
    }
    assert_eq!(stage.start(&mut Choices::new(Box::new(Silent), false)), Served::Halted);
}
