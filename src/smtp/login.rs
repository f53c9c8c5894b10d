//! Meeting a server and logging in to it, word by word: lettre waits for a QUIT after a refusal, and answers no challenge in
//! which a server says why it refuses a token.

use zeroize::Zeroizing;

use super::fault::{Kind, SendError, Stage};
use super::meeting::{self, Met, Offer};
use super::patience::Patience;
use super::settings::Server;
use super::wire::Wire;
use crate::limits;
use crate::net::sasl::{self, Auth, Login};
use crate::secret::{Secret, SecretSource};

/// Meets the server, and logs in where there is a login. The secret is read before, and wiped afterwards. A refused access
/// token is mostly one that has expired: where another can be had at once it is tried, once.
///
/// # Errors
/// At any stage up to `Auth`.
pub async fn enter(server: &Server, hello: &str, patience: &Patience) -> Result<Met, SendError> {
    let Some((user, source)) = &server.login else {
        return meeting::meet(server, hello, patience).await;
    };
    let secret = read(server.auth, source).await?;
    match once(server, hello, patience, (user, &secret)).await {
        Err(refused) if server.auth == Auth::Token && is_refusal(&refused) => {
            let newer = read(server.auth, source).await?;
            if newer.is_same(&secret) {
                return Err(refused);
            }
            once(server, hello, patience, (user, &newer)).await
        }
        end => end,
    }
}

async fn read(auth: Auth, source: &SecretSource) -> Result<Secret, SendError> {
    auth.read(source).await.map_err(|cause| SendError::new(Stage::Auth, Kind::Secret, cause.to_string()))
}

fn is_refusal(fault: &SendError) -> bool {
    fault.stage == Stage::Auth && fault.kind == Kind::Credentials && fault.code.is_some()
}

async fn once(
    server: &Server,
    hello: &str,
    patience: &Patience,
    (user, secret): (&str, &Secret),
) -> Result<Met, SendError> {
    let mut met = meeting::meet(server, hello, patience).await?;
    let fault = |text: &str| SendError::new(Stage::Auth, Kind::Credentials, text);
    if !met.encrypted {
        return Err(fault("a login is sent only in TLS; leave it out, or use TLS"));
    }
    let login = Login { host: &server.host, port: server.port, user, secret };
    let talk = Talk::choose(server.auth, met.offer, &login).ok_or_else(|| {
        fault(match server.auth {
            Auth::Password => "it offers neither AUTH PLAIN nor AUTH LOGIN",
            Auth::Token => "it takes no access tokens (neither AUTH XOAUTH2 nor AUTH OAUTHBEARER)",
        })
    })?;
    talk.hold(&mut met.wire, secret, patience).await?;
    Ok(met)
}

/// What is said to log in.
struct Talk {
    /// Its name.
    mechanism: &'static str,
    /// In base64, what is said to each 334 in turn.
    answers: Vec<Zeroizing<String>>,
    /// Whether the first answer may stand in the command.
    inline: bool,
}

impl Talk {
    fn choose(auth: Auth, offer: Offer, login: &Login<'_>) -> Option<Self> {
        if let Some(mechanism) = auth.choose(|mechanism| offer.has(mechanism)) {
            let resignation = mechanism.resignation().map(|words| Zeroizing::new(words.to_owned()));
            let answers = std::iter::once(mechanism.words(login)).chain(resignation).collect();
            return Some(Self { mechanism: mechanism.name(), answers, inline: true });
        }
        // LOGIN is no standard; it asks for the name, then for the password, in whatever words.
        let answers = vec![sasl::encode(login.user), sasl::encode(login.secret.reveal())];
        (auth == Auth::Password && offer.login).then_some(Self { mechanism: "LOGIN", answers, inline: false })
    }

    async fn hold(self, wire: &mut Wire, secret: &Secret, patience: &Patience) -> Result<(), SendError> {
        let (stage, limit) = (Stage::Auth, patience.auth);
        let mut answers = self.answers.into_iter().peekable();
        let mut line = Zeroizing::new(format!("AUTH {}", self.mechanism));
        let fits = |words: &Zeroizing<String>| {
            self.inline && line.len() + 1 + words.len() <= limits::doors::SMTP_COMMAND_BYTES
        };
        if let Some(words) = answers.next_if(fits) {
            line = Zeroizing::new(format!("{} {}", *line, *words));
        }
        loop {
            meeting::within(stage, limit, wire.say(&line)).await?;
            let reply = meeting::within(stage, limit, wire.reply()).await?;
            match reply.code {
                200..=299 => return Ok(()),
                334 => {
                    let out = || SendError::new(stage, Kind::Unreachable, "its challenge cannot be answered");
                    line = answers.next().ok_or_else(out)?;
                }
                code @ 400..=599 => {
                    // A server may repeat what it was told.
                    let text = reply.lines.join(" ").replace(secret.reveal(), "...");
                    return Err(SendError::of_reply(stage, code, &text));
                }
                code => {
                    let text = format!("it answers {code}, which makes no sense here");
                    return Err(SendError::new(stage, Kind::Unreachable, text));
                }
            }
        }
    }
}
