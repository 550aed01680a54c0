//! What stood in the real record where a mark stands in ours: how an answer that a chain does not hold is read off what
//! the actor made of it.

/// How much of what stands before and after a mark is looked for.
const CONTEXT: usize = 16;
/// How many places one mark may give.
const MOST: usize = 4;

/// The mark that is given in place of the answer to the `number`th call.
pub fn mark(number: usize) -> Vec<u8> {
    format!("Qz7mark{number}zQ").into_bytes()
}

/// What `recorded` has where `made` has `mark`: as it stands there, and as the text that it is if that is quoted.
pub fn behind(made: &[u8], recorded: &[u8], mark: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    let Some(at) = find(made, mark, 0) else { return found };
    let before = &made[at.saturating_sub(CONTEXT)..at];
    let rest = &made[at + mark.len()..];
    let after = &rest[..rest.len().min(CONTEXT)];
    let starts = if recorded.starts_with(&made[..at]) { vec![at] } else { places(recorded, before) };
    for start in starts {
        for end in ends(recorded, start, after, rest) {
            let raw = recorded[start..end].to_vec();
            for plain in unquoted(&raw) {
                if !found.contains(&plain) {
                    found.push(plain);
                }
            }
            if !found.contains(&raw) {
                found.push(raw);
            }
        }
    }
    found.truncate(MOST * 4);
    found
}

/// What `recorded` has where `made` has `mark`, and as long as that is.
pub fn beside(made: &[u8], recorded: &[u8], mark: &[u8]) -> Vec<Vec<u8>> {
    let Some(at) = find(made, mark, 0) else { return Vec::new() };
    let starts = match recorded.starts_with(&made[..at]) {
        true => vec![at],
        false => places(recorded, &made[at.saturating_sub(CONTEXT)..at]),
    };
    starts.iter().filter_map(|start| Some(recorded.get(*start..start + mark.len())?.to_vec())).collect()
}

/// Where the answer may end: where the whole rest follows, else where the next bytes do.
fn ends(recorded: &[u8], start: usize, after: &[u8], rest: &[u8]) -> Vec<usize> {
    let whole =
        recorded.len().checked_sub(rest.len()).filter(|end| *end >= start && recorded[*end..] == *rest);
    let mut ends: Vec<usize> = whole.into_iter().collect();
    for length in [after.len(), after.len().min(3), after.len().min(1)] {
        if length == 0 {
            continue;
        }
        let mut from = start;
        while let Some(end) = find(recorded, &after[..length], from) {
            if !ends.contains(&end) {
                ends.push(end);
            }
            if ends.len() >= MOST {
                return ends;
            }
            from = end + 1;
        }
    }
    ends
}

fn places(text: &[u8], part: &[u8]) -> Vec<usize> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = find(text, part, from).filter(|_| !part.is_empty() && found.len() < MOST) {
        found.push(at + part.len());
        from = at + 1;
    }
    found
}

fn find(text: &[u8], part: &[u8], from: usize) -> Option<usize> {
    let text = text.get(from..)?;
    if part.is_empty() {
        return Some(from);
    }
    text.windows(part.len()).position(|window| window == part).map(|at| at + from)
}

/// The text that `raw` is inside of quotes, once and twice unquoted.
fn unquoted(raw: &[u8]) -> Vec<Vec<u8>> {
    let once = |raw: &[u8]| {
        let quoted = [b"\"", raw, b"\""].concat();
        serde_json::from_slice::<String>(&quoted).ok().map(String::into_bytes)
    };
    let mut found = Vec::new();
    if raw.contains(&b'\\')
        && let Some(plain) = once(raw)
    {
        if plain.contains(&b'\\')
            && let Some(plainer) = once(&plain)
        {
            found.push(plainer);
        }
        found.insert(0, plain);
    }
    found
}

/// How many bytes two texts begin with alike.
pub fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_mark_is_read_off() {
        let first = |made: &str, recorded: &str| {
            behind(made.as_bytes(), recorded.as_bytes(), b"MARK")
                .first()
                .map(|b| String::from_utf8_lossy(b).into_owned())
        };
        assert_eq!(first("[\"ok:MARK\"]", "[\"ok:inner\"]").as_deref(), Some("inner"));
        assert_eq!(first("MARK", "").as_deref(), Some(""));
        assert_eq!(first("a MARK b MARK", "a x b x").as_deref(), Some("x"));
        assert_eq!(first("[\"ok:MARK\"]", "[\"ok:say \\\"hi\\\"\"]").as_deref(), Some("say \"hi\""));
        assert_eq!(first("[\"ok:MARK\"]", "[]"), None);
        assert_eq!(first("nothing", "nothing"), None);
    }
}
