//! Logins with access tokens: said as the server wants it, renewed once when refused, never said as a password, never seen.

use std::path::PathBuf;
use std::process::Command;

use tidings::imap::fault::ImapError;
use tidings::imap::session::Session;
use tidings::net::Security;
use tidings::net::sasl::Auth;
use tidings::secret::SecretSource;
use tidings::smtp::connection::{Connection, Parcel};
use tidings::smtp::fault::{Kind, SendError, Stage};
use tidings::{imap, smtp};

use crate::rig::certificates::{Authority, Leaf};
use crate::rig::daemon::{Home, PERSON, YEARLY};
use crate::rig::day::{AT_NINE, Day, berlin};
use crate::rig::dialogue::{Dialogue, Server};
use crate::rig::imap::settings;
use crate::rig::maildir;
use crate::rig::smtp_server::{Fault, Setup, SmtpServer, Step, base64};
use crate::rig::wait::{PATIENCE, until_true};

/// A program that prints these, one after the other, and then the last one again and again.
struct Printer(tempfile::TempDir);

impl Printer {
    fn new(tokens: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (number, token) in tokens.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{}", number + 1)), token).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The command, as words.
    fn words(&self) -> Vec<String> {
        let script = "cd \"$0\" && echo >>runs && n=$(wc -l <runs) && cat \"$n\" 2>/dev/null || cat \"$(ls -v [0-9]* | tail -n 1)\"";
        ["sh", "-c", script, self.0.path().to_str().unwrap()].map(str::to_owned).to_vec()
    }

    fn source(&self) -> SecretSource {
        SecretSource::Command(self.words())
    }

    /// How often it was run.
    fn runs(&self) -> usize {
        std::fs::read_to_string(self.path("runs")).unwrap_or_default().lines().count()
    }
}

fn xoauth2(token: &str) -> String {
    base64(&format!("user=ada\x01auth=Bearer {token}\x01\x01"))
}

// IMAP.

/// A server that refuses the token of a connection by way of a challenge.
fn refuses(capabilities: &str) -> Dialogue {
    let text = format!(
        "S: * OK [CAPABILITY IMAP4rev1 {capabilities}] hi\nC: T1 AUTHENTICATE\nS: + eyJzdGF0dXMiOiI0MDEifQ==\n\
         C: \nS: T1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\n"
    );
    Dialogue::parse(&text).remove(0)
}

fn takes(capabilities: &str) -> Dialogue {
    Dialogue::with(capabilities).lines("AUTHENTICATE", &["T OK Success"])
}

/// What comes of a login, and what the server heard until then.
async fn enter(dialogues: Vec<Dialogue>, tokens: &Printer) -> (Result<(), ImapError>, Vec<String>) {
    let server = Server::start(dialogues).await;
    let settings = imap::settings::Settings { auth: Auth::Token, password: tokens.source(), ..settings(server.port) };
    let end = Session::open(&settings).await.map(drop);
    (end, server.said().into_iter().filter(|line| line != "CAPABILITY").collect())
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_no_more() {
    const CAN: &str = "SASL-IR AUTH=XOAUTH2";
    let say = |token: &str| format!("AUTHENTICATE XOAUTH2 {}", xoauth2(token));
    let tokens = Printer::new(&["tok-1", "tok-2"]);
    let (end, said) = enter(vec![refuses(CAN), takes(CAN)], &tokens).await;
    end.unwrap();
    assert_eq!((said, tokens.runs()), (vec![say("tok-1"), String::new(), say("tok-2")], 2));
    // The same again is not said again.
    let tokens = Printer::new(&["tok-1"]);
    let (end, said) = enter(vec![refuses(CAN), takes(CAN)], &tokens).await;
    assert!(matches!(end, Err(ImapError::Credentials(_))));
    assert_eq!((said, tokens.runs()), (vec![say("tok-1"), String::new()], 2));
    // Another one that is refused, too, is the last.
    let tokens = Printer::new(&["tok-1", "tok-2", "tok-3"]);
    let (end, said) = enter(vec![refuses(CAN), refuses(CAN), takes(CAN)], &tokens).await;
    assert!(matches!(end, Err(ImapError::Credentials(_))));
    assert_eq!((said.len(), tokens.runs()), (4, 2), "{said:?}");
}

#[tokio::test]
async fn what_is_not_about_the_token_asks_for_no_other() {
    let full = Dialogue::with("SASL-IR AUTH=XOAUTH2")
        .lines("AUTHENTICATE", &["T NO [ALERT] Too many simultaneous connections. (Failure)"]);
    let tokens = Printer::new(&["tok-1", "tok-2"]);
    let (end, said) = enter(vec![full], &tokens).await;
    assert!(matches!(end, Err(ImapError::Unavailable(_))));
    assert_eq!((said.len(), tokens.runs()), (1, 1));
}

#[tokio::test]
async fn without_a_way_to_say_it_no_token_leaves() {
    let tokens = Printer::new(&["tok-1"]);
    let (end, said) = enter(vec![Dialogue::with("AUTH=PLAIN AUTH=LOGIN")], &tokens).await;
    let text = end.unwrap_err().to_string();
    assert!(text.contains("takes no access tokens") && text.contains("XOAUTH2"), "{text}");
    assert_eq!(said, [] as [&str; 0]);
    // What is no token is not even brought to the server.
    let tokens = Printer::new(&["error: no such account\n"]);
    let (end, said) = enter(vec![takes("AUTH=XOAUTH2")], &tokens).await;
    let text = end.unwrap_err().to_string();
    assert!(text.contains("access token is none") && !text.contains("such account"), "{text}");
    assert_eq!(said, [] as [&str; 0]);
}

#[tokio::test]
async fn where_there_is_only_oauthbearer_it_is_said() {
    let tokens = Printer::new(&["tok-1"]);
    let (end, said) = enter(vec![refuses("SASL-IR AUTH=OAUTHBEARER"), takes("")], &tokens).await;
    assert!(matches!(end, Err(ImapError::Credentials(_))));
    let [first, second] = said.as_slice() else { panic!("{said:?}") };
    assert!(first.starts_with("AUTHENTICATE OAUTHBEARER bixhPWFkYSwB") && second == "AQ==", "{said:?}");
}

// SMTP.

fn setup(authority: &Authority, auth: &'static str, token: &'static str) -> Setup {
    let (tls, offer) = (Some(authority.server(Leaf::Good)), vec!["SIZE 1000000", auth]);
    Setup { tls, implicit: true, offer, login: ("ada", token) }
}

async fn send(rig: &SmtpServer, authority: &Authority, tokens: &Printer) -> Result<(), SendError> {
    let server = smtp::settings::Server {
        host: "localhost".to_owned(),
        port: rig.port,
        security: Security::Tls,
        login: Some(("ada".to_owned(), tokens.source())),
        auth: Auth::Token,
        ca_file: Some(authority.ca_file()),
    };
    let bytes = b"Subject: digest\r\n\r\nhello\r\n";
    let mut connection = Connection::open(&server, "client.example").await?;
    connection.announce(Parcel { from: "tidings@example.org", to: "ada@example.org", bytes }).await?;
    connection.deliver(bytes).await
}

/// The lines with which a server was asked to let somebody in, and those behind them.
fn logins(rig: &SmtpServer) -> Vec<String> {
    let of_letters = ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"];
    rig.heard().into_iter().filter(|line| !of_letters.iter().any(|verb| line.starts_with(verb))).collect()
}

#[tokio::test]
async fn both_ways_to_say_a_token_send_a_letter() {
    let authority = Authority::new();
    // Longer than a command may be, as those of Microsoft are.
    let long: &'static str = "x".repeat(3_000).leak();
    for (offer, token, first) in [
        ("AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER", "tok-1", "AUTH XOAUTH2 dXNl"),
        ("AUTH LOGIN XOAUTH2", long, "AUTH XOAUTH2"),
        ("AUTH OAUTHBEARER PLAIN", "tok-1", "AUTH OAUTHBEARER bixhPWFk"),
        ("AUTH OAUTHBEARER", long, "AUTH OAUTHBEARER"),
    ] {
        let rig = SmtpServer::start(setup(&authority, offer, token)).await;
        send(&rig, &authority, &Printer::new(&[token])).await.unwrap_or_else(|error| panic!("{offer}: {error}"));
        let said = logins(&rig);
        assert!(said[0].starts_with(first) && said[0].len() <= 510, "{said:?}");
        assert_eq!(said.len(), if token == long { 2 } else { 1 });
        assert_eq!(rig.letters().len(), 1);
    }
}

#[tokio::test]
async fn a_token_that_smtp_refuses_is_renewed_once_and_no_more() {
    let authority = Authority::new();
    let rig = SmtpServer::start(setup(&authority, "AUTH XOAUTH2", "tok-2")).await;
    let say = |token: &str| format!("AUTH XOAUTH2 {}", xoauth2(token));
    send(&rig, &authority, &Printer::new(&["tok-1", "tok-2"])).await.unwrap();
    assert_eq!(logins(&rig), [say("tok-1"), String::new(), say("tok-2")]);
    for (tokens, expected) in
        [(vec!["tok-1"], vec!["tok-1"]), (vec!["tok-1", "tok-3", "tok-2"], vec!["tok-1", "tok-3"])]
    {
        let rig = SmtpServer::start(setup(&authority, "AUTH XOAUTH2", "tok-2")).await;
        let tokens = Printer::new(&tokens);
        let error = send(&rig, &authority, &tokens).await.unwrap_err();
        assert_eq!((error.stage, error.kind, error.code), (Stage::Auth, Kind::Credentials, Some(535)));
        assert!(error.to_string().contains("`auth`"), "{error}");
        let said: Vec<String> = expected.iter().flat_map(|token| [say(token), String::new()]).collect();
        assert_eq!((logins(&rig), tokens.runs()), (said, 2));
    }
    // Not now is not about the token.
    rig.reset();
    rig.fault(Step::Auth, Fault::Reply("454 4.7.0 Too many login attempts, please try again later".to_owned()), 1);
    let tokens = Printer::new(&["tok-2", "tok-9"]);
    let error = send(&rig, &authority, &tokens).await.unwrap_err();
    assert_eq!((error.kind, tokens.runs()), (Kind::Transient, 1));
}

#[tokio::test]
async fn without_a_way_to_say_it_smtp_gets_no_token() {
    let authority = Authority::new();
    let rig = SmtpServer::start(setup(&authority, "AUTH PLAIN LOGIN", "tok-1")).await;
    let error = send(&rig, &authority, &Printer::new(&["tok-1"])).await.unwrap_err();
    assert_eq!((error.stage, error.kind, error.code), (Stage::Auth, Kind::Credentials, None));
    assert!(error.to_string().contains("takes no access tokens"), "{error}");
    assert_eq!(logins(&rig), [] as [&str; 0]);
    // A server that repeats what it was told does not get it into a log.
    let rig = SmtpServer::start(setup(&authority, "AUTH XOAUTH2", "tok-1")).await;
    rig.fault(Step::Auth, Fault::Reply("535 5.7.8 tok-canary is not right".to_owned()), 1);
    let error = send(&rig, &authority, &Printer::new(&["tok-canary"])).await.unwrap_err().to_string();
    assert!(error.contains("5.7.8") && !error.contains("canary"), "{error}");
}

/// However many letters wait, each with a time of its own, a server that lets nobody in is asked once, then after a minute,
/// then each ten.
#[tokio::test(flavor = "multi_thread")]
async fn many_letters_do_not_make_many_refused_logins() {
    let to: Vec<String> = (0..9).map(|number| format!("\"r{number}@example.org\"")).collect();
    let digest = format!("{AT_NINE}to = [{}]\n", to.join(", "));
    let day = Day::begin_with(Setup::default(), berlin("06T08:00"), &[&digest]).await;
    day.mails(&["alpha"]).await;
    day.smtp.fault(Step::Mail, Fault::Reply("530 5.7.0 authentication required".to_owned()), 1_000);
    let times = [("09:00", 1), ("09:00:59", 1), ("09:01:10", 2), ("09:11:09", 2), ("09:11:10", 3), ("09:21:09", 3)];
    for (time, logins) in times {
        day.daemon.at(berlin(&format!("06T{time}"))).await;
        assert_eq!(day.smtp.connections(), logins, "at {time}");
    }
    assert_eq!(day.daemon.outbox().await.len(), 9);
    day.smtp.reset();
    day.daemon.at(berlin("06T12:00")).await;
    day.daemon.settled().await;
    assert_eq!((day.smtp.letters().len(), day.daemon.status().await.outbox), (9, 0));
}

// The whole program.

fn toml(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    format!("{{ command = [{}] }}", words.join(", "))
}

#[test]
fn no_token_is_ever_seen() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let authority = Authority::new();
    let (first, second) = ("canary-tok-1", "canary-tok-2");
    let (imap, rig) = runtime.block_on(async {
        let refuses = |token: &str| {
            let no = format!("T NO [AUTHENTICATIONFAILED] {token} is wrong");
            Dialogue::with("SASL-IR AUTH=XOAUTH2 IDLE").lines("AUTHENTICATE", &[&no])
        };
        let imap = Server::start(vec![refuses(first), refuses(second)]).await;
        (imap, SmtpServer::start(setup(&authority, "AUTH XOAUTH2", second)).await)
    });
    let (tokens, more) = (Printer::new(&[first, second]), Printer::new(&[first, second]));
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    let smtp = format!(
        "[smtp]\nhost = \"localhost\"\nport = {}\nusername = \"ada\"\npassword = {}\nauth = \"xoauth2\"\n\
         from = \"Tidings <tidings@test.example>\"\nca_file = {:?}\n",
        rig.port,
        toml(&more.words()),
        authority.ca_file(),
    );
    let account = format!(
        "[[account]]\nname = \"far\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nusername = \"ada\"\n\
         password = {}\nauth = \"xoauth2\"\n[[account]]\nname = \"here\"\nmaildir = \"Mail\"\n",
        imap.port,
        toml(&tokens.words()),
    );
    home.configure(&[PERSON, &smtp, &account, YEARLY]);
    let (code, shown, _) = home.run(&["check"]);
    assert_eq!((code, shown.matches("access token from the command \"sh\"").count()), (0, 2), "{shown}");
    let daemon = home.start();
    maildir::deliver(&home.path().join("Mail"), maildir::letter("alpha").as_bytes());
    daemon.until("the mail is held", |status| status["held"] == 1);
    let status = daemon.until("the tokens are refused", |status| {
        status["sources"].as_array().unwrap().iter().any(|source| source["state"] == "failed")
    });
    daemon.tell(&["digest", "now", "--wait"]);
    until_true(PATIENCE, "the letter arrives", || rig.letters().len() == 1);
    assert_eq!((tokens.runs(), more.runs()), (2, 2));
    let said = imap.said();
    assert_eq!(said, [first, second].map(|token| format!("AUTHENTICATE XOAUTH2 {}", xoauth2(token))));
    let shown = daemon.tell(&["status"]);
    assert!(shown.contains("refused the login"), "{shown}");
    daemon.stop();
    let state =
        Command::new("grep").args(["-rlE", "canary-tok|Y2FuYXJ5|NhbmFyeS|jYW5hcnk"]).arg(home.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&state.stdout), "", "{status} {shown} {}", home.log());
}
