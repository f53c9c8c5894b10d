//! Names that a service tells once stand for its ids ever after, over a kill, too; the configuration's go before them.

use serde_json::{Value, json};

use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::http::socket;
use crate::rig::slack::{SECRET, Said, Slack};

fn home() -> Home {
    let home = Home::new();
    let chat = format!(
        "[[chat]]\nname = \"team\"\nkind = \"slack\"\nsecret = {}\nme = [\"U9\"]\nnames = {{ U1 = \"Ben\" }}\n",
        home.secret("slack", SECRET)
    );
    let rule = "[[rule]]\nname = \"all\"\nurgency = \"normal\"\n";
    home.configure(&["listen = \"unix:http.sock\"\n", PERSON, INTO_FOLDER, &chat, YEARLY, rule]);
    home
}

fn held(daemon: &Daemon<'_>) -> Vec<(String, String)> {
    let own = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let listed = daemon.json(&["held", "list"]);
    listed.as_array().unwrap().iter().map(|item| (own(&item["from"]), own(&item["subject"]))).collect()
}

fn pair(from: &str, subject: &str) -> (String, String) {
    (from.to_owned(), subject.to_owned())
}

#[test]
fn a_name_that_was_told_once_stands_for_its_id() {
    let home = home();
    let daemon = home.start();
    let mut slack = Slack::connect(&socket(home.path()), "team");
    let profile = json!({"display_name": "cleo", "real_name": "Cleo B."});
    let change = |id: &str| json!({"type": "user_change", "user": {"id": id, "name": "x", "profile": profile}});
    let channel = json!({"type": "channel_rename", "channel": {"id": "C7", "name": "ops", "created": 1}});
    assert_eq!(slack.event("Ev1", &change("U2")), 200);
    assert_eq!(slack.event("Ev2", &change("U1")), 200);
    assert_eq!(slack.event("Ev3", &channel), 200);
    let said = Said { user: "U2", channel: "C7", text: "<@U1> and <@U2>, lunch?", ..Said::default() };
    assert_eq!(slack.says(said), 200);
    let expected = vec![pair("cleo", "#ops: @Ben and @cleo, lunch?")];
    daemon.until("it is held", |status| status["held"] == 1);
    assert_eq!(held(&daemon), expected);
    daemon.kill();

    let daemon = home.start();
    let mut slack = Slack::connect(&socket(home.path()), "team");
    let later = Said { ts: "1799830801.000100", user: "U2", channel: "C7", text: "Or dinner?", ..Said::default() };
    assert_eq!(slack.says(later), 200);
    daemon.until("both are held", |status| status["held"] == 2);
    assert!(held(&daemon).contains(&pair("cleo", "#ops: Or dinner?")), "{:?}", held(&daemon));
    let log = home.log();
    assert!(!log.contains("cleo"), "{log}");
    daemon.stop();
}
