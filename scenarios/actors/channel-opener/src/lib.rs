//! Opens a channel to `peer` when told `go`, says its `messages` on it and closes it, or, with `"close": false`, leaves it
//! open until it is told `close`. `say TEXT` says more on the channel that is open.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::{Json, quote};
use theater::simple::{message_server_host as host, runtime};

type Bytes = Option<Vec<u8>>;

struct Opener;

fn observe(key: &str, value: &Json) {
    runtime::log(&format!("observe {key} {value}"));
}

fn refused(error: String) {
    observe("refused", &Json::Text(error));
}

fn say(channel: &str, message: &Json) {
    match host::send_on_channel(channel, message.text().unwrap_or_default().as_bytes()) {
        Ok(()) => observe("sent", message),
        Err(error) => refused(error),
    }
}

fn close(state: &mut Json, channel: &str) {
    // Forgotten at once, since not every Theater tells the closer.
    state.set("channel", Json::Null);
    host::close_channel(channel).unwrap_or_else(refused);
}

fn go(state: &mut Json) {
    let first = state.get("first").text().unwrap_or("hello").as_bytes();
    let channel = match host::open_channel(state.get("peer").text().unwrap_or_default(), first) {
        Ok(channel) => channel,
        Err(error) => return refused(error),
    };
    observe("opened", &Json::Flag(true));
    state.set("channel", Json::Text(channel.clone()));
    for message in state.get("messages").list() {
        say(&channel, message);
    }
    if state.get("close").flag() != Some(false) {
        close(state, &channel);
    }
}

/// Does what it is told, as a send or as a request.
fn obey(state: &Bytes, order: &[u8]) -> Result<Bytes, String> {
    let mut state = Json::state(state)?;
    let channel = state.get("channel").text().unwrap_or_default().to_string();
    match order {
        b"go" => go(&mut state),
        b"close" => close(&mut state, &channel),
        _ => match order.strip_prefix(b"say ") {
            Some(text) => say(&channel, &quote(text)),
            None => return Err("neither go, close nor say".to_string()),
        },
    }
    Ok(state.bytes())
}

impl actor::Guest for Opener {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Opener {
    fn handle_send(state: Bytes, (body,): (Vec<u8>,)) -> Result<(Bytes,), String> {
        Ok((obey(&state, &body)?,))
    }

    fn handle_request(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        Ok((obey(&state, &body)?, (Some(b"done".to_vec()),)))
    }

    fn handle_channel_open(
        state: Bytes,
        _: (String, Vec<u8>),
    ) -> Result<(Bytes, (client::ChannelAccept,)), String> {
        Ok((state, (client::ChannelAccept { accepted: false, message: None },)))
    }

    fn handle_channel_message(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes,), String> {
        observe("heard", &quote(&body));
        Ok((state,))
    }

    fn handle_channel_close(state: Bytes, (channel,): (String,)) -> Result<(Bytes,), String> {
        observe("closed", &Json::Flag(true));
        let mut state = Json::state(&state)?;
        if state.get("channel").text() == Some(&channel) {
            state.set("channel", Json::Null);
        }
        Ok((state.bytes(),))
    }
}

export!(Opener);
