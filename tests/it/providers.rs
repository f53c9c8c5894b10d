//! What providers are known to do, each played as it was seen: their capabilities, their ids, and their many ways to say "not
//! now" that are no wrong password.

use jiff::Timestamp;
use serde_json::Value;
use tidings::clock::Clock;
use tidings::imap::session::Session;
use tidings::imap::settings::Settings;
use tidings::model::identity::Identity;
use tidings::model::mailbox::{Mailbox, Spot, Uid, UidValidity};
use tidings::model::name::{AccountName, PersonName};
use tidings::net::sasl::Auth;
use tidings::smtp::fault::{Kind, SendError, Stage};
use tidings::source::door::{Door, DoorError, Refused, Way};
use tidings::source::face::{Owner, Sought};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::rig::certificates::{Authority, Leaf};
use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::dialogue::{Dialogue, Server};
use crate::rig::imap::{held, settings};
use crate::rig::wait::{PATIENCE, until};

/// A mail as FETCH gives it, with what else the server says of it.
fn fetched(sequence: u32, uid: u32, also: &str) -> Vec<String> {
    let head = format!(
        "From: Lena <lena@example.net>\r\nTo: u0@test.example\r\nSubject: catalogue {uid}\r\n\
         Date: Wed, 13 Jan 2027 09:40:00 +0000\r\nMessage-ID: <c{uid}@example.net>\r\n\r\n"
    );
    let begin = format!(
        "* {sequence} FETCH (UID {uid} FLAGS () INTERNALDATE \"13-Jan-2027 09:40:02 +0000\" RFC822.SIZE {}{also} \
         BODY[HEADER]<0> {{{}}}\r\n{head} BODY[TEXT]<0> {{10}}\r\nno hurry\r\n)",
        head.len() + 10,
        head.len(),
    );
    begin.split("\r\n").map(str::to_owned).collect()
}

/// INBOX, selected.
fn selected(exists: u32, uid_next: u32) -> Vec<String> {
    vec![
        "* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen)".to_owned(),
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen \\*)] Flags permitted.".to_owned(),
        "* OK [UIDVALIDITY 594544687] UIDs valid.".to_owned(),
        format!("* {exists} EXISTS"),
        "* 0 RECENT".to_owned(),
        format!("* OK [UIDNEXT {uid_next}] Predicted next UID."),
        "T OK [READ-WRITE] done".to_owned(),
    ]
}

trait Says {
    fn says(self, command: &str, lines: &[String]) -> Self;
}

impl Says for Dialogue {
    fn says(self, command: &str, lines: &[String]) -> Self {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        self.lines(command, &lines)
    }
}

fn done(mut lines: Vec<String>) -> Vec<String> {
    lines.push("T OK done".to_owned());
    lines
}

/// The real binary with one account on this server, which judges what is there.
struct Far {
    server: Server,
    home: Home,
    runtime: tokio::runtime::Runtime,
}

impl Far {
    fn new(dialogues: Vec<Dialogue>, account: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = runtime.block_on(Server::start(dialogues));
        let home = Home::new();
        home.secret("pw", "app-password");
        // Each run prints another token: tok-1, tok-2 ...
        let token = "echo >>runs; echo tok-$(wc -l <runs)";
        home.write("token.sh", token);
        let account = format!(
            "[[account]]\nname = \"far\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nfirst_run = \"classify\"\n\
             {account}\n",
            server.port
        );
        home.configure(&[PERSON, INTO_FOLDER, &account, YEARLY]);
        Self { server, home, runtime }
    }

    fn said(&self, command: &str) -> usize {
        self.server.said().iter().filter(|line| line.starts_with(command)).count()
    }

    fn tokens(&self) -> usize {
        std::fs::read_to_string(self.home.path().join("runs")).unwrap_or_default().lines().count()
    }
}

const PASSWORD: &str = "username = \"ada\"\npassword = { file = \"pw\" }";
const TOKEN: &str =
    "username = \"ada@example.org\"\nauth = \"xoauth2\"\npassword = { command = [\"sh\", \"token.sh\"] }";

