//! `[[chat]]` in a configuration: every kind can be set up, and says what it lacks; each hook is for those it names.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use expect_test::expect;
use tidings::chat::kind::{KINDS, Kind};
use tidings::chat::proof::Proof;
use tidings::chat::registry;
use tidings::config;
use tidings::config::environment::Environment;
use tidings::config::ready::Config;
use tidings::receiver::settings::{HookSettings, Reader};
use tidings::secret::SecretSource;

const SERVICE: &str =
    "state_dir = \"state\"\nlisten = \"127.0.0.1:8460\"\npublic_url = \"https://tidings.example.org/t/\"\n";
const SMTP: &str = "[smtp]\nfolder = \"out\"\nfrom = \"ada@example.org\"\n";
/// A secret that is a credential.
pub const SECRET: &str = "secret = { credential = \"hook\" }\n";

/// The least that a hook of each kind needs beside `name` and `kind`; `secret` stands first where it is needed.
const LEAST: &[(&str, &str)] = &[
    ("slack", SECRET),
    ("mattermost", SECRET),
    ("rocketchat", SECRET),
    ("zulip", SECRET),
    ("telegram", SECRET),
    ("teams", SECRET),
    ("discord", SECRET),
    ("matrix", SECRET),
    ("matrix-push", "pushkeys = \"V2h5IG9uIGVhcnRoIGRpZCB5b3UgZGVjb2RlIHRoaXM\"\n"),
    ("whatsapp", "secret = { credential = \"hook\" }\nverify_token = { credential = \"verify\" }\n"),
    ("messenger", "secret = { credential = \"hook\" }\nverify_token = { credential = \"verify\" }\n"),
    ("x", SECRET),
    ("twilio", SECRET),
    ("teams-graph", "client_state = { credential = \"state\" }\n"),
    ("google-chat", "audience = \"1234567890\"\ncerts_file = \"certs.json\"\n"),
    ("zoom", SECRET),
    ("asana", ""),
    ("trello", "secret = { credential = \"hook\" }\ncallback_url = \"https://tidings.example.org/t/hook/h\"\n"),
    ("basecamp", "path_secret = { credential = \"path\" }\n"),
    ("notion", ""),
    ("confluence", SECRET),
    ("jira", SECRET),
    ("github", SECRET),
    ("gitlab", SECRET),
    ("linear", SECRET),
    ("pagerduty", SECRET),
    ("alertmanager", SECRET),
    ("grafana", SECRET),
    ("standard-webhooks", SECRET),
    ("generic", "secret = { credential = \"hook\" }\nauth = { type = \"bearer\" }\nmapping = { text = \"/text\" }\n"),
];

fn person(name: &str, more: &str) -> String {
    format!(
        "timezone = \"Europe/Lisbon\"\n{more}\n[me]\naddresses = [\"{name}@example.org\"]\n\
         [[digest]]\nname = \"daily\"\nschedule = \"0 9 * * *\"\n"
    )
}

/// A hook of this name and kind.
pub fn hook(name: &str, kind: &str, keys: &str) -> String {
    format!("[[chat]]\nname = {name:?}\nkind = {kind:?}\n{keys}")
}

/// Writes files to a folder of their own, with keys that nobody has; loads the first.
fn load_all(files: &[(&str, String)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("people")).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("certs.json", "{\"keys\": [{\"kid\": \"one\"}]}");
    files.iter().for_each(|(name, text)| write(name, text));
    config::load(&folder.path().join(files[0].0), &Environment::default()).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        lines.join("\n").replace(&format!("{}/", folder.path().display()), "")
    })
}

/// Loads these hooks of one person.
pub fn load(hooks: &str) -> Result<Config, String> {
    load_all(&[("t.toml", format!("{SERVICE}{}{SMTP}{hooks}", person("ada", "")))])
}

