//! Passes on what it gets to `next`, and answers with the answer of `next`; the last of a chain keeps or echoes it.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::{Json, quote};
use theater::simple::{message_server_host as host, runtime};

type Bytes = Option<Vec<u8>>;

struct Forwarder;

/// What the host says when it does not carry a message.
fn refused(error: &str) {
    runtime::log(&format!("observe refused {}", quote(error.as_bytes())));
}

impl actor::Guest for Forwarder {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Forwarder {
    fn handle_send(state: Bytes, (body,): (Vec<u8>,)) -> Result<(Bytes,), String> {
        match Json::state(&state)?.get("next").text() {
            Some(next) => host::send(next, &body).unwrap_or_else(|e| refused(&e)),
            None => runtime::log(&format!("observe arrived {}", quote(&body))),
        }
        Ok((state,))
    }

    fn handle_request(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        let config = Json::state(&state)?;
        let Some(next) = config.get("next").text() else { return Ok((state, (Some(body),))) };
        let answer = match host::request(next, &body) {
            Ok(answer) => [config.get("mark").text().unwrap_or(">").as_bytes(), &answer].concat(),
            Err(error) => {
                refused(&error);
                format!("error: {error}").into_bytes()
            }
        };
        Ok((state, (Some(answer),)))
    }

    fn handle_channel_open(
        state: Bytes,
        _: (String, Vec<u8>),
    ) -> Result<(Bytes, (client::ChannelAccept,)), String> {
        Ok((state, (client::ChannelAccept { accepted: false, message: None },)))
    }

    fn handle_channel_message(state: Bytes, _: (String, Vec<u8>)) -> Result<(Bytes,), String> {
        Ok((state,))
    }

    fn handle_channel_close(state: Bytes, _: (String,)) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

export!(Forwarder);