fn source(status: &Value) -> &Value {
    &status["sources"][0]
}

fn watched(daemon: &Daemon<'_>, held: u64) -> Value {
    daemon.until("the account is watched", |status| source(status)["state"] == "watching" && status["held"] == held)
}

// Gmail.

const GMAIL: &str = "UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN \
                     AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER";
const GMAIL_WITHIN: &str = "* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS \
                            COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- \
                            SPECIAL-USE APPENDLIMIT=35651584";

fn gmail() -> Dialogue {
    Dialogue::with(GMAIL)
        .lines("AUTHENTICATE", &[GMAIL_WITHIN, "T OK ada@example.org authenticated (Success)"])
        .lines("NAMESPACE", &["* NAMESPACE ((\"\" \"/\")) NIL NIL", "T OK Success"])
}

/// Holding changes a label, and the mail is known by its id wherever it shows again. Gmail ends a session after an hour.
#[test]
fn gmail_knows_a_mail_by_its_id() {
    let moved = ["* 1 EXPUNGE", "T OK [COPYUID 5 7 1] (Success)"];
    let far = Far::new(
        vec![
            gmail()
                .says("SELECT", &selected(1, 8))
                .says("UID FETCH", &done(fetched(1, 7, " X-GM-MSGID 1278455344230334865")))
                .lines("UID MOVE", &moved)
                .lines("IDLE", &["+ idling", "* BYE Session expired, please login again."]),
            // Somebody puts the label INBOX on it again: another UID, the same mail.
            gmail()
                .says("SELECT", &selected(1, 9))
                .says("UID FETCH", &done(fetched(1, 8, " X-GM-MSGID 1278455344230334865"))),
        ],
        TOKEN,
    );
    let daemon = far.home.start();
    daemon.until("it is watched again", |status| far.tokens() == 2 && source(status)["state"] == "watching");
    watched(&daemon, 1);
    assert!(far.server.said().iter().any(|line| line.starts_with("UID FETCH") && line.contains(" X-GM-MSGID ")));
    assert_eq!((far.said("UID MOVE 7 \"Held\""), far.said("UID MOVE")), (1, 1));
    for touched in ["UID COPY", "UID STORE", "UID EXPUNGE", "EXPUNGE", "APPEND"] {
        assert_eq!(far.said(touched), 0, "{touched}");
    }
    daemon.stop();
}

// Microsoft 365.

const MICROSOFT: &str = "AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+";
const MICROSOFT_WITHIN: &[&str] = &[
    "* CAPABILITY IMAP4 IMAP4rev1 AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CLIENTACCESSRULES \
     CLIENTNETWORKPRESENCELOCATION BACKENDAUTHENTICATE CHILDREN IDLE NAMESPACE LITERAL+",
    "T OK CAPABILITY completed.",
];

fn microsoft() -> Dialogue {
    Dialogue::with(MICROSOFT)
        .lines("AUTHENTICATE", &["T OK AUTHENTICATE completed."])
        .lines("CAPABILITY", MICROSOFT_WITHIN)
}

/// The login is taken, and then no command: after too many of them, with the token of another user, without a right.
#[test]
fn microsoft_that_is_not_connected_is_left_alone_for_a_minute() {
    let never = ["T BAD User is authenticated but not connected.", "* BYE Connection closed. 14"];
    let far = Far::new(vec![microsoft().lines("NAMESPACE", &never)], TOKEN);
    let daemon = far.home.spawn();
    let begun = Timestamp::now();
    let status = daemon_says(&far, "failed");
    let error = source(&status)["error"].as_str().unwrap();
    assert!(error.contains("authenticated but not connected") && error.contains("takes no login now"), "{error}");
    assert!(!error.contains("password"), "{error}");
    let next: Timestamp = source(&status)["next_try"].as_str().unwrap().parse().unwrap();
    assert!(next.duration_since(begun).as_secs() >= 59, "{status}");
    assert_eq!((far.said("AUTHENTICATE"), far.tokens()), (1, 1));
    drop(daemon);
}

