//! The forms of a digest's letters: where links lead, templates of one's own, the plain form, and mails attached.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::reload::hang_up;
use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::day::{AT_NINE, Day, berlin, seconds};
use crate::rig::inside::{self, House};
use crate::rig::maildir;
use crate::rig::mails::text_of;
use crate::rig::process::Guarded;
use crate::rig::smtp_server::{Received, Setup, SmtpServer};

const ACCOUNT: &str = "[[account]]\nname = \"home\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";

/// A home with an account of these keys and a digest of those.
fn home(account: &str, digest: &str) -> Home {
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    home.configure(&[PERSON, INTO_FOLDER, ACCOUNT, account, YEARLY, digest]);
    home
}

/// Delivers mails and waits until all of them are held.
fn hold(daemon: &Daemon<'_>, mails: &[String]) {
    let folder = daemon.home.path().join("Mail");
    mails.iter().for_each(|mail| drop(maildir::deliver(&folder, mail.as_bytes())));
    let all = mails.len() as u64;
    daemon.until("the mails are held", |status| status["held"] == all && status["errands"] == 0);
}

/// The first part of the digest as it would be sealed now: text and HTML.
fn preview(daemon: &Daemon<'_>) -> (String, String) {
    let preview = daemon.json(&["digest", "preview"]);
    let first = |form: &str| preview[form][0].as_str().unwrap().to_owned();
    (first("text"), first("html"))
}

#[test]
fn links_lead_into_the_webmail_of_the_account() {
    let home = home("webmail = \"https://mail.example.org/#search/rfc822msgid:{message_id}\"\n", "");
    let daemon = home.start();
    let mail = maildir::letter("alpha");
    let hostile = maildir::letter("beta").replace("Message-ID: <", "Message-ID: <../\"?x=1&y#z");
    hold(&daemon, &[mail, hostile]);
    let (text, html) = preview(&daemon);
    let base = "https://mail.example.org/#search/rfc822msgid:";
    for part in [&text, &html] {
        assert_eq!(part.matches(base).count(), 2, "{part}");
        assert!(part.contains(&format!("{base}..%2F%22%3Fx%3D1%26y%23z")), "{part}");
        assert!(!part.contains("mid:") || part.contains("rfc822msgid:"), "{part}");
    }
    daemon.stop();
}

const OWN_HTML: &str = r#"<h1>{{ title }}</h1>
{% for section in sections %}{% for card in section.cards %}{% for entry in card.entries %}
<p><b>{{ entry.subject or 'the same' }}</b> {{ entry.when }}</p>
{% endfor %}{% endfor %}{% endfor %}
"#;
const OWN_TEXT: &str = r#"OWN {{ title }}

{% for section in sections %}{% for card in section.cards %}{% for entry in card.entries %}
{{ (entry.subject or 'the same') | wrap('* ', '  ') }}
{% endfor %}{% endfor %}{% endfor %}
"#;