/// The only hook there is.
pub fn only(hooks: &str) -> HookSettings {
    let mut config = load(hooks).unwrap_or_else(|said| panic!("{hooks}: {said}"));
    assert_eq!(config.hooks.len(), 1);
    config.hooks.pop().unwrap()
}

#[test]
fn every_kind_can_be_set_up() {
    assert_eq!(LEAST.len(), KINDS.len());
    for (kind, keys) in LEAST {
        let settings = only(&hook("h", kind, keys));
        assert_eq!((settings.name.as_str(), settings.kind.name()), ("h", *kind));
        assert_eq!(settings.secrets.len(), usize::from(keys.contains(SECRET)), "{kind}");
        assert_eq!(settings.readers.len(), 1);
    }
}

#[test]
fn what_a_kind_cannot_do_without_is_asked_for() {
    for (kind, keys) in LEAST {
        let lines: Vec<&str> = keys.lines().collect();
        for without in 0..lines.len() {
            let rest: Vec<&str> =
                lines.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, line)| *line).collect();
            let key = lines[without].split(' ').next().unwrap();
            let said = load(&hook("h", kind, &rest.join("\n"))).expect_err(kind);
            assert!(said.contains(&format!("chat \"h\": {key:?} is missing")), "{kind} without {key}: {said}");
            assert_eq!(said.lines().count(), 1, "{kind} without {key}: {said}");
        }
    }
}

/// What is written where nothing would look at it is refused, and nowhere else.
#[test]
fn a_secret_stands_where_it_proves_something() {
    for (kind, keys) in LEAST.iter().filter(|(_, keys)| !keys.contains(SECRET)) {
        let read = load(&hook("h", kind, &format!("{keys}{SECRET}")));
        let settings = only(&hook("h", kind, keys));
        match registry::service(settings.kind).proof(&settings.settings) {
            Proof::Handshake => assert_eq!(read.unwrap().hooks[0].secrets.len(), 1, "{kind}"),
            Proof::Other(_) => {
                let said = read.expect_err(kind);
                assert!(said.contains("\"secret\" would prove nothing: requests are proven by"), "{kind}: {said}");
            }
            Proof::Secret(_) | Proof::Address => panic!("{kind}"),
        }
    }
}

#[test]
fn no_kind_has_a_key_of_every_hook() {
    for (_, kind) in KINDS {
        for key in registry::service(*kind).keys() {
            let common = ["name", "kind", "secret", "me", "channels", "token", "names", "for"];
            assert!(!common.contains(&key.name), "{} of {}", key.name, kind.name());
        }
    }
}

#[test]
fn a_hook_is_as_it_is_written() {
    let settings = only(&hook(
        "team",
        "grafana",
        "secret = [{ credential = \"new\" }, { env = \"OLD\" }]\nme = [\"U1\", \"ada\"]\nchannels = [\"#ops\", \"std*\"]\n\
         names = { U1 = \"Ada\", C1 = \"#ops\" }\ntimestamp_header = \"X-Time\"\ntolerance = \"2m\"\n",
    ));
    assert_eq!(settings.kind, Kind::Grafana);
    let sources =
        [SecretSource::Credential { directory: None, name: "new".to_owned() }, SecretSource::Env("OLD".to_owned())];
    assert_eq!(settings.secrets, sources);
    let channels: Vec<String> = settings.channels.iter().map(ToString::to_string).collect();
    assert_eq!(channels, ["#ops", "std*"]);
    assert_eq!(settings.names.get("C1").map(String::as_str), Some("#ops"));
    assert_eq!(settings.settings.text("timestamp_header"), Some("X-Time"));
    assert_eq!(settings.settings.window("tolerance", jiff::SignedDuration::ZERO).as_secs(), 120);
    let me = ["U1", "ada"].map(str::to_owned).to_vec();
    let person = settings.readers[0].person.clone();
    assert_eq!((person.as_str(), settings.readers), ("me", vec![Reader { person: person.clone(), me }]));
}

