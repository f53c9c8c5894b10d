//! What a client says to prove who it is, the same in IMAP and SMTP: PLAIN, and access tokens by XOAUTH2 or OAUTHBEARER.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::secret::{Secret, SecretError, SecretSource};

/// How a login proves who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// With a password.
    #[default]
    Password,
    /// With an access token in the password's place.
    Token,
}

/// A way to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// As Google and Microsoft document it; what most providers have.
    Xoauth2,
    /// RFC 7628.
    OAuthBearer,
}

/// Who logs in, and where.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// The server as configured, which OAUTHBEARER names.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// The login name, without control characters.
    pub user: &'a str,
    /// The password or the token.
    pub secret: &'a Secret,
}

impl Auth {
    /// The first that the server offers of those that can say this.
    pub fn choose(self, offers: impl Fn(Mechanism) -> bool) -> Option<Mechanism> {
        let fit: &[Mechanism] = match self {
            Self::Password => &[Mechanism::Plain],
            Self::Token => &[Mechanism::Xoauth2, Mechanism::OAuthBearer],
        };
        fit.iter().copied().find(|mechanism| offers(*mechanism))
    }

    /// Reads the secret; what is no token is not sent as one.
    ///
    /// # Errors
    /// As the source says; `NoToken`.
    pub async fn read(self, source: &SecretSource) -> Result<Secret, SecretError> {
        let secret = source.read().await?;
        // RFC 6750 section 2.1 allows fewer characters; those that tokens were ever made of have no spaces.
        let is_token = secret.reveal().bytes().all(|byte| byte.is_ascii_graphic());
        if self == Self::Token && !is_token { Err(SecretError::NoToken) } else { Ok(secret) }
    }
}

impl Mechanism {
    /// Its registered name, upper case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Xoauth2 => "XOAUTH2",
            Self::OAuthBearer => "OAUTHBEARER",
        }
    }

    /// The words that prove it, in base64.
    pub fn words(self, login: &Login<'_>) -> Zeroizing<String> {
        let (user, secret) = (login.user, login.secret.reveal());
        let words = Zeroizing::new(match self {
            Self::Plain => format!("\0{user}\0{secret}"),
            Self::Xoauth2 => format!("user={user}\x01auth=Bearer {secret}\x01\x01"),
            Self::OAuthBearer => {
                // The name as RFC 5801 section 4 wants it.
                let (user, host, port) = (user.replace('=', "=3D").replace(',', "=2C"), login.host, login.port);
                format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {secret}\x01\x01")
            }
        });
        encode(&words)
    }

    /// What answers the challenge in which a server says why it refuses a token, and which it wants answered before it says
    /// no: an empty line, or a lone 0x01 (RFC 7628 section 3.2.3). `None`: there is no such challenge.
    pub fn resignation(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Xoauth2 => Some(""),
            Self::OAuthBearer => Some("AQ=="),
        }
    }
}

/// Base64 that is wiped when dropped.
pub fn encode(words: &str) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(words.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{Auth, Login, Mechanism, encode};
    use crate::secret::{Secret, SecretError, SecretSource};

    fn check(mechanism: Mechanism, user: &str, expected: &str) {
        let secret = Secret::new("tok-1".to_owned());
        let login = Login { host: "imap.example.org", port: 993, user, secret: &secret };
        assert_eq!(mechanism.words(&login), encode(expected), "{mechanism:?}");
    }

    #[test]
    fn words_are_as_documented() {
        check(Mechanism::Plain, "ada", "\0ada\0tok-1");
        check(Mechanism::Xoauth2, "ada", "user=ada\x01auth=Bearer tok-1\x01\x01");
        check(
            Mechanism::OAuthBearer,
            "a=d,a",
            "n,a=a=3Dd=2Ca,\x01host=imap.example.org\x01port=993\x01auth=Bearer tok-1\x01\x01",
        );
    }

    #[test]
    fn a_token_is_never_said_as_a_password() {
        let choose = |auth: Auth, offered: &[Mechanism]| auth.choose(|one| offered.contains(&one));
        use Mechanism::{OAuthBearer, Plain, Xoauth2};
        assert_eq!(choose(Auth::Token, &[Plain]), None);
        assert_eq!(choose(Auth::Token, &[Plain, OAuthBearer, Xoauth2]), Some(Xoauth2));
        assert_eq!(choose(Auth::Token, &[Plain, OAuthBearer]), Some(OAuthBearer));
        assert_eq!(choose(Auth::Password, &[OAuthBearer, Xoauth2]), None);
        assert_eq!(choose(Auth::Password, &[OAuthBearer, Plain]), Some(Plain));
    }

    #[tokio::test]
    async fn what_is_no_token_is_not_taken_for_one() {
        let read = async |auth: Auth, text: &str| auth.read(&SecretSource::Plain(Secret::new(text.to_owned()))).await;
        assert!(read(Auth::Token, "eyJ0eXAi.OiJK-V1_Qi~L+C/Jh==").await.is_ok());
        for text in ["error: not authorized", "tök", "a\u{1}b", "{ \"access_token\": \"x\" }"] {
            assert!(matches!(read(Auth::Token, text).await, Err(SecretError::NoToken)), "{text}");
            assert!(read(Auth::Password, text).await.is_ok(), "{text}");
        }
    }
}
