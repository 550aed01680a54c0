//! A scripted native actor: what it is told to do comes as JSON, `[["send", "NAME", payload], ...]`.
//!
//! Its words are a part of those of the actor that drove the recordings (see `scenarios/actors/lab.rs`). What each
//! call gave is observed as `did "WORD RESULT"`, what arrives as `got "KIND TEXT"`.

use crate::actor::{Actor, ChannelAccept};
use crate::call::{Address, ChannelName, HostAnswer, HostCall, Refusal};
use crate::error::Result;
use crate::id::{ChannelId, RequestId, Time};
use crate::native::{Context, Handler, Native};
use crate::payload::Payload;
use crate::scenario::{ActorSpec, BytesSpec, Loaded, Loader};
use serde_json::Value;
use std::sync::Arc;

/// What an actor does of its own accord: scripts by the name of the handler.
pub struct Lab {
    config: Value,
    channel: Option<ChannelId>,
    deferred: Option<RequestId>,
}

#[derive(Default)]
struct Out {
    reply: Option<String>,
    later: bool,
}

impl Lab {
    pub fn actor(config: Value) -> Box<dyn Actor> {
        Box::new(Native::new(Lab { config, channel: None, deferred: None }))
    }

    fn script(&self, handler: &str, data: &Payload) -> Vec<Value> {
        let told = data.json().and_then(|told| told.as_array().cloned()).unwrap_or_default();
        let own = self.config.get(handler).and_then(Value::as_array).cloned().unwrap_or_default();
        told.into_iter().chain(own).collect()
    }

    async fn follow(&mut self, context: &Context, script: &[Value]) -> std::result::Result<Out, String> {
        let mut out = Out::default();
        for step in script {
            let word = |place: usize| step[place].as_str().unwrap_or_default();
            let to = || Address::Text(word(1).to_owned());
            let body = || match &step[2] {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            let told = match word(0) {
                // As a guest says it: an address is text, and may be none.
                "send" => {
                    match context.call(HostCall::Send { to: to(), data: Payload::from(body()) }).await {
                        HostAnswer::Refused(refusal) => refusal.to_string(),
                        _ => "ok".into(),
                    }
                }
                "request" => {
                    let call = HostCall::Request { to: to(), data: Payload::from(body()), within: None };
                    match context.call(call).await {
                        HostAnswer::Bytes(data) => format!("ok {}", data.text()),
                        HostAnswer::Refused(refusal) => refusal.to_string(),
                        other => format!("{other:?}"),
                    }
                }
                "open" => {
                    let call = HostCall::OpenChannel { to: to(), data: Payload::from(body()), within: None };
                    match context.call(call).await {
                        HostAnswer::Opened(opened) => {
                            self.channel = Some(opened.channel);
                            "ok".into()
                        }
                        HostAnswer::Refused(refusal) => refusal.to_string(),
                        other => format!("{other:?}"),
                    }
                }
                "chan" => told(context.send_on_channel(self.channel.unwrap_or_default(), word(1)).await),
                "close" => told(context.close_channel(self.channel.unwrap_or_default()).await),
                "chan_to" | "close_to" => over_any_channel(context, word(0), word(1)).await,
                "respond" => told(context.respond(self.deferred.unwrap_or_default(), word(1))),
                "cancel" => told(context.cancel(self.deferred.unwrap_or_default())),
                "list" => context.outstanding().len().to_string(),
                "later" => {
                    self.deferred = context.request_id();
                    out.later = true;
                    continue;
                }
                "reply" => {
                    out.reply = Some(word(1).to_owned());
                    continue;
                }
                "sleep" => {
                    context.sleep(Time::parse(word(1)).unwrap_or_default()).await;
                    continue;
                }
                "log" | "shutdown" => {
                    aside(context, word(0), step);
                    continue;
                }
                "trap" => panic!("told to"),
                "err" => return Err(word(1).to_owned()),
                other => panic!("no such word: {other}"),
            };
            context.observe("did", format!("{} {told}", word(0).trim_end_matches("_to")));
        }
        Ok(out)
    }
}

/// What is not observed.
fn aside(context: &Context, word: &str, step: &Value) {
    match word {
        "log" => context.log(step[1].as_str().unwrap_or_default()),
        _ => context.shut_down(),
    }
}

/// What a guest may do with any text for a channel's id.
async fn over_any_channel(context: &Context, word: &str, channel: &str) -> String {
    let channel = ChannelName::Text(channel.to_owned());
    let call = match word {
        "close_to" => HostCall::CloseChannel { channel },
        _ => HostCall::SendOnChannel { channel, data: Payload::from("x") },
    };
    match context.call(call).await {
        HostAnswer::Refused(refusal) => refusal.to_string(),
        _ => "ok".into(),
    }
}

fn told(result: std::result::Result<(), Refusal>) -> String {
    result.map_or_else(|refusal| refusal.to_string(), |()| "ok".into())
}

impl Handler for Lab {
    async fn init(&mut self, context: &Context) -> std::result::Result<(), String> {
        let script = self.script("init", &Payload::EMPTY);
        self.follow(context, &script).await.map(|_| ())
    }

    async fn handle_send(&mut self, context: &Context, data: Payload) -> std::result::Result<(), String> {
        if data.json().is_none_or(|told| !told.is_array()) {
            context.observe("got", format!("send {}", data.text()));
        }
        let script = self.script("send", &data);
        self.follow(context, &script).await.map(|_| ())
    }

    async fn handle_request(
        &mut self,
        context: &Context,
        data: Payload,
    ) -> std::result::Result<Option<Payload>, String> {
        let script = self.script("request", &data);
        let out = self.follow(context, &script).await?;
        Ok((!out.later).then(|| Payload::from(out.reply.unwrap_or_else(|| "fine".into()))))
    }

    async fn handle_channel_open(
        &mut self,
        context: &Context,
        channel: ChannelId,
        data: Payload,
    ) -> std::result::Result<ChannelAccept, String> {
        self.channel = Some(channel);
        let script = self.script("on_open", &data);
        self.follow(context, &script).await?;
        let accepted = self.config.get("reject").is_none();
        Ok(ChannelAccept { accepted, message: None })
    }

    async fn handle_channel_message(
        &mut self,
        context: &Context,
        _: ChannelId,
        data: Payload,
    ) -> std::result::Result<(), String> {
        context.observe("got", format!("message {}", data.text()));
        let script = self.script("on_msg", &Payload::EMPTY);
        self.follow(context, &script).await.map(|_| ())
    }

    async fn handle_channel_close(
        &mut self,
        context: &Context,
        _: ChannelId,
    ) -> std::result::Result<(), String> {
        context.observe("got", "close");
        let script = self.script("on_close", &Payload::EMPTY);
        self.follow(context, &script).await.map(|_| ())
    }
}

/// Loads a [`Lab`] for every actor; its `state` is its configuration, as JSON.
pub struct LabLoader(pub Vec<(String, String)>);

impl Loader for LabLoader {
    fn actor(&mut self, _: &str, spec: &ActorSpec, _: &crate::limits::Limits) -> Result<Loaded> {
        let config = match &spec.state {
            Some(BytesSpec::Json(config)) => config.clone(),
            _ => Value::Null,
        };
        // Addresses are put in here, since a native actor does not read the state that the scenario gives it.
        let mut text = config.to_string();
        for (name, address) in &self.0 {
            text = text.replace(&format!("${{actor.{name}}}"), address);
        }
        let config: Value = serde_json::from_str(&text).unwrap_or_default();
        Ok(Loaded { factory: Arc::new(move || Lab::actor(config.clone())), hash: None, shows_state: false })
    }
}
