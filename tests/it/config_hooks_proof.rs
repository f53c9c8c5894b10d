//! What proves the requests of a hook, as it is configured: secrets of its kind's own, and its address.

use tidings::config;
use tidings::secret::SecretSource;

use crate::config_hooks::{SECRET, hook, load, only};

/// Whatever proves requests may be there twice, but for what is asked for only once.
#[test]
fn a_secret_of_a_kind_is_changed_as_any_other() {
    let env = |names: &[&str]| names.iter().map(|name| SecretSource::Env((*name).to_owned())).collect::<Vec<_>>();
    for (kind, key) in [("teams-graph", "client_state"), ("basecamp", "path_secret")] {
        let hook = |names: &str| hook("h", kind, &format!("{key} = [{names}]\n"));
        let settings = only(&hook("{ env = \"NEW\" }, { env = \"OLD\" }"));
        assert_eq!(settings.secret_settings.get(key), Some(&env(&["NEW", "OLD"])));
        for (names, count) in [("", 0), ("{ env = \"A\" }, { env = \"B\" }, { env = \"C\" }", 3)] {
            let said = load(&hook(names)).unwrap_err();
            assert!(said.contains(&format!("{key:?} is a list of {count}; write one secret, or two")), "{said}");
        }
    }
    let said =
        load(&hook("h", "whatsapp", &format!("{SECRET}verify_token = [{{ env = \"A\" }}, {{ env = \"B\" }}]\n")));
    let said = said.unwrap_err();
    assert!(said.contains("\"verify_token\""), "{said}");
}

/// The hook's name is its secret; or `secret` is, the last part of the address, and may be changed as any other.
#[test]
fn a_hook_that_its_address_proves() {
    const PATH: &str = "auth = { type = \"path\" }\nmapping = { text = \"/text\" }\n";
    let named = only(&hook("Jk3vTq8Zr1LxWc5N", "generic", PATH));
    assert_eq!(named.secrets, []);
    let door = |secrets: &str| hook("door", "generic", &format!("secret = [{secrets}]\n{PATH}"));
    let two = "{ env = \"NEW\" }, { env = \"OLD\" }";
    assert_eq!(only(&door(two)).secrets.len(), 2);
    let said = load(&hook("door", "generic", PATH)).unwrap_err();
    assert!(said.contains("\"auth.type\" makes the hook's name its secret, which is too short"), "{said}");
    assert!(said.contains("or write `secret`, the last part of the address then"), "{said}");
    let text = config::describe(&load(&door(two)).unwrap(), jiff::Timestamp::UNIX_EPOCH);
    assert!(text.contains("address         POST https://tidings.example.org/t/hook/door/SECRET\n"), "{text}");
}

/// Where the service was told an address and the service's own is known, they are the same.
#[test]
fn a_hook_that_is_called_elsewhere_is_told() {
    let trello = |url: &str| hook("h", "trello", &format!("{SECRET}callback_url = {url:?}\nme = []\n"));
    let google = |mode: &str, audience: &str| {
        let keys = format!("audience = {audience:?}\naudience_mode = {mode:?}\n{{FILE}} = \"certs.json\"\nme = []\n");
        let file = if mode == "endpoint_url" { "jwks_file" } else { "certs_file" };
        hook("h", "google-chat", &keys.replace("{FILE}", file))
    };
    let said = |hook: &str| {
        let config = load(hook).unwrap_or_else(|said| panic!("{hook}: {said}"));
        config.warnings.iter().map(|warning| warning.text.clone()).collect::<Vec<_>>()
    };
    let ours = "https://tidings.example.org/t/hook/h";
    for right in [trello(ours), google("endpoint_url", ours), google("project_number", "1234567890")] {
        assert_eq!(said(&right), Vec::<String>::new(), "{right}");
    }
    for other in
        ["https://tidings.example.org/hook/h", "https://tidings.example.org/t/hook/h/", "http://x.example/t/hook/h"]
    {
        let warned = said(&trello(other));
        assert_eq!(warned.len(), 1, "{other}: {warned:?}");
        assert!(warned[0].contains("\"callback_url\" is not the address of this hook, which is \"https://tidings.example.org/t/hook/h\" by `public_url`; write what"), "{warned:?}");
        assert!(said(&google("endpoint_url", other))[0].contains("\"audience\" is not the address"), "{other}");
    }
}
