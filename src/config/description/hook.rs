//! A hook as it was understood, in lines of a key and a value; no secret is in it.

use super::condition::any_of;
use super::secret::from;
use crate::chat::proof::Proof;
use crate::chat::{self, registry};
use crate::config::ready::Config;
use crate::hook::settings::Listen;
use crate::receiver::settings::{HookSettings, Reader};

/// What there is to say of a hook, in order.
pub fn lines(config: &Config, hook: &HookSettings) -> Vec<(&'static str, String)> {
    let mut lines = vec![("kind", hook.kind.name().to_owned()), ("address", address(config, hook))];
    lines.push(("for", hook.readers.iter().map(reader).collect::<Vec<_>>().join(", ")));
    let channels = if hook.channels.is_empty() { "all".to_owned() } else { any_of(&hook.channels) };
    lines.push(("channels", channels));
    let secrets = std::iter::once(("secret", &hook.secrets));
    for (key, secrets) in secrets.chain(hook.secret_settings.iter().map(|(key, secrets)| (*key, secrets))) {
        let keys = std::iter::once(key).chain(std::iter::repeat("or"));
        lines.extend(keys.zip(secrets).map(|(key, secret)| (key, from(secret))));
    }
    if let Some((token, api)) = hook.token.as_ref().zip(chat::api(hook.kind, &hook.settings)) {
        lines.push(("token", from(token)));
        lines.push(("api", api.to_owned()));
    }
    // What stands there may be what proves a request: the names are enough. `api` was told.
    let own: Vec<&str> = hook.settings.0.keys().map(String::as_str).filter(|key| *key != "api").collect();
    if !own.is_empty() {
        lines.push(("also set", own.join(", ")));
    }
    if !hook.names.is_empty() {
        let ids = if hook.names.len() == 1 { "id" } else { "ids" };
        lines.push(("names", format!("for {} {ids}", hook.names.len())));
    }
    lines
}

fn address(config: &Config, hook: &HookSettings) -> String {
    let (method, below) = registry::service(hook.kind).calls();
    let is_secret = registry::service(hook.kind).proof(&hook.settings) == Proof::Address && !hook.secrets.is_empty();
    let path = format!("/hook/{}{}", hook.name, if is_secret { "/SECRET" } else { below });
    match (&config.public_url, &config.listen) {
        (Some(url), _) => format!("{method} {url}{path}"),
        (None, Some(Listen::Tcp(address))) => format!("{method} http://{address}{path}"),
        (None, Some(listen)) => format!("{method} {path} at {listen}"),
        (None, None) => format!("{method} {path}"),
    }
}

fn reader(reader: &Reader) -> String {
    match reader.me.as_slice() {
        [] => reader.person.to_string(),
        me => format!("{} ({})", reader.person, me.join(", ")),
    }
}