/// The first `status` in which the account is in this state: a daemon that cannot log in is not ready.
fn daemon_says(far: &Far, state: &str) -> Value {
    until(PATIENCE, state, || {
        let status: Value = serde_json::from_str(&far.home.run(&["status", "--json"]).1).ok()?;
        (source(&status)["state"] == state).then_some(status)
    })
}

/// A session ends with its token; the next one has a new token, and nobody calls that a wrong one.
#[test]
fn microsoft_ends_a_session_with_its_token() {
    let expired = ["+ IDLE accepted, awaiting DONE command.", "* BYE Session invalidated - AccessTokenExpired"];
    let far = Far::new(vec![microsoft().lines("IDLE", &expired), microsoft()], TOKEN);
    let daemon = far.home.start();
    daemon.until("it is watched again", |status| far.tokens() == 2 && source(status)["state"] == "watching");
    let status = daemon.json(&["status"]);
    assert!(source(&status)["error"].is_null(), "{status}");
    let log = far.home.log();
    assert!(log.contains("AccessTokenExpired") && !log.contains("refused the login"), "{log}");
    daemon.stop();
}

// Fastmail.

#[test]
fn fastmail_has_ids_of_its_own() {
    let capabilities = "IDLE NAMESPACE UIDPLUS MOVE OBJECTID SPECIAL-USE LITERAL+ SASL-IR AUTH=PLAIN AUTH=OAUTHBEARER";
    let mut inbox = selected(1, 8);
    inbox.insert(0, "* OK [MAILBOXID (P1a2b3c4)] Ok".to_owned());
    let also = " EMAILID (Mf0c1a2) THREADID (T64b)";
    let far = Far::new(
        vec![
            Dialogue::with(capabilities)
                .lines("NAMESPACE", &["* NAMESPACE ((\"\" \"/\")) ((\"user/\" \"/\")) ((\"\" \"/\"))", "T OK done"])
                .says("SELECT", &inbox)
                .says("UID FETCH", &done(fetched(1, 7, also)))
                .lines("UID MOVE", &["* OK [COPYUID 5 7 1] Completed", "* 1 EXPUNGE", "T OK Completed"]),
        ],
        PASSWORD,
    );
    let daemon = far.home.start();
    watched(&daemon, 1);
    assert!(far.server.said().iter().any(|line| line.starts_with("UID FETCH") && line.contains(" EMAILID ")));
    assert_eq!(far.said("UID MOVE 7 \"Held\""), 1);
    daemon.stop();
}

// iCloud.

/// A proxy before it says what it can do before the login, and in the answer to it; only what it says when it is asked counts.
/// And a FETCH that is refused for now is no fault of the mail.
#[test]
fn icloud_is_asked_what_it_can_do_and_asked_again() {
    let before = "XAPPLEPUSHSERVICE SASL-IR AUTH=ATOKEN AUTH=PLAIN";
    let can = "* CAPABILITY XAPPLEPUSHSERVICE IMAP4 IMAP4rev1 UIDPLUS MOVE IDLE NAMESPACE CONDSTORE QRESYNC ESEARCH";
    let icloud = || {
        Dialogue::with(before)
            .lines("AUTHENTICATE", &["T OK [CAPABILITY XAPPLEPUSHSERVICE] user ada logged in"])
            .lines("CAPABILITY", &[can, "T OK CAPABILITY completed"])
            .says("SELECT", &selected(1, 8))
    };
    let far = Far::new(
        vec![
            icloud().lines("UID FETCH", &["T NO [UNAVAILABLE] Service temporarily unavailable"]),
            icloud().lines("UID FETCH", &["T NO [UNAVAILABLE] Service temporarily unavailable"]),
            icloud()
                .says("UID FETCH", &done(fetched(1, 7, "")))
                .lines("UID MOVE", &["* OK [COPYUID 5 7 1] moved", "* 1 EXPUNGE", "T OK done"]),
        ],
        PASSWORD,
    );
    let daemon = far.home.start();
    let status = watched(&daemon, 1);
    assert_eq!(far.said("UID MOVE 7 \"Held\""), 1, "{status}");
    assert!(!far.server.said().iter().any(|line| line.contains(" RFC822 ") || line.contains("ENVELOPE")));
    daemon.stop();
}

