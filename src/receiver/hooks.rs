//! The hooks as they stand open: their secrets read.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::error;

use super::settings::{HookSettings, Reader};
use crate::chat;
use crate::chat::hook::Hook;
use crate::chat::proof::Proof;
use crate::chat::registry;
use crate::chat::setting::Setting;
use crate::health::Health;
use crate::health::hooks::HookHealth;
use crate::limits;
use crate::model::message::{Audience, Chat, Kind, Message};
use crate::model::name::HookName;
use crate::pattern::Pattern;
use crate::secret::{Secret, SecretError, SecretSource};

/// All hooks by name; a reload puts other ones in place of these.
#[derive(Debug, Default)]
pub struct Hooks {
    hooks: BTreeMap<HookName, Arc<Doorway>>,
    /// `public_url`: what stands before the path in a URL that a service signs; empty where nobody signs one.
    public_url: String,
}

/// One hook.
#[derive(Debug)]
pub struct Doorway {
    /// Its name.
    pub name: HookName,
    /// What the log and `/metrics` call it: a name that is a secret is cut.
    pub shown: String,
    /// Its service: `slack`.
    pub kind: &'static str,
    /// What proves and reads its requests; `None`: a secret of it cannot be read, so that nothing can be proven.
    pub hook: Option<Hook>,
    /// How the texts of references are fetched; `None`: they are not.
    pub asking: Option<Asking>,
    /// The channels that are heard; empty: all.
    channels: Vec<Pattern>,
    /// For whom.
    pub readers: Vec<Reader>,
}

/// How the texts are fetched that a service does not send.
#[derive(Debug)]
pub struct Asking {
    /// Whom: the URL of the API, without a slash at its end.
    pub api: String,
    /// With what; read each time, since a program may print another one each hour.
    pub token: SecretSource,
}

impl Hooks {
    /// Opens them. One whose secret cannot be read stays shut, and says so.
    pub async fn open(settings: &[HookSettings], public_url: Option<&str>, health: &Health) -> Self {
        let (mut hooks, mut known) = (BTreeMap::new(), BTreeMap::new());
        for one in settings {
            let (hook, shut) = match ready(one).await {
                Ok(hook) => (Some(hook), None),
                Err(cause) => {
                    error!(hook = shown(one), "takes no request: {cause}; then reload");
                    (None, Some(cause.to_string()))
                }
            };
            let brings_secret = registry::service(one.kind).proof(&one.settings) == Proof::Handshake;
            let readers = one.readers.iter().map(|reader| reader.person.clone()).collect();
            known.insert(
                one.name.clone(),
                HookHealth { brings_secret, shut, ..HookHealth::new((shown(one), one.kind.name()), readers) },
            );
            let (channels, readers) = (one.channels.clone(), one.readers.clone());
            let (name, shown, kind, asking) = (one.name.clone(), shown(one), one.kind.name(), asking(one));
            let doorway = Doorway { name, shown, kind, hook, asking, channels, readers };
            hooks.insert(one.name.clone(), Arc::new(doorway));
        }
        health.hooks_are(known);
        // What failed for a token that was taken away is no news any more.
        hooks.values().filter(|doorway: &&Arc<Doorway>| doorway.asking.is_none()).for_each(|doorway| {
            health.hook_fetched(&doorway.name);
        });
        Self { hooks, public_url: public_url.unwrap_or_default().to_owned() }
    }

    /// The URL of a request as the outside called it.
    pub fn url(&self, target: &str) -> String {
        format!("{}{target}", self.public_url)
    }

    /// The hook of this name.
    pub fn named(&self, name: &str) -> Option<Arc<Doorway>> {
        self.hooks.get(&HookName::new(name)).cloned()
    }
}

impl Doorway {
    /// Whether what was said there is heard. What was said to me alone was said in no channel.
    pub fn hears(&self, message: &Message) -> bool {
        let is_direct = matches!(message.kind, Kind::Chat(Chat { audience: Audience::Direct, .. }));
        let is_listed = |name: &String| self.channels.iter().any(|listed| listed.matches(name));
        self.channels.is_empty()
            || is_direct
            || message.post.as_ref().is_some_and(|post| post.channel_names().iter().any(is_listed))
    }
}

fn asking(settings: &HookSettings) -> Option<Asking> {
    let api = chat::api(settings.kind, &settings.settings)?.to_owned();
    settings.token.clone().map(|token| Asking { api, token })
}

fn shown(settings: &HookSettings) -> String {
    let name = settings.name.as_str();
    let is_secret = registry::service(settings.kind).proof(&settings.settings) == Proof::Address;
    if !is_secret || !settings.secrets.is_empty() {
        return name.to_owned();
    }
    format!("{}…", name.chars().take(limits::hands::SECRET_NAME_SHOWN).collect::<String>())
}

async fn ready(settings: &HookSettings) -> Result<Hook, SecretError> {
    let mut all = settings.settings.clone();
    for (name, sources) in &settings.secret_settings {
        all.0.insert((*name).to_owned(), Setting::Secrets(read(sources).await?));
    }
    Ok(Hook {
        name: settings.name.as_str().to_owned(),
        kind: settings.kind,
        secrets: read(&settings.secrets).await?,
        me: settings.readers.iter().flat_map(|reader| reader.me.iter().cloned()).collect(),
        names: settings.names.clone().into(),
        settings: all,
    })
}

async fn read(sources: &[SecretSource]) -> Result<Vec<Secret>, SecretError> {
    let mut secrets = Vec::with_capacity(sources.len());
    for source in sources {
        secrets.push(source.read().await?);
    }
    Ok(secrets)
}
