//! Asks the host for chance, time and the environment, and tells what it got, as an answer and as an observation.
wit_bindgen::generate!({ path: "../../../wit", world: "guest" });

use exports::theater::simple::{actor, message_server_client as client};
use json::{Json, quote};
use theater::simple::{environment, random, runtime, timing};

type Bytes = Option<Vec<u8>>;

struct RandomUser;

/// The answer to an order, as JSON.
fn ask(order: &str) -> Result<String, String> {
    let mut words = order.split(' ').skip(1);
    let mut next = || words.next().unwrap_or_default();
    let number = |word: &str, or: u64| word.parse().unwrap_or(or);
    Ok(match order.split(' ').next().unwrap_or_default() {
        "bytes" => {
            let bytes = random::random_bytes(number(next(), 8) as u32)?;
            format!("\"{}\"", bytes.iter().map(|b| format!("{b:02x}")).collect::<String>())
        }
        "range" => random::random_range(number(next(), 0), number(next(), 100))?.to_string(),
        "float" => random::random_float()?.to_string(),
        "uuid" => Json::Text(random::generate_uuid()?).to_string(),
        "now" => timing::now().to_string(),
        "sleep" => {
            timing::sleep(number(next(), 20))?;
            timing::now().to_string()
        }
        // Without a moment: the next 20 ms from here.
        "deadline" => {
            timing::deadline(next().parse().unwrap_or_else(|_| timing::now() + 20))?;
            timing::now().to_string()
        }
        "env" => environment::get_var(next()).map_or(Json::Null, Json::Text).to_string(),
        "vars" => {
            let mut vars = Json::Object(Vec::new());
            environment::list_vars().into_iter().for_each(|(name, value)| vars.set(&name, Json::Text(value)));
            vars.to_string()
        }
        "exists" => environment::exists(next()).to_string(),
        _ => return Err("no such order".to_string()),
    })
}

fn obey(order: &[u8]) -> String {
    let order = String::from_utf8_lossy(order);
    match ask(&order) {
        Ok(value) => {
            runtime::log(&format!("observe {} {value}", order.split(' ').next().unwrap_or_default()));
            value
        }
        Err(error) => {
            runtime::log(&format!("observe refused {}", quote(error.as_bytes())));
            format!("error: {error}")
        }
    }
}

impl actor::Guest for RandomUser {
    fn init(state: Bytes) -> Result<(Bytes,), String> {
        Ok((state,))
    }
}

impl client::Guest for RandomUser {
    fn handle_send(state: Bytes, (body,): (Vec<u8>,)) -> Result<(Bytes,), String> {
        obey(&body);
        Ok((state,))
    }

    fn handle_request(state: Bytes, (_, body): (String, Vec<u8>)) -> Result<(Bytes, (Bytes,)), String> {
        Ok((state, (Some(obey(&body).into_bytes()),)))
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

export!(RandomUser);
