//! Puts every request off. `release` answers the oldest one with its own body, `cancel` gives it up, `list` tells how many
//! the host knows of. With `early` it answers inside the handler, before the host can know the request.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::{Json, quote};
use theater::simple::{message_server_host as host, runtime};

type Bytes = Option<Vec<u8>>;

struct Deferrer;

/// Logs how ending a request went. Its body tells it apart: ids differ from run to run.
fn ended(how: &str, body: &Json, result: Result<(), String>) {
    match result {
        Ok(()) => runtime::log(&format!("observe {how} {body}")),
        Err(error) => runtime::log(&format!("observe failed {}", Json::Text(error))),
    }
}

fn respond(request: &[Json]) {
    let answer = request[1].text().unwrap_or_default().as_bytes();
    ended("released", &request[1], host::respond_to_request(request[0].text().unwrap_or_default(), answer));
}

fn cancel(request: &[Json]) {
    ended("cancelled", &request[1], host::cancel_request(request[0].text().unwrap_or_default()));
}

/// Takes the oldest request off the list, and ends it.
fn end_oldest(state: &mut Json, end: fn(&[Json])) {
    let mut waiting = state.get("waiting").list().to_vec();
    if waiting.is_empty() {
        return ended("", &Json::Null, Err("nothing waits".to_string()));
    }
    end(waiting.remove(0).list());
    state.set("waiting", Json::List(waiting));
}

impl actor::Guest for Deferrer {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for Deferrer {
    fn handle_send(state: Bytes, (body,): (Vec<u8>,)) -> Result<(Bytes,), String> {
        let mut state = Json::state(&state)?;
        match &body[..] {
            b"release" => end_oldest(&mut state, respond),
            b"cancel" => end_oldest(&mut state, cancel),
            b"list" => {
                runtime::log(&format!("observe outstanding {}", host::list_outstanding_requests().len()))
            }
            _ => return Err("neither release, cancel nor list".to_string()),
        }
        Ok((state.bytes(),))
    }

    fn handle_request(state: Bytes, (id, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        let mut state = Json::state(&state)?;
        let request = vec![Json::Text(id), quote(&body)];
        if state.get("early").flag() == Some(true) {
            respond(&request);
        }
        let mut waiting = state.get("waiting").list().to_vec();
        waiting.push(Json::List(request));
        state.set("waiting", Json::List(waiting));
        Ok((state.bytes(), (None,)))
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

export!(Deferrer);
