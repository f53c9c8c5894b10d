//! One configured hook.

use super::kind::Kind;
use super::names::Names;
use super::setting::Settings;
use crate::secret::Secret;

/// A hook: which service, and what proves its requests.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Its name: the hook is `/hook/NAME`.
    pub name: String,
    /// The service.
    pub kind: Kind,
    /// Secrets, any of which proves a request: two while one is being changed; none where the service has none.
    pub secrets: Vec<Secret>,
    /// Ids and names by which the service mentions me.
    pub me: Vec<String>,
    /// Names for ids: `U024BE7LH` is `Ada`.
    pub names: Names,
    /// What the kind's own keys say.
    pub settings: Settings,
}
