//! One configured hook, as the configuration says it: its secrets are still to be read.

use std::collections::BTreeMap;

use crate::chat::kind::Kind;
use crate::chat::setting::Settings;
use crate::model::name::{HookName, PersonName};
use crate::pattern::Pattern;
use crate::secret::SecretSource;

/// A `[[chat]]`.
#[derive(Clone, Debug)]
pub struct HookSettings {
    /// Its name: it is called at `/hook/NAME`. Unique in the whole service.
    pub name: HookName,
    /// The service.
    pub kind: Kind,
    /// What proves its requests: two while one is being changed; none where the kind has none, or where its handshake
    /// brings it.
    pub secrets: Vec<SecretSource>,
    /// What the texts are fetched with that the service does not send; `None`: nothing is fetched.
    pub token: Option<SecretSource>,
    /// The channels that are heard, by id or name; empty: all.
    pub channels: Vec<Pattern>,
    /// Names for ids.
    pub names: BTreeMap<String, String>,
    /// What the kind's own keys say, but for those that are secrets.
    pub settings: Settings,
    /// Those of them that are: each one, or two while it is being changed.
    pub secret_settings: BTreeMap<&'static str, Vec<SecretSource>>,
    /// For whom its messages are; at least one. Each gets their own copy.
    pub readers: Vec<Reader>,
}

/// Somebody for whom the messages of a hook are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Who.
    pub person: PersonName,
    /// Ids and names by which the service mentions them.
    pub me: Vec<String>,
}
