//! What a digest tells of the days before it.

use crate::rig::daemon::{Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::http::socket;
use crate::rig::slack::{SECRET, Said, Slack};

#[test]
fn the_next_letter_tells_of_those_before_it() {
    let home = Home::new();
    let secret = home.secret("slack", SECRET);
    let chat = format!("[[chat]]\nname = \"team\"\nkind = \"slack\"\nsecret = {secret}\nme = [\"U9\"]\n");
    let rule = "[[rule]]\nname = \"all\"\nurgency = \"normal\"\n";
    home.configure(&["listen = \"unix:http.sock\"\n", PERSON, INTO_FOLDER, &chat, YEARLY, rule]);
    let daemon = home.start();
    let mut slack = Slack::connect(&socket(home.path()), "team");
    let mut say = |ts: &str| assert_eq!(slack.says(Said { ts, ..Said::default() }), 200);
    say("1799830801.000100");
    say("1799830802.000100");
    daemon.until("both are held", |status| status["held"] == 2);
    let first = daemon.tell(&["digest", "preview"]);
    assert!(!first.contains("seven days"), "there is nothing to tell yet: {first}");
    daemon.tell(&["digest", "now", "--wait"]);
    say("1799830803.000100");
    daemon.until("the third is held", |status| status["held"] == 1);
    let words = daemon.tell(&["digest", "preview"]).split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "In the last seven days 2 messages waited and came in 1 letter, 0 passed at once: 1 interruption fewer. The \
                longest wait was less than a minute.";
    assert!(words.contains(told), "{words}");
    daemon.stop();
}