// Yahoo.

/// A mail that Yahoo can never give is left where it is; the others are held all the same.
#[test]
fn yahoo_with_a_mail_that_it_cannot_give() {
    let can = "SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER ID MOVE NAMESPACE XYMHIGHESTMODSEQ UIDPLUS LITERAL+ CHILDREN \
               UNSELECT X-MSG-EXT";
    let never = "T NO [SERVERBUG] UID FETCH Server error - Please try again later";
    let yahoo = || Dialogue::with(can).says("SELECT", &selected(2, 9));
    // After a refusal it is asked which there are, and then for one at a time, the newest first.
    let both = ["* 1 FETCH (UID 7)", "* 2 FETCH (UID 8)", "T OK UID FETCH completed"];
    let far = Far::new(
        vec![
            yahoo().lines("UID FETCH", &[never]),
            yahoo().lines("UID FETCH", &both).lines("UID FETCH", &[never]),
            yahoo()
                .lines("UID FETCH", &both)
                .says("UID FETCH", &done(fetched(1, 7, "")))
                .lines("UID MOVE", &["* OK [COPYUID 5 7 1] moved", "* 1 EXPUNGE", "T OK done"]),
        ],
        PASSWORD,
    );
    let daemon = far.home.start();
    let status = watched(&daemon, 1);
    assert_eq!((far.said("UID MOVE 7 \"Held\""), far.said("UID MOVE")), (1, 1), "{status}");
    daemon.stop();
}

// Proton Bridge.

/// In front of a plain server: STARTTLS with this certificate. There is no second greeting behind it.
async fn bridge(server: u16, tls: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                client.write_all(b"* OK [CAPABILITY ID IDLE IMAP4rev1 STARTTLS] Proton Mail Bridge\r\n").await?;
                let mut command = vec![0; "S1 STARTTLS\r\n".len()];
                client.read_exact(&mut command).await?;
                let tag = String::from_utf8_lossy(&command).split(' ').next().unwrap_or_default().to_owned();
                client.write_all(format!("{tag} OK Begin TLS negotiation now\r\n").as_bytes()).await?;
                let mut client = tls.accept(client).await?;
                let mut server = BufReader::new(TcpStream::connect(("127.0.0.1", server)).await?);
                server.read_line(&mut String::new()).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    port
}

/// Its certificate is its own and that of an authority; its mailboxes lie below "Folders", and it makes no others.
#[test]
fn proton_bridge_is_trusted_by_its_certificate() {
    let can = "ID IDLE MOVE UIDPLUS UNSELECT AUTH=PLAIN SASL-IR";
    let proton = |created: &str| {
        Dialogue::with(can)
            .lines(
                "CAPABILITY",
                &["* CAPABILITY ID IDLE IMAP4rev1 MOVE UIDPLUS UNSELECT AUTH=PLAIN", "T OK CAPABILITY"],
            )
            .lines("STATUS", &["T NO [TRYCREATE] no such mailbox"])
            .lines("CREATE", &[created])
            .says("SELECT", &selected(1, 8))
            .says("UID FETCH", &done(fetched(1, 7, "")))
            .lines("UID MOVE", &["* OK [COPYUID 5 7 1] moved", "* 1 EXPUNGE", "T OK done"])
    };
    let far = Far::new(vec![proton("T OK CREATE")], PASSWORD);
    let authority = Authority::new();
    let port = far.runtime.block_on(bridge(far.server.port, authority.server(Leaf::SelfSignedAuthority)));
    let account = |ca_file: &str| {
        format!(
            "[[account]]\nname = \"far\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"starttls\"\n\
             first_run = \"classify\"\nhold_in = \"Folders/Held\"\n{PASSWORD}\n{ca_file}\n"
        )
    };
    let ca_file = format!("ca_file = {:?}", authority.leaf_file());
    far.home.configure(&[PERSON, INTO_FOLDER, &account(""), YEARLY]);
    let daemon = far.home.spawn();
    let error = source(&daemon_says(&far, "failed"))["error"].as_str().unwrap().to_owned();
    assert!(error.contains("ca_file"), "{error}");
    assert_eq!(far.server.said(), [] as [&str; 0]);
    drop(daemon);
    far.home.configure(&[PERSON, INTO_FOLDER, &account(&ca_file), YEARLY]);
    let daemon = far.home.start();
    watched(&daemon, 1);
    assert_eq!(far.said("UID MOVE 7 \"Folders/Held\""), 1);
    daemon.stop();
}

