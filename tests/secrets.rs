//! What a handler's panic, error or trap says is for the report: no caller is told, and nothing of it is in anybody's state.

use rehearsal::actor::ChannelAccept;
use rehearsal::chooser::Fifo;
use rehearsal::id::{ActorId, ChannelId};
use rehearsal::native::{Context, Handler};
use rehearsal::payload::Payload;
use rehearsal::property::Builtin;
use rehearsal::report;
use rehearsal::run::Keep;
use rehearsal::{Rehearsal, Steps};
use serde_json::Value;

const SECRET: &str = "swordfish";

/// Knows the password, and says it when it fails.
struct Vault;

impl Vault {
    fn fail(order: &Payload) -> Result<(), String> {
        match &*order.text() {
            "trap" => panic!("the password is {SECRET}"),
            _ => Err(format!("the password is {SECRET}")),
        }
    }
}

impl Handler for Vault {
    async fn handle_send(&mut self, _: &Context, order: Payload) -> Result<(), String> {
        Vault::fail(&order)
    }
    async fn handle_request(&mut self, _: &Context, order: Payload) -> Result<Option<Payload>, String> {
        Vault::fail(&order).map(|()| None)
    }
    async fn handle_channel_open(
        &mut self,
        _: &Context,
        _: ChannelId,
        order: Payload,
    ) -> Result<ChannelAccept, String> {
        Vault::fail(&order).map(|()| ChannelAccept::default())
    }
}

/// Asks the vault in the three ways there are, and keeps and tells all that it is told.
#[derive(Default)]
struct Asker {
    told: Vec<String>,
}

impl Handler for Asker {
    async fn handle_request(&mut self, context: &Context, order: Payload) -> Result<Option<Payload>, String> {
        context.send("vault", order.clone()).await.map_err(|refusal| refusal.to_string())?;
        let answer = context.request("vault", order.clone()).await;
        self.told.push(format!("{answer:?}"));
        self.told.extend(answer.err().map(|refusal| refusal.to_string()));
        let opened = context.open_channel("vault", order).await;
        self.told.push(format!("{opened:?}"));
        self.told.extend(opened.err().map(|refusal| refusal.to_string()));
        context.observe("told", &self.told);
        Ok(Some(self.told.join(", ").into()))
    }
    fn state(&self) -> Option<Payload> {
        serde_json::to_vec(&self.told).ok().map(Payload::from)
    }
}

/// What was seen of a vault that was asked, by an actor and by a client.
struct Seen {
    report: Value,
    notes: Vec<String>,
    /// All that each participant but the vault was told, did and keeps; and then the vault.
    others: Vec<String>,
    vault: String,
}

fn seen(cast: Rehearsal, order: &str) -> Seen {
    let steps = Steps::new().request("vault", order).request("asker", order);
    let cast = cast.handler("asker", Asker::default).waive(Builtin::Trap).client("ann", steps);
    let scenario = cast.scenario().unwrap_or_else(|error| panic!("{error}"));
    let mut stage = scenario.simulation(None);
    let (outcome, _) = stage.run(Box::new(Fifo), Keep { trace: true, acts: true });
    let state = stage.state();
    let acts = outcome.acts.as_ref().expect("they are kept");
    let of = |id: u32| {
        let (id, who) = (ActorId(id), state.participant(ActorId(id)));
        let replies = state.record.replies.iter().filter(|reply| reply.client == id);
        format!("{:?} {who:?} {:?}", acts.of(id), replies.collect::<Vec<_>>())
    };
    let all: Vec<String> = state.setting.directory.names().to_vec();
    let vault = all.iter().position(|name| name == "vault").expect("it is there") as u32;
    let others = (0..all.len() as u32).filter(|id| *id != vault).map(of).collect();
    let vault = of(vault);
    let report = report::json(&scenario, &outcome, state, 1, "random");
    let notes = outcome.record.expect("it is kept").notes.into_iter().map(|note| note.text).collect();
    Seen { report, notes, others, vault }
}

