//! What proves the requests of a kind of hook: a secret, and who makes it, or something else.

/// What proves the requests of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its `secret`, without which nothing is believed.
    Secret(Origin),
    /// A secret that its handshake brings; one that is known already may be written.
    Handshake,
    /// The address that it is called at: its `secret` is the last part of it, or its own name is the secret.
    Address,
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
    /// The same, for a part of an address.
    Address,
    /// The service, and it is a public key: anybody may read it.
    Public,
}

impl Origin {
    /// Whether it is our side that decides how long a secret is.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::User | Self::Address)
    }
}

/// Why this cannot stand in an address as it is; `None`: it can (the unreserved characters of RFC 3986 section 2.3).
pub fn unfit_for_address(secret: &str) -> Option<&'static str> {
    let is_part = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    (!is_part).then_some("is no part of an address; write letters, digits, \"-\", \"_\" and \".\" alone")
}

/// Bits of 24 random bytes.
const BITS: f64 = 192.0;

/// Whether a secret cannot have been made of 24 random bytes, which no one guesses (and which any of its usual forms holds:
/// hexadecimal, base32, base64): it is too short for the letters that it is made of. Of `NAME:PASSWORD` the password counts.
pub fn is_weak(secret: &str) -> bool {
    let secret = secret.rsplit_once(':').map_or(secret, |(_, password)| password);
    let secret = secret.strip_prefix("whsec_").unwrap_or(secret);
    let all = |allowed: fn(char) -> bool| secret.chars().all(allowed);
    let bits_each = if all(|c| c.is_ascii_digit()) {
        10_f64.log2()
    } else if all(|c| c.is_ascii_digit() || matches!(c, 'a'..='f' | '-')) || all(|c| matches!(c, '0'..='9' | 'A'..='F'))
    {
        4.0
    } else if !secret.contains(|c: char| c.is_ascii_lowercase()) || !secret.contains(|c: char| c.is_ascii_uppercase()) {
        5.0
    } else {
        6.0
    };
    let chars = u32::try_from(secret.trim_end_matches('=').chars().count()).unwrap_or(u32::MAX);
    f64::from(chars) * bits_each < BITS
}

#[cfg(test)]
mod tests {
    use super::{is_weak, unfit_for_address};

    #[test]
    fn what_an_address_cannot_hold_is_no_secret_of_it() {
        for fit in ["Jk3vTq8Zr1LxWc5N", "a-b_c.d~e", ""] {
            assert_eq!(unfit_for_address(fit), None, "{fit}");
        }
        for unfit in ["a/b", "a b", "a+b", "a=", "a?b", "a%20b", "é", "a#b"] {
            assert!(unfit_for_address(unfit).is_some(), "{unfit}");
        }
    }

    #[test]
    fn what_is_too_short_for_its_letters_is_weak() {
        let check = |secret: &str, expected: bool| assert_eq!(is_weak(secret), expected, "{secret}");
        check("", true);
        check("hunter2", true);
        check("correct horse battery staple", true);
        check("It's a Secret to Everybody", true);
        check("3b241101-e2bb-4255-8caf-4136c566a962", true);
        check("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false);
        check("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false);
        check("grafana:MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false);
        check("a-name-that-is-long-enough-for-all:hunter2", true);
        check("31f47ac0d3b5e8920c6a7f18b4d9e25031f47ac0d3b5e892", false);
        check("31f47ac0d3b5e8920c6a7f18b4d9e250", true);
        check("gezdgnbvgy3tqojqgezdgnbvgy3tqojqgezdgnb", false);
        check("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS=", true);
    }
}