#[test]
fn a_file_and_a_secret_of_a_kind() {
    let google = only(&hook("h", "google-chat", LEAST.iter().find(|(kind, _)| *kind == "google-chat").unwrap().1));
    assert!(google.settings.file("certs_file").is_some_and(|content| content.starts_with(b"{\"keys\"")));
    let graph = only(&hook("h", "teams-graph", "client_state = { env = \"STATE\" }\n"));
    assert_eq!(graph.secret_settings.get("client_state"), Some(&vec![SecretSource::Env("STATE".to_owned())]));
    assert!(graph.settings.secrets("client_state").is_empty());
    let push = only(&hook("h", "matrix-push", "pushkeys = \"V2h5IG9uIGVhcnRoIGRpZCB5b3U\"\n"));
    assert_eq!(push.settings.list("pushkeys"), ["V2h5IG9uIGVhcnRoIGRpZCB5b3U"]);
}

#[test]
fn the_door_of_the_design() {
    let door = only(
        "[[chat]]\nname = \"door\"\nkind = \"generic\"\n\
         auth = { type = \"hmac\", algorithm = \"sha256\", encoding = \"hex\", header = \"X-Signature\", prefix = \"sha256=\", \
         signed = \"{timestamp}.{body}\", timestamp_header = \"X-Timestamp\", tolerance = \"5m\" }\n\
         secret = { credential = \"door\" }\nhandshake = \"none\"\n[chat.mapping]\nitems = \"/events\"\nid = \"/id\"\n\
         text = \"{{ summary }}: {{ detail }}\"\nsender_id = \"/actor/id\"\nsender_name = \"/actor/name\"\n\
         channel_id = \"/room\"\nthread_id = \"/thread\"\ntime = \"/created_at\"\npermalink = \"/url\"\npriority = \"/prio\"\n\
         urgency = { pointer = \"/severity\", critical = [\"P1\"], urgent = [\"P2\"], low = [\"info\"] }\n\
         settles = { pointer = \"/state\", values = [\"resolved\"] }\n",
    );
    assert_eq!(door.settings.table("auth").and_then(|auth| auth.text("tolerance")), Some("5m"));
    let urgency = door.settings.table("mapping").and_then(|mapping| mapping.table("urgency"));
    assert_eq!(urgency.map(|urgency| urgency.list("critical")), Some(&["P1".to_owned()][..]));
}

#[test]
fn its_secrets_are_looked_at() {
    let config = load(&hook("team", "whatsapp", "secret = { env = \"A\" }\nverify_token = { env = \"B\" }\n")).unwrap();
    let declared: Vec<_> =
        config.secrets.iter().map(|one| (one.prefix.as_str(), one.source.clone(), one.position.line)).collect();
    let env = |name: &str| SecretSource::Env(name.to_owned());
    assert!(matches!(declared.as_slice(), [
        ("chat \"team\": \"verify_token\": ", verify, verify_line),
        ("chat \"team\": ", secret, line),
    ] if *verify == env("B") && *secret == env("A") && verify_line > line));
}

#[test]
fn the_outside_calls_it_without_a_slash_at_the_end() {
    assert_eq!(load("").unwrap().public_url.as_deref(), Some("https://tidings.example.org/t"));
}

/// A service of ada and charles, whose main file is nobody's; `hooks` stands there.
fn service(hooks: &str, (ada, charles): (&str, &str)) -> Result<Config, String> {
    load_all(&[
        ("t.toml", format!("{SERVICE}people = \"people/*.toml\"\n{SMTP}{hooks}")),
        ("people/ada.toml", person("ada", ada)),
        ("people/charles.toml", person("charles", "") + charles),
    ])
}

fn readers(hook: &HookSettings) -> Vec<(&str, Vec<&str>)> {
    hook.readers.iter().map(|reader| (reader.person.as_str(), reader.me.iter().map(String::as_str).collect())).collect()
}

