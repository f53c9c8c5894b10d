//! The operator's commands that ask no daemon: `check --connect`, `check --strict`, `generate`.

use std::fs;
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::rig::certificates::{Authority, Leaf};
use crate::rig::daemon::{Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::dialogue::{Dialogue, Say, Server};
use crate::rig::dovecot::{Dovecot, Wishes};
use crate::rig::maildir;
use crate::rig::postfix::Postfix;
use crate::rig::smtp_server::{Fault, Setup, SmtpServer, Step, base64};

/// Servers in this process, which go on while the binary runs.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// An account on loopback, without TLS.
fn account(home: &Home, name: &str, port: u16) -> String {
    format!(
        "[[account]]\nname = \"{name}\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nusername = \"ada\"\n\
         password = {}\n",
        home.secret("pw", "open-sesame-7\n")
    )
}

/// The report about one server: its findings, a line each: `weight about: text`.
fn found<'j>(checked: &'j Value, name: &str) -> (bool, String, &'j Value) {
    let connection = checked["connections"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    let line = |finding: &Value| {
        let word = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{} {}: {}\n", word("weight"), word("about"), word("text"))
    };
    let lines = connection["found"].as_array().unwrap().iter().map(line).collect();
    (connection["good"].as_bool().unwrap(), lines, connection)
}

fn connect(home: &Home, code: i32) -> Value {
    let (found, out, err) = home.run(&["check", "--connect", "--json"]);
    assert_eq!(found, code, "{out}{err}");
    assert!(!out.contains("open-sesame-7") && !err.contains("open-sesame-7"), "a secret is shown: {out}{err}");
    serde_json::from_str(&out).unwrap()
}

#[track_caller]
fn says(lines: &str, expected: &[&str]) {
    for part in expected {
        assert!(lines.contains(part), "{part:?} is missing in:\n{lines}");
    }
}

#[test]
fn real_servers_work() {
    let dovecot = Dovecot::start();
    let postfix = Postfix::start(&dovecot);
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    maildir::deliver(&home.path().join("Mail"), maildir::letter("one").as_bytes());
    let far = dovecot.account(&home, "u0", "urgent_to = \"Now/Here\"");
    let local = "[[account]]\nname = \"local\"\nmaildir = \"Mail\"\n";
    home.configure(&[PERSON, &postfix.way_out(&dovecot), &far, local, YEARLY]);
    let checked = connect(&home, 0);
    let (good, lines, _) = found(&checked, "account \"u0\"");
    assert!(good);
    says(
        &lines,
        &[
            "good login: as \"u0\" over TLS\n",
            "good filing: MOVE",
            "good news: IDLE",
            "good watch: \"INBOX\": 0 mails\n",
            "good hold_in: \"Held\": was made, and subscribed\n",
            "good urgent_to: \"Now/Here\": was made",
            "good keywords: $TidingsListed can be kept in \"Held\"\n",
        ],
    );
    says(&fs::read_to_string(dovecot.maildir("u0").join("subscriptions")).unwrap(), &["Held", "Now"]);
    let (good, lines, _) = found(&checked, "account \"local\"");
    assert!(good);
    says(&lines, &["good watch: \"INBOX\": 1 mail\n", "good hold_in: \"Held\" is there\n"]);
    let (good, lines, _) = found(&checked, "[smtp]");
    assert!(good);
    says(&lines, &["good login: ", "over TLS", "good size: letters of up to 1 MiB"]);

    let again = connect(&home, 0);
    says(&found(&again, "account \"u0\"").1, &["good hold_in: \"Held\": is there\n"]);
    // For people.
    let (code, out, err) = home.run(&["check", "--connect"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    says(&out, &["account \"u0\" at localhost:", ": works\n  login ", "[smtp] at localhost:"]);
    dovecot.stop();
    let (code, out, err) = home.run(&["check", "--connect"]);
    assert_eq!(code, 1, "{out}");
    says(&err, &["not everything can be used: account \"u0\"\n"]);
    says(&out, &["DOES NOT WORK\n  login        FAILED: ", "refuses connections; check host and port"]);
}

#[test]
fn what_a_lesser_server_cannot_is_said() {
    let dovecot = Dovecot::with(Wishes { without: &["MOVE", "UIDPLUS", "IDLE"], ..Wishes::default() });
    let home = Home::new();
    let keys = "watch = [\"INBOX\", \"Snet\"]\npoll = \"2m\"";
    home.configure(&[PERSON, INTO_FOLDER, &dovecot.account(&home, "u1", keys), YEARLY]);
    let checked = connect(&home, 1);
    let (good, lines, _) = found(&checked, "account \"u1\"");
    assert!(!good);
    says(
        &lines,
        &[
            "note filing: no MOVE and no UIDPLUS: mail is held by reference",
            "note news: no IDLE: new mail is asked for every 2m (`poll`)\n",
            "good watch: \"INBOX\"",
            "bad watch: \"Snet\" cannot be opened: ",
            "; did you mean \"Sent\"?\n",
            "good hold_in: \"Held\"",
        ],
    );
    let (good, lines, _) = found(&checked, "[smtp]");
    assert!(good);
    says(&lines, &["good folder: "]);
    let left: Vec<_> = fs::read_dir(home.path().join("out")).unwrap().collect();
    assert!(left.is_empty(), "nothing stays in the folder");
}

#[test]
fn gmail_is_known_by_what_it_can() {
    let runtime = runtime();
    let gmail =
        Dialogue::with("UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS MOVE SPECIAL-USE ACL")
            .lines(
                "LIST",
                &[
                    r#"* LIST (\HasNoChildren) "/" "INBOX""#,
                    r#"* LIST (\All \HasNoChildren) "/" "[Gmail]/All Mail""#,
                    r#"* LIST (\HasNoChildren) "/" "Held""#,
                    "T OK done",
                ],
            )
            .lines("SELECT", &["* 12 EXISTS", "* OK [UIDVALIDITY 1] v", "* OK [UIDNEXT 99] n", "T OK [READ-WRITE] in"])
            .lines(
                "SELECT",
                &[
                    "* 3 EXISTS",
                    "* OK [UIDVALIDITY 2] v",
                    "* OK [UIDNEXT 9] n",
                    r"* OK [PERMANENTFLAGS (\Seen \Flagged)] no keywords",
                    "T OK [READ-WRITE] in",
                ],
            )
            .lines("MYRIGHTS", &["* MYRIGHTS \"Held\" lrswite", "T OK done"])
            .lines(
                "GETQUOTAROOT",
                &["* QUOTAROOT \"INBOX\" \"\"", "* QUOTA \"\" (STORAGE 15500000 15728640)", "T OK done"],
            );
    let server = runtime.block_on(Server::start(vec![gmail]));
    let home = Home::new();
    home.configure(&[PERSON, INTO_FOLDER, &account(&home, "far", server.port), YEARLY]);
    let checked = connect(&home, 0);
    let (good, lines, _) = found(&checked, "account \"far\"");
    assert!(good);
    says(
        &lines,
        &[
            "note identity: X-GM-EXT-1, Gmail: mail is known by the server's id; a mailbox is a label",
            "good special use: SPECIAL-USE",
            "good watch: \"INBOX\": 12 mails\n",
            "good hold_in: \"Held\": is there\n",
            "note keywords: $TidingsListed cannot be kept in \"Held\"",
            "note quota: 15136 of 15360 MiB in use (98 %): a full account takes no mail",
        ],
    );
    assert!(!server.said().iter().any(|line| line.starts_with("APPEND") || line.starts_with("UID MOVE")));
}

/// Each server fails in its own way, and the others are tried all the same.
#[test]
fn each_failure_is_said_and_the_others_are_tried() {
    let runtime = runtime();
    let denied = Dialogue::with("IDLE").lines("LOGIN", &["T NO [AUTHENTICATIONFAILED] open-sesame-7 is wrong"]);
    let closed = Dialogue::with("IDLE MOVE UIDPLUS ACL").lines("MYRIGHTS", &["* MYRIGHTS \"Held\" lrs", "T OK done"]);
    let uncreated = Dialogue::with("IDLE MOVE UIDPLUS")
        .lines("STATUS", &["T NO [NONEXISTENT] none"])
        .lines("CREATE", &["T NO [CANNOT] not by you"]);
    let cut = Dialogue::with("IDLE MOVE UIDPLUS").on("SELECT", vec![Say::Close]);
    let good = Dialogue::with("IDLE MOVE UIDPLUS OBJECTID");
    let servers: Vec<(&str, Server)> = [
        ("denied", denied),
        ("closed", closed),
        ("uncreated", uncreated),
        ("cut", cut),
        ("good", good),
        ("silent", Dialogue::greeting(vec![Say::Silence])),
    ]
    .into_iter()
    .map(|(name, dialogue)| (name, runtime.block_on(Server::start(vec![dialogue]))))
    .collect();
    let smtp = runtime.block_on(SmtpServer::start(Setup { offer: vec![], ..Setup::default() }));
    smtp.fault(Step::Hello, Fault::Reply("554 5.7.1 not you".to_owned()), 1);
    let home = Home::new();
    let accounts: String = servers.iter().map(|(name, server)| account(&home, name, server.port)).collect();
    let more = format!(
        "[[account]]\nname = \"secretless\"\nhost = \"127.0.0.1\"\nsecurity = \"plain\"\nusername = \"ada\"\n\
         password = {{ command = [\"false\"] }}\n[[account]]\nname = \"nowhere\"\nmaildir = \"{}\"\n",
        home.path().join("nowhere").display()
    );
    let way_out = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nfrom = \"a@test.example\"\n",
        smtp.port
    );
    home.configure(&[PERSON, &way_out, &accounts, &more, YEARLY]);
    let checked = connect(&home, 1);
    let check = |name: &str, works: bool, expected: &[&str]| {
        let (good, lines, _) = found(&checked, name);
        assert_eq!(good, works, "{name}: {lines}");
        says(&lines, expected);
    };
    check("account \"denied\"", false, &["bad login: the server refused the login", "check `username` and `password`"]);
    check("account \"closed\"", false, &["bad hold_in: \"Held\" takes no mail: this login has no right"]);
    check("account \"uncreated\"", false, &["bad hold_in: \"Held\" cannot be made: ", "not by you", "name another"]);
    check("account \"cut\"", false, &["bad server: the connection was lost in SELECT"]);
    check("account \"good\"", true, &["good identity: OBJECTID"]);
    check("account \"silent\"", false, &["bad time: not done within 30 s; check the network"]);
    check("account \"secretless\"", false, &["bad login: the secret command \"false\" failed (exit status: 1)"]);
    check("account \"nowhere\"", false, &["bad maildir: there is no folder"]);
    check("[smtp]", false, &["bad login: ", "at EHLO: 554 5.7.1 not you"]);
    let not_run = |fault: &Value| fault["text"].as_str().unwrap().contains("not run here");
    assert!(!checked["faults"].as_array().unwrap().iter().any(not_run), "it was run");
}

/// Who answers is another than was meant: each says which port that is.
#[test]
fn the_port_of_another_service_is_told() {
    let runtime = runtime();
    let smtp = runtime.block_on(SmtpServer::start(Setup { offer: vec![], ..Setup::default() }));
    let imap = runtime.block_on(Server::start(vec![Dialogue::with("IDLE")]));
    let home = Home::new();
    let way_out = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nfrom = \"a@test.example\"\n",
        imap.port
    );
    let open = account(&home, "open", smtp.port);
    let upgraded = account(&home, "upgraded", smtp.port).replace("\"plain\"", "\"starttls\"").replace("ada", "bea");
    let within = account(&home, "within", smtp.port).replace("\"plain\"", "\"tls\"").replace("ada", "cleo");
    home.configure(&[PERSON, &way_out, &open, &upgraded, &within, YEARLY]);
    let checked = connect(&home, 1);
    for name in ["account \"open\"", "account \"upgraded\""] {
        says(
            &found(&checked, name).1,
            &["bad login: what answers there does not speak IMAP; check `port`: IMAP has 993"],
        );
    }
    says(&found(&checked, "account \"within\"").1, &["does not speak TLS on this port; try"]);
    says(&found(&checked, "[smtp]").1, &["its reply is not SMTP; check `port`: SMTP has 465"]);
    assert!(!smtp.raw().windows(4).any(|word| word == b"open"), "a secret was said");
}

/// Nothing secret is said before TLS stands, whatever the server offers.
#[test]
fn no_secret_leaves_without_tls() {
    let runtime = runtime();
    let authority = Authority::new();
    let smtp = runtime.block_on(SmtpServer::start(Setup {
        tls: Some(authority.server(Leaf::WrongName)),
        offer: vec!["AUTH PLAIN LOGIN", "STARTTLS"],
        login: ("ada", "open-sesame-7"),
        ..Setup::default()
    }));
    let imap = runtime.block_on(Server::start(vec![Dialogue::with("AUTH=PLAIN SASL-IR")]));
    let home = Home::new();
    let ca = authority.ca_file();
    let secret = home.secret("pw", "open-sesame-7\n");
    let way_out = format!(
        "[smtp]\nhost = \"localhost\"\nport = {}\nsecurity = \"starttls\"\nusername = \"ada\"\npassword = {secret}\n\
         from = \"a@test.example\"\nca_file = \"{}\"\n",
        smtp.port,
        ca.display()
    );
    let far = account(&home, "far", imap.port).replace("\"plain\"", "\"starttls\"");
    home.configure(&[PERSON, &way_out, &far, YEARLY]);
    let checked = connect(&home, 1);
    let (good, lines, _) = found(&checked, "[smtp]");
    assert!(!good);
    says(&lines, &["the certificate of localhost:", "does not carry this name"]);
    let (good, lines, _) = found(&checked, "account \"far\"");
    assert!(!good, "{lines}");
    let heard = String::from_utf8_lossy(&smtp.raw()).into_owned() + &imap.said().join("\n");
    for word in ["open-sesame-7".to_owned(), base64("open-sesame-7"), base64("\0ada\0open-sesame-7")] {
        assert!(!heard.contains(&word), "{heard}");
    }
}

#[test]
fn strict_fails_on_what_is_probably_not_meant() {
    let home = Home::new();
    let quiet = "[[quiet]]\nname = \"nights\"\nfrom = \"20:00\"\nuntil = \"09:30\"\n";
    maildir::make(&home.path().join("Mail"));
    let local = "[[account]]\nname = \"local\"\nmaildir = \"Mail\"\n";
    let check = |pieces: &[&str], words: &[&str], code: i32, expected: &str| {
        home.configure(pieces);
        let (found, out, err) = home.run(words);
        assert!(found == code && err.contains(expected), "{found} {out}{err}");
    };
    let daily = "[[digest]]\nname = \"daily\"\nschedule = \"0 9 * * *\"\n";
    check(&[PERSON, INTO_FOLDER, local, daily], &["check", "--strict"], 0, "");
    check(&[PERSON, INTO_FOLDER, local, quiet, daily], &["check"], 0, "tidings.toml:");
    check(
        &[PERSON, INTO_FOLDER, local, quiet, daily],
        &["check", "--strict"],
        1,
        ": warning: digest \"daily\": all its slots",
    );
    check(&[PERSON, INTO_FOLDER, local, "[[rule]]\n", daily], &["check", "--strict"], 2, "\"urgency\" is missing");
}

#[test]
fn pages_and_completions_are_generated() {
    let home = Home::new();
    let (code, page, err) = home.run(&["generate", "man"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SUBCOMMANDS", "FILES", "ENVIRONMENT", "EXAMPLES"] {
        assert!(page.contains(&format!("\n.SH {section}\n")), "{section}");
    }
    says(&page, &[".SH \"EXIT STATUS\"", "/etc/tidings/tidings.toml", "TIDINGS_CONFIG"]);
    assert_eq!(home.run(&["generate", "man", "man"]).0, 0);
    let names: Vec<String> = fs::read_dir(home.path().join("man"))
        .unwrap()
        .map(|one| one.unwrap().file_name().into_string().unwrap())
        .collect();
    // Each command that --help names has a page, and what `held` has, too.
    let help = home.run(&["--help"]).1;
    let commands = Regex::new(r"(?m)^  ([a-z]+)  ").unwrap();
    let mut count = 0;
    for found in commands.captures_iter(&help).filter(|found| &found[1] != "help") {
        assert!(names.contains(&format!("tidings-{}.1", &found[1])), "{}: {names:?}", &found[1]);
        count += 1;
    }
    assert!(count >= 17 && names.contains(&"tidings-held-release.1".to_owned()), "{names:?}");
    assert_eq!(fs::read_to_string(home.path().join("man/tidings.1")).unwrap(), page);
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) = home.run(&["generate", "completions", shell]);
        assert!(code == 0 && script.contains("outbox") && script.contains("strict"), "{shell}");
    }
    let (_, config, _) = home.run(&["generate", "config"]);
    let documented = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/tidings.toml");
    assert_eq!(config, fs::read_to_string(documented).unwrap());
    assert_eq!(home.run(&["generate", "config", "--json"]).0, 2);
}

/// As `man` itself reads them, where it is installed.
#[test]
fn pages_are_read_without_a_warning() {
    let home = Home::new();
    assert_eq!(home.run(&["generate", "man", "man"]).0, 0);
    for page in fs::read_dir(home.path().join("man")).unwrap() {
        let path = page.unwrap().path();
        let groff = Command::new("groff").args(["-man", "-Tutf8", "-ww", "-K", "utf8"]).arg(&path).output();
        let Ok(output) = groff else {
            println!("not run: groff is not installed");
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{}: {said}", path.display());
    }
}
