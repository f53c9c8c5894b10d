//! What proves the requests of a kind of hook: a secret, and who makes it, or something else.

/// What proves the requests of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its `secret`, without which nothing is believed.
    Secret(Origin),
    /// A secret that its handshake brings; one that is known already may be written.
    Handshake,
    /// Something else, in words; a `secret` would prove nothing.
    Other(&'static str),
}

/// Who makes a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The service: nobody else decides how long it is.
    Service,
    /// Whoever sets up the hook.
    User,
    /// The service, and it is a public key: anybody may read it.
    Public,
}