// All of them.

/// What is done about an answer to a login.
async fn after(auth: Auth, lines: &[&str]) -> Option<Refused> {
    let dialogue = match lines {
        [bye] if bye.starts_with("* BYE") => Dialogue::parse(&format!("S: {bye}\n")).remove(0),
        lines => Dialogue::with("SASL-IR AUTH=PLAIN AUTH=XOAUTH2").lines("AUTHENTICATE", lines),
    };
    let server = Server::start(vec![dialogue]).await;
    let error = Session::open(&Settings { auth, ..settings(server.port) }).await.err().unwrap();
    DoorError::Imap(error).refused_login()
}

#[tokio::test]
async fn only_a_wrong_password_is_taken_for_one() {
    const GMAIL_CHALLENGE: &str = "+ eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0=";
    for line in [
        // Gmail
        "T NO [ALERT] Too many simultaneous connections. (Failure)",
        "T NO [ALERT] Account exceeded command or bandwidth limits. (Failure)",
        "T NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
        "T NO [UNAVAILABLE] Temporary System Error (Failure)",
        "T NO System Error (Failure), try again later",
        "* BYE [ALERT] Too many simultaneous connections. (Failure)",
        // Microsoft 365 and Exchange
        "T BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds",
        "T NO Server Unavailable. 15",
        "* BYE Connection is closed. 13",
        "* BYE Server Unavailable. 21",
        // Yahoo
        "T NO [LIMIT] LOGIN Rate limit hit.",
        "T NO [SERVERBUG] AUTHENTICATE Server error - Please try again later",
        "T NO [INUSE] Mailbox in use",
        // iCloud
        "T NO [UNAVAILABLE] Service temporarily unavailable",
        // Dovecot, new and old
        "T NO [UNAVAILABLE] Temporary authentication failure. [mail:2026-11-25 16:00:00]",
        "T NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
        "T NO Temporary authentication failure.",
        // Cyrus, Courier
        "T NO Too many open connections of this user",
        "* BYE [ALERT] Maximum connection limit reached for ::ffff:192.0.2.1.",
    ] {
        for auth in [Auth::Token, Auth::Password] {
            // A BAD to PLAIN is followed by LOGIN, which is another matter.
            if auth == Auth::Token || !line.starts_with("T BAD") {
                assert_eq!(after(auth, &[line]).await, Some(Refused::ForNow), "{line}");
            }
        }
    }
    for line in [
        "T NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        "T NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)",
        "T NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)",
        "T NO [WEBALERT https://accounts.google.com/signin/continue] Web login required. (Failure)",
        "T NO AUTHENTICATE failed.",
        "T NO LOGIN failed.",
        "T NO [AUTHENTICATIONFAILED] LOGIN Invalid credentials",
        "T NO [AUTHENTICATIONFAILED] Too many bad login attempts",
        "T NO Login failed: authentication failure",
        "T NO no such user",
    ] {
        assert_eq!(after(Auth::Password, &[line]).await, Some(Refused::Credentials), "{line}");
    }
    // Behind the challenge, too, what counts is the answer.
    let full = format!(
        "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN] hi\nC: T1 AUTHENTICATE\nS: {GMAIL_CHALLENGE}\nC: \n\
         S: T1 NO [ALERT] Too many simultaneous connections. (Failure)\n"
    );
    let server = Server::start(Dialogue::parse(&full)).await;
    let token = Settings { auth: Auth::Token, ..settings(server.port) };
    let error = DoorError::Imap(Session::open(&token).await.err().unwrap());
    assert_eq!(error.refused_login(), Some(Refused::ForNow));
    assert_eq!(server.said().len(), 2, "no other mechanism was tried: {:?}", server.said());
}

