//! The forms of a digest's letters: where links lead, and templates of one's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use crate::reload::hang_up;
use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::maildir;

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