#[test]
fn a_hook_is_for_those_whom_it_names() {
    let team = hook("team", "slack", &format!("{SECRET}for = [\"charles\", \"ada\"]\n"));
    let alone = hook("alone", "slack", &format!("{SECRET}for = \"ada\"\nme = \"U1\"\n"));
    let own = hook("own", "slack", &format!("{SECRET}me = \"U3\"\n"));
    let ids = "chat_ids = { team = [\"U1\", \"U2\"], alone = [\"U1\", \"ada\"] }";
    let config = service(&format!("{team}{alone}"), (ids, &own)).unwrap();
    let names: Vec<&str> = config.hooks.iter().map(|hook| hook.name.as_str()).collect();
    assert_eq!(names, ["team", "alone", "own"]);
    assert_eq!(readers(&config.hooks[0]), [("charles", vec![]), ("ada", vec!["U1", "U2"])]);
    assert_eq!(readers(&config.hooks[1]), [("ada", vec!["U1", "ada"])]);
    assert_eq!(readers(&config.hooks[2]), [("charles", vec!["U3"])]);
}

#[test]
fn a_main_file_that_is_somebodys_has_hooks_of_its_own() {
    let main = format!("{SERVICE}people = \"people/*.toml\"\n{}", person("ada", ""));
    let hooks =
        hook("own", "slack", SECRET) + &hook("team", "slack", &format!("{SECRET}for = [\"me\", \"charles\"]\n"));
    let files = [("t.toml", format!("{main}{SMTP}{hooks}")), ("people/charles.toml", person("charles", ""))];
    let config = load_all(&files).unwrap();
    assert_eq!(readers(&config.hooks[0]), [("me", vec![])]);
    assert_eq!(readers(&config.hooks[1]), [("me", vec![]), ("charles", vec![])]);
}

#[test]
fn readers_who_are_not_there_are_told() {
    let check = |hooks: &str, (ada, charles): (&str, &str), expected: &[&str]| {
        let said = service(hooks, (ada, charles)).expect_err(hooks);
        let lines: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once(": ")?.1)).collect();
        assert_eq!(lines, expected, "{hooks}");
    };
    let team = |keys: &str| hook("team", "slack", &format!("{SECRET}{keys}\n"));
    check(
        &team("for = [\"ada\", \"charle\"]"),
        ("", ""),
        &["chat \"team\": \"for\" names nobody: there is no person \"charle\"; did you mean \"charles\"?"],
    );
    check(&team("for = [\"ada\", \"ada\"]"), ("", ""), &["chat \"team\": \"ada\" stands in \"for\" twice; remove one"]);
    check(
        &team(""),
        ("", ""),
        &["chat \"team\": \"for\" is missing, and the file is nobody's; write for = [\"ada\"], or who else it is for"],
    );
    check(
        &team("for = [\"ada\", \"charles\"]\nme = \"U1\""),
        ("", ""),
        &[
            "chat \"team\": \"me\" of a hook for several does not say whose ids these are; write [chat_ids] team = [...] in the file of each",
        ],
    );
    check(
        &team("for = \"ada\""),
        ("chat_ids = { teem = [\"U1\"] }", "[chat_ids]\nteam = [\"U2\"]\n"),
        &[
            "[chat_ids]: no hook of \"ada\" is called \"teem\"; did you mean \"team\"?",
            "[chat_ids]: no hook of \"charles\" is called \"team\"; write the name of a [[chat]] whose `for` names you",
        ],
    );
    check(
        "",
        ("", &team("for = \"charles\"")),
        &[
            "chat \"team\": \"for\" stands in a person's own file, whose hooks are for them alone; remove it, or write the [[chat]] in the main file",
        ],
    );
    check(
        &team("for = \"ada\""),
        ("", &hook("Team", "slack", SECRET)),
        &["chat \"Team\" has the name of an earlier one in t.toml:9:8; give each a name of its own"],
    );
    check(
        &team("for = [\"ada\", \"charles\"]"),
        ("", "[[account]]\nname = \"team\"\nmaildir = \"Mail\"\n"),
        &[
            "chat \"team\": an account of \"charles\" has the same name, and `source` in a rule means either; give the hook another",
        ],
    );
    let said = load(&team("for = \"me\"")).unwrap_err();
    assert!(said.contains("\"for\" has no meaning where there is one person"), "{said}");
}