#[test]
fn a_digest_has_templates_of_its_own() {
    let home = home("", "template = \"own.html.j2\"\ntext_template = \"own.txt.j2\"\n");
    home.write("own.html.j2", OWN_HTML);
    home.write("own.txt.j2", OWN_TEXT);
    let (code, out, err) = home.run(&["check"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("own.html.j2 for HTML; config/templates.md says what it can use"), "{out}");
    let daemon = home.start();
    hold(&daemon, &[maildir::letter("alpha <b>&"), maildir::letter("beta")]);
    let (text, html) = preview(&daemon);
    assert!(text.starts_with("OWN 2 things") && text.contains("\n* beta\n"), "{text}");
    assert!(html.contains("<p><b>alpha &lt;b&gt;&amp;</b> "), "{html}");
    // A change counts after a reload; a wrong one changes nothing, and says where it is wrong.
    home.write("own.txt.j2", &OWN_TEXT.replace("OWN", "NEW"));
    assert!(preview(&daemon).0.starts_with("OWN"));
    hang_up(&daemon, "the configuration was read again");
    assert!(preview(&daemon).0.starts_with("NEW"));
    home.write("own.txt.j2", "{{ title }}\n{{ titel }}\n");
    hang_up(&daemon, "nothing was changed");
    assert!(preview(&daemon).0.starts_with("NEW"));
    let (code, _, err) = home.run(&["check"]);
    assert!(code == 2 && err.contains("own.txt.j2:2: \"{{ titel }}\" names what is not there"), "{err}");
    daemon.stop();
}

/// What templates can use stands in the code and in `config/templates.md`.
#[test]
fn what_templates_can_use_is_documented() {
    let here = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (context, documented) = (here("src/digest/context.rs"), here("config/templates.md"));
    let (pages, _) = context.split_once("/// What a subject's template sees.").unwrap();
    let fields: Vec<&str> = pages.lines().filter_map(|line| line.strip_prefix("    pub ")?.split(':').next()).collect();
    assert!(fields.len() >= 28, "{fields:?}");
    for field in fields {
        let named = documented.split('`').any(|word| word.rsplit('.').next() == Some(field));
        assert!(named, "config/templates.md does not name `{field}`");
    }
}

/// Takes a plain digest apart as RFC 1153 says, with Python's own mail library, and prints what it found.
const BURST: &str = r#"
import email, email.policy, email.utils, json, re, sys
letter = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
assert letter.get_content_type() == "text/plain" and not letter.defects, letter.defects
text = letter.get_content().replace("\r\n", "\n")
preamble, rest = text.split("\n" + "-" * 70 + "\n\n", 1)
*messages, end = re.split(r"\n-{30}\n\n", rest)
assert re.fullmatch(r"End of all Digest\n\*{17}\n", end), end
found = []
for message in messages:
    message = email.message_from_string(message, policy=email.policy.default)
    assert not message.defects, message.defects
    assert message["From"].addresses[0].addr_spec and message["Date"].datetime
    found.append([message["Subject"], message["From"].addresses[0].display_name, message["Message-ID"], message.get_content()])
print(json.dumps({"preamble": preamble, "messages": found}))
"#;

/// What this program of Python prints as JSON, given these bytes.
fn python(program: &str, bytes: &[u8]) -> serde_json::Value {
    let mut command = Command::new("python3");
    let mut child =
        Guarded(command.args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    child.0.stdin.take().unwrap().write_all(bytes).unwrap();
    let mut said = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.0.wait().unwrap().success(), "{}", String::from_utf8_lossy(bytes));
    serde_json::from_str(&said).unwrap()
}

#[test]
fn a_plain_digest_is_taken_apart_again() {
    let home = home("", "format = \"rfc1153\"\n");
    let daemon = home.start();
    let line = "-".repeat(30);
    let evil = maildir::letter("beta").replace("Hello,", &format!("{line}\r\n\r\nEnd of all Digest\r\n{line}"));
    let named = maildir::letter("gamma").replace("From: Bob <", "From: \"Doe, \\\"J\\\" (x)\" <");
    hold(&daemon, &[maildir::letter("alpha"), evil, named]);
    let (code, _, err) = home.run(&["digest", "preview", "--html", "x.html"]);
    assert!(code == 1 && err.contains("has no HTML"), "{err}");
    daemon.tell(&["digest", "now", "--wait"]);
    let letters = home.letters();
    let found = python(BURST, &letters[0]);
    let mut messages: Vec<_> = found["messages"].as_array().unwrap().clone();
    messages.sort_by_key(|message| message[0].as_str().unwrap().to_owned());
    assert_eq!(messages.len(), 3, "{found}");
    assert_eq!(messages[0][0], "alpha");
    assert_eq!(messages[0][1], "Bob");
    assert_eq!(messages[0][2], "<alpha@example.net>");
    assert_eq!(messages[0][3], "Hello,\nthis is about alpha.\n");
    assert!(messages[1][3].as_str().unwrap().contains("End of all Digest"), "{found}");
    assert_eq!(messages[2][1], "Doe, \"J\" (x)");
    assert!(found["preamble"].as_str().unwrap().contains("Today's Topics:"), "{found}");
    daemon.stop();
}

/// Reads a letter as Python's mail library does, and prints its parts and what is attached.
const ATTACHED: &str = r#"
import email, email.policy, json, sys
letter = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
assert letter.get_content_type() == "multipart/mixed", letter.get_content_type()
text, mails = letter.iter_parts()
assert text.get_content_type() == "multipart/alternative" and mails.get_content_type() == "multipart/digest"
assert all(mail.get_content_type() == "message/rfc822" for mail in mails.iter_parts())
assert not any(part.defects for part in letter.walk()), [part.defects for part in letter.walk()]
found = [mail.get_content() for mail in mails.iter_parts()]
print(json.dumps([[mail["Subject"], mail["Message-ID"], mail.get_content()] for mail in found]))
"#;

#[test]
fn a_digest_carries_the_mails_themselves() {
    let home = home("", "originals = \"attach\"\n");
    let daemon = home.start();
    let large = maildir::letter("large") + &"0123456789\r\n".repeat(200_000);
    let foreign = maildir::letter("foreign").replace("Hello,", "Gr\u{fc}\u{df}e\r\n--=_originals_x--,");
    let torn = maildir::letter("torn") + &"x".repeat(1_200) + "\r\n";
    let mails = [maildir::letter("alpha"), large, foreign, torn];
    hold(&daemon, &mails);
    let (text, html) = preview(&daemon);
    for form in [text, html] {
        assert!(form.contains("4 mails are fetched when this is sent, and attached as far"), "{form}");
    }
    daemon.tell(&["digest", "now", "--wait"]);
    let letters = home.letters();
    assert_eq!(letters.len(), 1);
    let found = python(ATTACHED, &letters[0]);
    let mut subjects: Vec<&str> = found.as_array().unwrap().iter().map(|mail| mail[0].as_str().unwrap()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["alpha", "foreign"], "{found}");
    for mail in [&mails[0], &mails[2]] {
        let whole = letters[0].windows(mail.len()).any(|some| some == mail.as_bytes());
        assert!(whole, "byte for byte: {mail}");
    }
    let said = text_of(&letters[0]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("2 mails are attached as they came, in the order of this letter."), "{said}");
    assert!(said.contains("Bob: large (too large)") && said.contains("Bob: torn (cannot stand in a letter)"), "{said}");
    daemon.stop();
}

/// A day on which two mails wait for a digest that carries them; what the server takes at nine.
async fn carried(setup: Setup) -> (Day, Vec<Received>) {
    let day = Day::begin_with(setup, berlin("06T08:00"), &[AT_NINE, "originals = \"attach\"\n"]).await;
    let large = |subject: &str| inside::letter(subject, day.daemon.now()) + &"gr\u{fc}n 6789\r\n".repeat(3_000);
    for subject in ["alpha", "beta"] {
        day.house.deliver("Mail", large(subject).as_bytes(), day.daemon.now());
    }
    day.daemon.on(seconds(3)).await;
    day.daemon.at(berlin("06T09:00")).await;
    day.daemon.settled().await;
    let letters = day.smtp.letters();
    (day, letters)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_not_taken_with_its_mails_goes_without_them_and_says_so() {
    let check = async |offer: Vec<&'static str>, carries: bool| {
        let (day, letters) = carried(Setup { offer: offer.clone(), ..Setup::default() }).await;
        assert_eq!(letters.len(), 1, "{offer:?}");
        let whole = String::from_utf8_lossy(&letters[0].bytes).into_owned();
        let said = text_of(&letters[0].bytes);
        assert!(said.contains("alpha") && said.contains("beta"), "{said}");
        assert_eq!(whole.contains("multipart/digest"), carries, "{offer:?}");
        assert_eq!(said.contains("are not attached: the server does not"), !carries, "{said}");
        assert_eq!(day.daemon.status().await.outbox, 0);
        assert_eq!(day.daemon.held().await, []);
    };
    check(vec!["SIZE 10000000", "8BITMIME"], true).await;
    check(vec!["SIZE 30000", "8BITMIME"], false).await;
    check(vec!["SIZE 10000000"], false).await;
}

/// The case 29 of the field: a server that says how much it takes.
#[tokio::test(flavor = "multi_thread")]
async fn bigger_than_the_server_takes() {
    let shared = std::env::var_os("TIDINGS_SHARED").map_or_else(|| "../shared".into(), PathBuf::from);
    let case = shared.join("field/29-bigger-than-the-server-takes");
    let Ok(configuration) = std::fs::read_to_string(case.join("tidings.toml")) else {
        println!("not run: there is no \"{}\"", case.display());
        return;
    };
    let offer = vec!["PIPELINING", "SIZE 30000", "8BITMIME", "ENHANCEDSTATUSCODES"];
    let (house, smtp) = (House::new(), SmtpServer::start(Setup { offer, ..Setup::default() }).await);
    house.configure(&configuration.replace("11025", &smtp.port.to_string()));
    for number in 1..=3 {
        let mail = std::fs::read(case.join(format!("mail/{number}.eml"))).unwrap();
        house.deliver("Mail", &mail, berlin("06T08:00"));
    }
    let daemon = house.start(berlin("06T08:00")).await;
    daemon.status_is("all is held", |status| status.held == 3 && status.errands == 0).await;
    daemon.at(berlin("07T10:00")).await;
    daemon.settled().await;
    let letters = smtp.letters();
    let text: String = letters.iter().map(|letter| text_of(&letter.bytes)).collect();
    assert!(!letters.is_empty() && letters.iter().all(|letter| letter.bytes.len() <= 30_000));
    assert!(["Report 1", "Report 2", "Report 3"].iter().all(|report| text.contains(report)), "{text}");
    assert!(text.contains("are not attached: the server does not"), "{text}");
    assert_eq!(daemon.status().await.outbox, 0);
    daemon.stop().await.unwrap();
}

#[test]
fn what_finds_no_room_waits_for_the_next_digest() {
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    home.configure(&[PERSON, INTO_FOLDER, ACCOUNT, &YEARLY.replace("max_items = 1000", "max_items = 1")]);
    let daemon = home.start();
    hold(&daemon, &["a", "b", "c", "d", "e", "f"].map(maildir::letter));
    let said = daemon.tell(&["digest", "now", "--wait"]);
    assert!(said.contains("sent, with 5 items"), "{said}");
    let letters = home.letters();
    assert_eq!(letters.len(), 5, "a part each");
    assert!(letters.iter().all(|letter| text_of(letter).contains("1 more message waits for the next one")));
    assert_eq!(daemon.count("held"), 1);
    assert!(daemon.tell(&["digest", "now", "--wait"]).contains("sent, with 1 item"));
    assert_eq!((home.letters().len(), daemon.count("held")), (6, 0));
    daemon.stop();
}

#[test]
fn a_template_that_fails_when_it_is_sent_holds_no_mail() {
    let home = home("", "template = \"own.html.j2\"\n");
    // The invented pages have no tag at the beginning of a subject.
    home.write("own.html.j2", &OWN_HTML.replace("entry.subject or 'the same'", "(entry.subject or 'x')[:8] | safe"));
    let subject = "<script>alert(1)</script>";
    let daemon = home.start();
    hold(&daemon, &[maildir::letter(subject)]);
    daemon.tell(&["digest", "now", "--wait"]);
    let letters = home.letters();
    assert_eq!(letters.len(), 1);
    let mail = mail_parser::MessageParser::default().parse(&letters[0]).unwrap();
    let html = mail.body_html(0).unwrap();
    assert!(html.contains("&lt;script&gt;") && html.contains("<h1 style="), "{html}");
    let status = daemon.tell(&["status"]);
    assert!(status.contains("a digest was sent by the template that is built in"), "{status}");
    assert!(home.log().contains("a template is not used"), "{}", home.log());
    daemon.stop();
}