#[test]
fn smtp_servers_say_not_now_in_many_ways() {
    let check = |code, text, kind| assert_eq!(SendError::of_reply(Stage::Auth, code, text).kind, kind, "{code} {text}");
    check(454, "4.7.0 Too many login attempts, please try again later. - gsmtp", Kind::Transient);
    check(421, "4.7.0 Temporary System Problem. Try again later. - gsmtp", Kind::Transient);
    check(432, "4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending", Kind::Transient);
    check(451, "4.7.500 Server busy. Please try again later", Kind::Transient);
    check(454, "4.7.0 Temporary authentication failure", Kind::Transient);
    check(535, "5.7.8 Username and Password not accepted. - gsmtp", Kind::Credentials);
    check(534, "5.7.9 Application-specific password required. - gsmtp", Kind::Credentials);
    check(535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", Kind::Credentials);
    check(535, "5.7.3 Authentication unsuccessful", Kind::Credentials);
    check(535, "5.7.0 (#AUTH005) Too many bad auth attempts.", Kind::Credentials);
}

/// A server in trouble refuses a mailbox that is there: what lies in it was taken by nobody, and is in no other place.
#[tokio::test]
async fn a_mailbox_that_is_refused_for_now_is_not_gone() {
    let no = ["T NO [UNAVAILABLE] Service temporarily unavailable"];
    let there = ["* LIST (\\HasNoChildren) \"/\" \"INBOX\"", "* LIST (\\HasNoChildren) \"/\" Held", "T OK done"];
    let gone = ["* LIST (\\HasNoChildren) \"/\" \"INBOX\"", "* LIST (\\Noselect) \"/\" Held", "T OK done"];
    for (list, is_there) in [(there, true), (gone, false)] {
        let refuses = async || {
            let dialogue = Dialogue::with("MOVE UIDPLUS IDLE NAMESPACE").lines("SELECT", &no).lines("LIST", &list);
            let server = Server::start(vec![dialogue]).await;
            let (person, account) = (PersonName::new("me"), AccountName::new("far"));
            let owner = Owner { person, account, clock: Clock::system() };
            let door = Door::open(&Way::Imap(settings(server.port)), owner).await.unwrap();
            (server, door)
        };
        let spot = Spot::Uid(UidValidity(5), Uid(1));
        let identity = Identity::of_server_id(&PersonName::new("me"), &AccountName::new("far"), "1");
        let sought =
            Sought { identity, message_id: None, size: 10, received_at: Timestamp::UNIX_EPOCH, spot: Some(&spot) };
        let (_server, mut door) = refuses().await;
        assert_eq!(door.flags(&held(), std::slice::from_ref(&spot)).await.is_err(), is_there);
        let (_server, mut door) = refuses().await;
        assert_eq!(door.locate(&held(), &sought).await.is_err(), is_there);
        let (_server, mut door) = refuses().await;
        assert_eq!(door.find(&held(), "a@example.org").await.is_err(), is_there);
        let (_server, mut door) = refuses().await;
        let filed = door.file(&held(), std::slice::from_ref(&spot), &Mailbox::new("INBOX")).await;
        assert_eq!(filed.is_err(), is_there);
        assert!(filed.is_err() || filed.unwrap().missing == [spot.clone()]);
    }
}
