//! What a server can do: the names of its capabilities, whatever their case.

use std::collections::BTreeSet;

use async_imap::imap_proto::Capability;

use crate::limits;

/// The names a server gave, upper case; at most [`limits::doors::IMAP_CAPABILITIES`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(BTreeSet<String>);

impl Capabilities {
    /// From words: `IMAP4rev1 idle AUTH=PLAIN`.
    pub fn of_words(words: &str) -> Self {
        Self(
            words
                .split_ascii_whitespace()
                .take(limits::doors::IMAP_CAPABILITIES)
                .map(str::to_ascii_uppercase)
                .collect(),
        )
    }

    /// From the parser.
    pub fn of_parsed(parsed: &[Capability<'_>]) -> Self {
        let name = |capability: &Capability<'_>| match capability {
            Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
            Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
            Capability::Atom(name) => name.to_ascii_uppercase(),
        };
        Self(parsed.iter().take(limits::doors::IMAP_CAPABILITIES).map(name).collect())
    }

    /// Whether this one, in upper case, is among them.
    pub fn has(&self, capability: &str) -> bool {
        self.0.contains(capability)
    }

    /// Takes one away: the server says that it can, and it cannot.
    pub fn disbelieve(&mut self, capability: &str) {
        self.0.remove(capability);
    }
}

#[cfg(test)]
mod tests {
    use async_imap::imap_proto::Capability;

    use super::Capabilities;

    #[test]
    fn case_does_not_matter() {
        let words = Capabilities::of_words("imap4rev1 idle auth=plain");
        assert!(words.has("IDLE") && words.has("AUTH=PLAIN") && !words.has("MOVE"));
        let parsed = [Capability::Imap4rev1, Capability::Atom("idle".into()), Capability::Auth("plain".into())];
        assert_eq!(Capabilities::of_parsed(&parsed), words);
    }
}