/// A person whose own file is wrong is there all the same.
#[test]
fn one_fault_is_told_once() {
    let team = hook("team", "slack", &format!("{SECRET}for = [\"ada\", \"charles\"]\n"));
    let said = service(&team, ("hold = 5", "[chat_ids]\nteam = \"U1\"\nx = ")).unwrap_err();
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(!said.contains("for"), "{said}");
}

#[test]
fn a_folder_is_no_file() {
    let said = load(&hook("h", "google-chat", "audience = \"1\"\ncerts_file = \"people\"\n")).unwrap_err();
    assert!(said.contains("chat \"h\": \"certs_file\": cannot read \"people\": Is a directory"), "{said}");
}

#[test]
fn a_configuration_tells_of_its_hooks_and_no_secret() {
    let hooks = hook(
        "team",
        "slack",
        "secret = [\"hunter2\", { credential = \"old\" }]\nme = [\"U1\", \"ada\"]\nchannels = [\"#ops\", \"std*\"]\n\
         names = { U1 = \"Ada\" }\n",
    ) + &hook("base", "basecamp", "path_secret = { env = \"PATH_OF_BASE\" }\nme = []\n")
        + &hook("push", "matrix-push", "pushkeys = \"V2h5IG9uIGVhcnRoIGRpZCB5b3U\"\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.toml");
    let described = |service: &str| {
        fs::write(&file, format!("{service}{}{SMTP}{hooks}", person("ada", ""))).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let text =
            config::describe(&config::load(&file, &Environment::default()).unwrap(), jiff::Timestamp::UNIX_EPOCH);
        assert!(!text.contains("hunter2") && !text.contains("V2h5"), "{text}");
        text
    };
    let text = described(SERVICE);
    let hooks = text.split("\n\n").filter(|block| block.starts_with("chat ")).collect::<Vec<_>>().join("\n\n");
    expect![[r##"
        chat "team"
          kind            slack
          address         POST https://tidings.example.org/t/hook/team
          for             me (U1, ada)
          channels        "#ops" or "std*"
          secret          from this file
          or              from the credential "old"
          names           for 1 id

        chat "base"
          kind            basecamp
          address         POST https://tidings.example.org/t/hook/base/PATH_SECRET
          for             me
          channels        all
          path_secret     from $PATH_OF_BASE

        chat "push"
          kind            matrix-push
          address         POST https://tidings.example.org/t/hook/push/_matrix/push/v1/notify
          for             me
          channels        all
          also set        pushkeys"##]]
    .assert_eq(&hooks);
    let here = described("state_dir = \"state\"\nlisten = \"127.0.0.1:8460\"\n");
    assert!(here.contains("address         POST http://127.0.0.1:8460/hook/team\n"), "{here}");
    let socket = described("state_dir = \"state\"\nlisten = \"unix:/run/t.sock\"\n");
    assert!(socket.contains("address         POST /hook/team at unix:/run/t.sock\n"), "{socket}");
}

/// What texts are fetched with, and where: said, and refused where it would do nothing or not know whom to ask.
#[test]
fn a_token_says_what_texts_are_fetched_with() {
    let api = |settings: &HookSettings| tidings::chat::api(settings.kind, &settings.settings).map(str::to_owned);
    const TOKEN: &str = "token = { env = \"TOKEN\" }\nme = []\n";
    let asana = only(&hook("h", "asana", TOKEN));
    assert_eq!(asana.token, Some(SecretSource::Env("TOKEN".to_owned())));
    assert_eq!(api(&asana).as_deref(), Some("https://app.asana.com/api/1.0"));
    let notion = only(&hook("h", "notion", &format!("{TOKEN}api = \"http://127.0.0.1:8080/notion/\"\n")));
    assert_eq!(api(&notion).as_deref(), Some("http://127.0.0.1:8080/notion"));
    let wiki = hook("h", "confluence", &format!("{SECRET}{TOKEN}api = \"https://wiki.example.org/c\"\n"));
    let config = load(&wiki).unwrap();
    assert_eq!(config.warnings, []);
    let text = config::describe(&config, jiff::Timestamp::UNIX_EPOCH);
    assert!(text.contains("  token           from $TOKEN\n  api             https://wiki.example.org/c\n"), "{text}");
    assert!(!text.contains("also set"), "{text}");
    let graph = hook("h", "teams-graph", &format!("client_state = {{ env = \"STATE\" }}\n{TOKEN}"));
    assert_eq!(api(&only(&graph)).as_deref(), Some("https://graph.microsoft.com/v1.0"));
    let check = |kind: &str, keys: &str, expected: &str| {
        let said = match load(&hook("h", kind, keys)) {
            Ok(config) => config.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            Err(said) => said,
        };
        assert!(said.contains(expected) && said.lines().count() == 1, "{kind}: {said}");
    };
    check("confluence", &format!("{SECRET}{TOKEN}"), "\"token\" does not say which site is to be asked; write api = ");
    check("notion", "api = \"https://a.example\"\n", "\"api\" is asked for nothing without \"token\"");
    check("slack", &format!("{SECRET}{TOKEN}"), "\"token\" fetches nothing: slack sends its texts itself; remove it");
    check("asana", "token = { env = \"TOKEN\" }\n", "nothing says how \"me\" is mentioned there");
    let far = format!("{TOKEN}api = \"http://a.example\"\n");
    check("asana", &far, "chat \"h\": \"api\": \"http://a.example\" is not encrypted");
    check("asana", &format!("{TOKEN}api = \"https://a.example/?x=\"\n"), "has a query or a fragment");
    check("asana", &format!("{TOKEN}api = \"https://ada:pw@a.example\"\n"), "has a login in it");
    check("asana", &format!("{TOKEN}api = 5\n"), "\"https://api.example.org\"");
}

/// Whom nothing can mention in what a hook for several brings is told where the hook stands.
#[test]
fn readers_whom_nothing_mentions_are_told() {
    let team = hook("team", "slack", &format!("{SECRET}for = [\"ada\", \"charles\"]\n"));
    let config = service(&team, ("chat_ids = { team = \"U1\" }", "")).unwrap();
    let said: Vec<String> = config.warnings.iter().map(|warning| warning.text.clone()).collect();
    let expected = "chat \"team\": nothing says how \"charles\" is mentioned there, so that no mention of them counts; \
                    write [chat_ids] team = [...] in their file";
    assert_eq!(said, [expected]);
}

#[test]
fn rules_ask_for_what_only_chat_has() {
    let rule = "[[rule]]\nname = \"mine\"\nkind = [\"slack\", \"matrix_push\"]\nchannel = [\"#ops\", \"@rooms\"]\nmention = [\"me\", \"none\"]\n\
                authenticated = true\nurgency = \"urgent\"\n[groups]\nrooms = [\"C1\"]\n";
    let config = load(&format!("{}{rule}", hook("team", "slack", &format!("{SECRET}me = \"U1\"\n")))).unwrap();
    assert_eq!(config.warnings, []);
    let text = config::describe(&config, jiff::Timestamp::UNIX_EPOCH);
    for line in [
        "kind is slack or matrix-push",
        "channel is \"#ops\" or \"@rooms\"",
        "it mentions me or none",
        "from a proven sender",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}
