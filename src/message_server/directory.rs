//! Who has which name, and which address.

use crate::call::{Address, Refusal};
use crate::digest;
use crate::id::ActorId;
use sha1::{Digest, Sha1};

/// Names and addresses of the participants.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    names: Vec<String>,
    addresses: Vec<String>,
    by_name: Table,
    by_address: Table,
}

/// The participants by the digests of texts that each has one of: open addressing, never gone through. An actor finds whom it sends
/// to once for each message, however many there are.
#[derive(Clone, Debug, Default)]
struct Table(Vec<Option<ActorId>>);

impl Table {
    /// A table of these texts, in order of the ids; who comes first has the text.
    fn of(texts: &[String]) -> Table {
        let mut table = Table(vec![None; (texts.len() * 2 + 1).next_power_of_two()]);
        for (id, text) in texts.iter().enumerate() {
            let slot = table.slot(texts, text);
            table.0[slot].get_or_insert(ActorId(id as u32));
        }
        table
    }

    fn find(&self, texts: &[String], text: &str) -> Option<ActorId> {
        *self.0.get(self.slot(texts, text))?
    }

    /// Where a text is, or would be.
    fn slot(&self, texts: &[String], text: &str) -> usize {
        let mask = self.0.len().saturating_sub(1);
        let mut slot = digest::Digest::of(text.as_bytes()) as usize & mask;
        while let Some(&Some(id)) = self.0.get(slot)
            && texts[id.index()] != text
        {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

/// A UUID in its usual form; another text as it is.
fn usual(address: String) -> String {
    uuid::Uuid::parse_str(&address).map_or(address, |uuid| uuid.to_string())
}

impl Directory {
    /// A directory of these names; a participant without an address of its own gets a UUID derived from
    /// its name. Of a UUID in another form the usual one is kept: whoever is given any of them finds the participant.
    pub fn new(participants: impl IntoIterator<Item = (String, Option<String>)>) -> Directory {
        let mut directory = Directory::default();
        for (name, address) in participants {
            directory.addresses.push(address.map_or_else(|| Directory::derived(&name), usual));
            directory.names.push(name);
        }
        directory.by_name = Table::of(&directory.names);
        directory.by_address = Table::of(&directory.addresses);
        directory
    }

    /// The address of a participant that has none of its own: a version 5 UUID of its name.
    ///
    /// ```
    /// use rehearsal::state::Directory;
    /// assert_eq!(Directory::derived("echo"), Directory::derived("echo"));
    /// assert_eq!(Directory::derived("echo").len(), 36);
    /// ```
    pub fn derived(name: &str) -> String {
        let hash = Sha1::new().chain_update(b"rehearsal actor ").chain_update(name).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string()
    }

    /// All names, in order of the ids.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of a participant.
    pub fn name(&self, id: ActorId) -> &str {
        self.names.get(id.index()).map_or("?", String::as_str)
    }

    /// The address of a participant.
    pub fn address(&self, id: ActorId) -> &str {
        self.addresses.get(id.index()).map_or("?", String::as_str)
    }

    /// The participant of this name.
    pub fn find(&self, name: &str) -> Option<ActorId> {
        self.by_name.find(&self.names, name)
    }

    fn lookup(&self, address: &str) -> Option<ActorId> {
        self.by_address.find(&self.addresses, address)
    }

    /// The participant with this address; every form of a UUID is read, as Theater does.
    ///
    /// # Errors
    /// When the text is no address, or nobody's.
    #[inline]
    pub fn resolve(&self, address: &Address) -> Result<ActorId, Refusal> {
        match address {
            Address::Id(id) if id.index() < self.names.len() => Ok(*id),
            other => self.search(other),
        }
    }

    fn search(&self, address: &Address) -> Result<ActorId, Refusal> {
        match address {
            Address::Id(id) => Err(Refusal::UnknownActor(format!("participant {}", id.0))),
            Address::Text(text) => self.resolve_text(text),
            Address::Name(name) => match self.find(name) {
                Some(id) => Ok(id),
                None => self.resolve_text(name).map_err(|_| Refusal::UnknownActor(name.clone())),
            },
        }
    }

    fn resolve_text(&self, text: &str) -> Result<ActorId, Refusal> {
        if let Some(id) = self.lookup(text) {
            return Ok(id);
        }
        let parsed = uuid::Uuid::parse_str(text).map_err(|e| Refusal::BadAddress(e.to_string()))?;
        let plain = parsed.to_string();
        self.lookup(&plain).ok_or(Refusal::UnknownActor(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_every_form() {
        let id = "1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c";
        let directory = Directory::new([("a".into(), Some(id.into())), ("b".into(), None)]);
        let resolve = |text: &str| directory.resolve(&Address::from(text));
        assert_eq!(resolve(id), Ok(ActorId(0)));
        assert_eq!(resolve(&id.replace('-', "")), Ok(ActorId(0)));
        assert_eq!(resolve(&format!("urn:uuid:{id}")), Ok(ActorId(0)));
        assert_eq!(resolve(&Directory::derived("b")), Ok(ActorId(1)));
        let forms = [
            id.to_owned(),
            id.to_uppercase(),
            id.replace('-', ""),
            format!("urn:uuid:{id}"),
            format!("{{{id}}}"),
        ];
        for given in &forms {
            let directory = Directory::new([("a".into(), Some(given.clone()))]);
            assert_eq!(directory.address(ActorId(0)), id);
            for asked in &forms {
                assert_eq!(
                    directory.resolve(&Address::from(asked.as_str())),
                    Ok(ActorId(0)),
                    "{given}, {asked}"
                );
            }
        }
        let own = Directory::new([("a".into(), Some("the first".into()))]);
        assert_eq!(own.address(ActorId(0)), "the first");
    }

    #[test]
    fn each_of_many_is_found_by_name_and_by_address() {
        let name = |id: u32| format!("actor-{id}");
        let directory = Directory::new((0..1000).map(|id| (name(id), None)));
        for id in 0..1000 {
            assert_eq!(directory.find(&name(id)), Some(ActorId(id)));
            assert_eq!(directory.resolve(&Address::Text(Directory::derived(&name(id)))), Ok(ActorId(id)));
        }
        assert_eq!(directory.find(&name(1000)), None);
        assert_eq!(Directory::default().find("a"), None);
        let twice = Directory::new([("a".into(), Some("x".into())), ("a".into(), Some("x".into()))]);
        assert_eq!((twice.find("a"), twice.lookup("x")), (Some(ActorId(0)), Some(ActorId(0))), "the first");
    }

    #[test]
    fn what_is_no_address_is_told_as_theater_tells_it() {
        let directory = Directory::new([]);
        let text = |address: &str| directory.resolve(&Address::from(address)).unwrap_err().to_string();
        assert_eq!(
            text(""),
            "Failed to parse actor ID: invalid length: expected length 32 for simple format, found 0"
        );
        assert_eq!(
            text("bob"),
            "Failed to parse actor ID: invalid character: expected an optional prefix of `urn:uuid:` \
             followed by [0-9a-fA-F-], found `o` at 2"
        );
        assert_eq!(
            text("1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c"),
            "Actor not found: 1dbdfe8c-342f-48a2-8b4e-fb8cc2f63c2c"
        );
    }
}