/// The report has the secret, and nobody who asked.
#[track_caller]
fn only_the_report(seen: &Seen, turns: usize, kind: &str, told: &str) {
    let failed = seen.report["failed_turns"].as_array().expect("a list");
    assert_eq!(failed.len(), turns, "{failed:#?}");
    for turn in failed {
        assert_eq!((&turn["actor"], &turn["kind"]), (&"vault".into(), &kind.into()), "{turn:#}");
        assert!(turn.to_string().contains(SECRET), "the report has it: {turn:#}");
    }
    assert_eq!(seen.notes.iter().filter(|note| note.starts_with("failed vault")).count(), turns);
    // That it would be seen if it were there, the vault's own part shows.
    assert!(seen.vault.contains(SECRET), "{}", seen.vault);
    for other in &seen.others {
        assert!(!other.contains(SECRET), "{other}");
        assert!(other.contains(told), "`{told}` is what all were told: {other}");
    }
    let elsewhere = seen.notes.iter().filter(|note| !note.starts_with("failed vault"));
    assert_eq!(elsewhere.filter(|note| note.contains(SECRET)).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(!seen.report["observations"].to_string().contains(SECRET));
}

#[test]
fn what_a_native_panic_says_reaches_the_report_and_no_caller() {
    let seen = seen(Rehearsal::new("secrets").handler("vault", || Vault), "trap");
    only_the_report(&seen, 4, "trap", "Handler failed");
}

#[test]
fn what_a_native_error_says_reaches_the_report_and_no_caller() {
    let seen = seen(Rehearsal::new("secrets").handler("vault", || Vault), "error");
    only_the_report(&seen, 4, "returned-error", "Handler returned an error");
}

#[cfg(feature = "wasm")]
mod components {
    use super::*;

    const ERROR: &str = "(call $err (i32.const 256) (i32.const 25))";

    /// A guest whose error says the password, and whose function that traps is called by it: the backtrace tells. Channels it
    /// has no handler for.
    fn guest() -> (tempfile::TempDir, Rehearsal) {
        let text = include_str!("guest_support/probe.wat")
            .replace("$break_down", "$swordfish")
            .replace("(call $err (local.get $at) (local.get $length))", ERROR)
            .replace(
                r#"(data (i32.const 0) "peer")"#,
                r#"(data (i32.const 0) "peer") (data (i32.const 256) "the password is swordfish")"#,
            )
            .replace(
                ";; n: answers later; q: asks somebody else; else: an echo",
                "(if (call $is (local.get $at) (local.get $length) (i32.const 0x74)) (then (call $swordfish)))
                 (if (call $is (local.get $at) (local.get $length) (i32.const 0x65)) (then
                   (return (call $err (i32.const 256) (i32.const 25)))))",
            );
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("vault.wat"), text).expect("a file");
        let cast = Rehearsal::new("secrets").folder(folder.path()).component("vault", "vault.wat");
        (folder, cast)
    }

    /// The turns that failed for want of an export are not what this is about.
    fn without_missing(mut seen: Seen) -> Seen {
        let failed = seen.report["failed_turns"].as_array_mut().expect("a list");
        failed.retain(|turn| turn["kind"] != "missing-export");
        seen.notes.retain(|note| !note.contains("missing export"));
        seen
    }

    #[test]
    fn what_a_guests_trap_says_reaches_the_report_and_no_caller() {
        let (_folder, cast) = guest();
        only_the_report(&without_missing(seen(cast, "trap")), 3, "trap", "Handler failed");
    }

    #[test]
    fn what_a_guests_error_says_reaches_the_report_and_no_caller() {
        let (_folder, cast) = guest();
        only_the_report(
            &without_missing(seen(cast, "error")),
            3,
            "returned-error",
            "Handler returned an error",
        );
    }
}
