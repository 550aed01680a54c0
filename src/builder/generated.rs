//! The clients of a generated case, as comments in its trace: so that the file alone brings the case back.

use crate::error::{Error, Result};
use crate::scenario::Step;
use std::fmt::Write as _;

const CLIENT: &str = "# client ";
const STEP: &str = "#   ";

/// The clients as comment lines: a line for each step, in the scenario file's form.
pub(crate) fn told<'a>(clients: impl IntoIterator<Item = (&'a str, &'a [Step])>) -> String {
    let mut out = String::new();
    for (name, steps) in clients {
        let _ = writeln!(out, "{CLIENT}{name}");
        for step in steps {
            let _ = writeln!(out, "{STEP}{}", serde_json::to_string(step).unwrap_or_default());
        }
    }
    out
}

/// The clients that a saved case tells of.
///
/// # Errors
/// When a line is no step.
pub(crate) fn read(text: &str, path: &str) -> Result<Vec<(String, Vec<Step>)>> {
    let mut clients: Vec<(String, Vec<Step>)> = Vec::new();
    for (place, line) in text.lines().enumerate() {
        if let Some(name) = line.strip_prefix(CLIENT) {
            clients.push((name.trim().to_owned(), Vec::new()));
        } else if let (Some(step), Some((_, steps))) = (line.strip_prefix(STEP), clients.last_mut()) {
            let read = serde_json::from_str(step);
            let wrong = |e: serde_json::Error| Error::input(format!("no step of a client: {e}"));
            steps.push(read.map_err(|e| wrong(e).in_file(path).at(place + 1, STEP.len() + 1, text))?);
        }
    }
    Ok(clients)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{Steps, json};

    #[test]
    fn generated_clients_read_back() {
        let steps = Steps::new().send("ledger", json(3)).request("ledger", "hi").expects("ho").into_inner();
        let text = format!("{}rehearsal-trace 1 …\n", told([("alice", &steps[..]), ("bob", &[])]));
        let again = read(&text, "t").unwrap();
        assert_eq!(again.len(), 2);
        assert_eq!(
            told(again.iter().map(|(name, steps)| (name.as_str(), &steps[..]))) + "rehearsal-trace 1 …\n",
            text
        );
        assert!(read("# client a\n#   {\"sned\":1}\n", "t").unwrap_err().to_string().contains("t:2:5"));
    }
}
