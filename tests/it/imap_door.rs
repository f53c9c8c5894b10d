//! The door to IMAP servers: what it does with every answer that a server can give, and with none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::future::{pending, ready};
use std::time::Duration;

use jiff::Timestamp;
use tidings::imap::errand::{Filed, Marks};
use tidings::imap::fault::ImapError;
use tidings::imap::frame::Trip;
use tidings::imap::idle::Idle;
use tidings::imap::session::Session;
use tidings::imap::settings::Settings;
use tidings::imap::wire::Patience;
use tidings::model::mailbox::{Uid, UidValidity};
use tidings::net::Security;
use tidings::net::sasl::Auth;
use tidings::source::door::DoorError;

use crate::rig::dialogue::{Dialogue, Say, Server};
use crate::rig::imap::{held, inbox, password as password_of, settings};
use crate::rig::imap_server::shared;

/// Long enough for a loaded machine, short enough for a test that waits for its end.
const SHORT: Patience =
    Patience { command: Duration::from_secs(4), idle: Duration::from_millis(200), done: Duration::from_secs(4) };

/// For what must come before an IDLE ends by itself.
const LONG_IDLE: Patience = Patience { idle: Duration::from_secs(30), ..SHORT };

const ALL: &str = "IDLE MOVE UIDPLUS NAMESPACE";

/// A session with INBOX selected.
async fn session(server: &Server, patience: Patience) -> Session {
    let mut session = Session::open_with(&settings(server.port), patience).await.unwrap();
    session.select(&inbox()).await.unwrap();
    session
}

async fn play_with(dialogue: Dialogue, patience: Patience) -> (Server, Session) {
    let server = Server::start(vec![dialogue]).await;
    let session = session(&server, patience).await;
    (server, session)
}

async fn play(dialogue: Dialogue) -> (Server, Session) {
    play_with(dialogue, SHORT).await
}

/// A folder of the field cases, its dialogue playing.
async fn field(case: &str) -> Option<(Server, Session)> {
    let text = std::fs::read_to_string(shared(&format!("field/{case}/dialogue.txt"))?).unwrap();
    let server = Server::start(Dialogue::parse(&text)).await;
    let session = Session::open_with(&settings(server.port), SHORT).await.unwrap();
    Some((server, session))
}

// The field cases, as far as the door goes.

#[tokio::test]
async fn field_09_password_with_quote() {
    let Some(folder) = shared("field/09-password-with-quote") else { return };
    let text = std::fs::read_to_string(folder.join("dialogue.txt")).unwrap();
    let password = std::fs::read_to_string(folder.join("password.txt")).unwrap();
    let server = Server::start(Dialogue::parse(&text)).await;
    let password = password_of(password.trim_end_matches('\n'));
    Session::open(&Settings { password, ..settings(server.port) }).await.unwrap();
    assert_eq!(server.said(), ["AUTHENTICATE PLAIN AGFkYQBww6Qic3Ncd8O2cmQgJXs="]);
}

#[tokio::test]
async fn field_10_copy_refused_deletes_nothing() {
    let Some((server, mut session)) = field("10-copy-refused-over-quota").await else { return };
    let selected = session.select(&inbox()).await.unwrap();
    assert_eq!((selected.uid_next, selected.exists), (Some(Uid(8)), 2));
    let fresh = session.fresh(Uid(7)).await.unwrap();
    assert_eq!(fresh.mails.iter().map(|mail| mail.head.uid).collect::<Vec<_>>(), [Uid(7)]);
    let filed = session.file(&[Uid(7)], &held()).await.unwrap();
    assert_eq!((filed.moved, filed.stayed), (vec![], vec![Uid(7)]));
    assert!(filed.refused.unwrap().to_string().contains("Quota exceeded"));
    assert_eq!(session.idle(ready(())).await.unwrap(), Idle::Stopped);
    assert!(!server.said().iter().any(|line| line.contains("STORE") || line.contains("EXPUNGE") || line == "CLOSE"));
}

#[tokio::test]
async fn field_11_stray_fetch_lines() {
    let Some((server, mut session)) = field("11-stray-fetch-lines").await else { return };
    session.select(&inbox()).await.unwrap();
    let fresh = session.fresh(Uid(9)).await.unwrap();
    let [mail] = fresh.mails.as_slice() else { panic!("{fresh:?}") };
    assert!(String::from_utf8_lossy(&mail.head.header).contains("Subject: invoice\r\n"));
    assert_eq!(mail.text.0, b"no hurry\r\n");
    assert!(!mail.head.flags.in_other_hands());
    let filed = session.file(&[Uid(9)], &held()).await.unwrap();
    assert_eq!(filed, Filed { moved: vec![(Uid(9), UidValidity(1701), Uid(1))], ..Filed::default() });
    assert!(server.said().contains(&"UID MOVE 9 \"Held\"".to_owned()));
}

#[tokio::test]
async fn field_12_xoauth2_challenge() {
    let Some(folder) = shared("field/12-xoauth2-challenge") else { return };
    let text = std::fs::read_to_string(folder.join("dialogue.txt")).unwrap();
    let server = Server::start(Dialogue::parse(&text)).await;
    let token = |token| Settings { auth: Auth::Token, password: password_of(token), ..settings(server.port) };
    let error = Session::open_with(&token("tok-1"), SHORT).await.err().unwrap();
    assert!(matches!(error, ImapError::Credentials(_)) && !error.to_string().contains("tok-1"));
    let session = Session::open_with(&token("tok-2"), SHORT).await.unwrap();
    assert!(session.can("MOVE"));
    assert_eq!(
        server.said(),
        [
            "AUTHENTICATE XOAUTH2 dXNlcj1hZGEBYXV0aD1CZWFyZXIgdG9rLTEBAQ==",
            "",
            "AUTHENTICATE XOAUTH2 dXNlcj1hZGEBYXV0aD1CZWFyZXIgdG9rLTIBAQ=="
        ]
    );
}

#[tokio::test]
async fn field_13_capabilities_after_login() {
    let Some((_server, mut session)) = field("13-capabilities-after-login").await else { return };
    assert!(session.can("MOVE") && session.can("idle") && !session.can("AUTH=PLAIN"));
    session.select(&inbox()).await.unwrap();
    let filed = session.file(&[Uid(7)], &held()).await.unwrap();
    assert_eq!(filed.moved, [(Uid(7), UidValidity(1701), Uid(1))]);
}

#[tokio::test]
async fn field_14_too_many_connections() {
    let Some(folder) = shared("field/14-too-many-connections") else { return };
    let text = std::fs::read_to_string(folder.join("dialogue.txt")).unwrap();
    let server = Server::start(Dialogue::parse(&text)).await;
    for _ in 0..2 {
        let error = Session::open(&settings(server.port)).await.err().unwrap();
        assert!(matches!(error, ImapError::Unavailable(_)));
        let shown = error.to_string();
        assert!(shown.contains("Maximum number of connections") && !shown.contains("password"), "{shown}");
    }
    let mut third = Session::open(&settings(server.port)).await.unwrap();
    third.select(&inbox()).await.unwrap();
    assert_eq!(third.fresh(Uid(7)).await.unwrap().highest(), Some(Uid(7)));
}

// Connecting.

#[tokio::test]
async fn a_wrong_password_is_told_from_a_full_server() {
    let server = Server::start(vec![
        Dialogue::with("").lines("LOGIN", &["T NO [AUTHENTICATIONFAILED] no secret here"]),
        Dialogue::greeting(vec![Say::Line("* BYE [UNAVAILABLE] come back later".to_owned()), Say::Close]),
        Dialogue::with("LOGINDISABLED"),
        Dialogue::greeting(vec![Say::Line("* PREAUTH [CAPABILITY IMAP4rev1] hello ada".to_owned())]),
    ])
    .await;
    let mut ends = Vec::new();
    for _ in 0..4 {
        ends.push(Session::open_with(&settings(server.port), SHORT).await.err().unwrap());
    }
    assert!(matches!(&ends[0], ImapError::Credentials(refusal) if refusal.text == "no ... here"));
    assert!(matches!(&ends[1], ImapError::Unavailable(refusal) if refusal.text == "come back later"));
    assert!(matches!(&ends[2], ImapError::NoLogin(_)));
    assert!(matches!(&ends[3], ImapError::Insecure(_)));
    // The password went out once, to the first.
    assert_eq!(server.said(), ["LOGIN \"ada\" \"secret\""]);
}

#[tokio::test]
async fn plaintext_before_tls_is_refused() {
    let injected = b"S1 OK go\r\n* OK [CAPABILITY IMAP4rev1 MOVE] trust me\r\n".to_vec();
    let server = Server::start(vec![Dialogue::with("STARTTLS").on("STARTTLS", vec![Say::Raw(injected)])]).await;
    let wants_tls = Settings { security: Security::StartTls, ..settings(server.port) };
    let error = Session::open_with(&wants_tls, SHORT).await.err().unwrap();
    assert!(matches!(error, ImapError::Insecure(_)), "{error}");
    assert_eq!(server.said(), ["STARTTLS"]);
}

#[tokio::test]
async fn a_greeting_that_never_comes_is_not_waited_for() {
    let server = Server::start(vec![
        Dialogue::greeting(vec![Say::Silence]),
        Dialogue::greeting(vec![Say::Close]),
        Dialogue::greeting(vec![Say::Line("HTTP/1.1 400 Bad Request".to_owned())]),
    ])
    .await;
    let mut ends = Vec::new();
    for _ in 0..3 {
        ends.push(Session::open_with(&settings(server.port), SHORT).await.err().unwrap());
    }
    assert!(matches!(&ends[0], ImapError::NotMet(cause) if matches!(**cause, ImapError::TimedOut { .. })));
    assert!(matches!(&ends[1], ImapError::NotMet(cause) if matches!(**cause, ImapError::Lost { .. })));
    assert!(matches!(&ends[2], ImapError::NotImap));
    // A proxy that accepts for a server that is away: nobody was met, so asking again soon locks no account.
    let away: Vec<bool> = ends.into_iter().map(|end| DoorError::from(end).is_out_of_reach()).collect();
    assert_eq!(away, [true, true, false]);
}

#[tokio::test]
async fn a_server_that_is_lost_at_the_login_is_not_asked_at_once_again() {
    let server = Server::start(vec![Dialogue::with("").on("LOGIN", vec![Say::Close])]).await;
    let end = Session::open_with(&settings(server.port), SHORT).await.err().unwrap();
    assert!(!DoorError::from(end).is_out_of_reach(), "it may count logins");
}

// Every command, and every way in which its answer can fail.

const COMMANDS: [&str; 12] = [
    "SELECT",
    "NOOP",
    "LIST",
    "STATUS",
    "UID FETCH",
    "UID STORE",
    "UID SEARCH",
    "UID MOVE",
    "APPEND",
    "IDLE",
    "fresh",
    "piece",
];

fn lines(command: &str) -> (&str, Vec<&'static str>) {
    match command {
        "SELECT" => {
            ("SELECT", vec!["* 2 EXISTS", "* OK [UIDVALIDITY 1] v", "* OK [UIDNEXT 9] n", "T OK [READ-WRITE] done"])
        }
        "LIST" => ("LIST", vec!["* LIST () \"/\" INBOX", "* LIST (\\Sent) \"/\" \"S\"", "T OK done"]),
        "STATUS" => ("STATUS", vec!["* STATUS \"Held\" (UIDNEXT 5)", "T OK done"]),
        "UID FETCH" | "piece" | "fresh" => (
            "UID FETCH",
            vec![
                "* 1 FETCH (UID 7 FLAGS () RFC822.SIZE 9 BODY[HEADER]<0> {8}",
                "A: b",
                "",
                " BODY[TEXT]<0> {1}",
                "x)",
                "* 2 FETCH (UID 8 FLAGS () RFC822.SIZE 9 BODY[HEADER]<0> \"\" BODY[TEXT]<0> NIL BODY[]<0> \"x\")",
                "T OK done",
            ],
        ),
        "UID SEARCH" => ("UID SEARCH", vec!["* SEARCH 7", "* SEARCH 8", "T OK done"]),
        "UID MOVE" => ("UID MOVE", vec!["* OK [COPYUID 5 7 1] moved", "* 1 EXPUNGE", "T OK done"]),
        "APPEND" => ("APPEND", vec!["+ go", "T OK [APPENDUID 5 1] done"]),
        "IDLE" => ("IDLE", vec!["+ idling", "* OK still here"]),
        other => (other, vec!["* OK noise", "T OK done"]),
    }
}

/// Does it, and says in a word what came of it.
async fn act(session: &mut Session, command: &str) -> Result<String, ImapError> {
    Ok(match command {
        "SELECT" => format!("{:?}", session.select(&inbox()).await?.uid_next),
        "NOOP" => format!("{}", session.noop().await?),
        "LIST" => format!("{:?}", session.special("\\Sent").await?.map(|mailbox| mailbox.to_string())),
        "STATUS" => format!("{:?}", session.uid_next(&held()).await?),
        "UID FETCH" => format!("{}", session.heads(&[Uid(7), Uid(8)]).await?.len()),
        "fresh" => format!("{}", session.fresh(Uid(7)).await?.mails.len()),
        "piece" => format!("{:?}", session.piece(Uid(8), 0, 1).await?.map(|piece| piece.len())),
        "UID STORE" => format!("{:?}", session.mark(&[Uid(7)], Marks { listed: true, seen: true }).await?),
        "UID SEARCH" => format!("{:?}", session.unlisted_since(Timestamp::UNIX_EPOCH).await?),
        "UID MOVE" => format!("{:?}", session.file(&[Uid(7)], &held()).await?.moved.len()),
        "APPEND" => format!("{:?}", session.append(&inbox(), b"A: b\r\n\r\n").await?.is_some()),
        "IDLE" => format!("{:?}", session.idle(pending()).await?),
        other => panic!("{other}"),
    })
}

async fn answered(command: &str, lines: Vec<Say>) -> (Session, Server, Result<String, ImapError>) {
    // The SELECT that opens a session is answered before the one that is tried.
    let opened = Dialogue::with(ALL)
        .lines("SELECT", &["* 2 EXISTS", "* OK [UIDVALIDITY 1] v", "* OK [UIDNEXT 9] n", "T OK done"]);
    let server = Server::start(vec![opened.on(self::lines(command).0, lines)]).await;
    let mut session = session(&server, SHORT).await;
    // Asked for once, and not what is tried here.
    let _ = session.ensure(&held()).await;
    // As the source does: on a task of its own, which only what is Send can be.
    let command = command.to_owned();
    let task = tokio::spawn(async move {
        let end = act(&mut session, &command).await;
        (session, end)
    });
    let (session, end) = task.await.unwrap();
    (session, server, end)
}

fn say(lines: &[&str]) -> Vec<Say> {
    lines.iter().map(|line| Say::Line((*line).to_owned())).collect()
}

#[tokio::test]
async fn every_command_does_what_it_is_for() {
    for (command, expected) in [
        ("SELECT", "Some(Uid(9))"),
        ("NOOP", "false"),
        ("LIST", "Some(\"S\")"),
        ("UID FETCH", "2"),
        ("fresh", "2"),
        ("piece", "Some(1)"),
        ("UID STORE", "()"),
        ("UID SEARCH", "[Uid(7), Uid(8)]"),
        ("UID MOVE", "1"),
        ("APPEND", "true"),
        ("IDLE", "Renew"),
    ] {
        let (_session, server, end) = answered(command, say(&lines(command).1)).await;
        let end = end.unwrap_or_else(|error| panic!("{command}: {error}"));
        assert_eq!(end, expected, "{command}: {:?}", server.said());
    }
}

#[tokio::test]
async fn no_and_bad_are_never_success() {
    for command in COMMANDS.iter().filter(|&&command| command != "STATUS") {
        for status in ["NO [X-CODE] not now", "BAD what"] {
            let tagged = format!("T {status}");
            let (mut session, _server, end) = answered(command, say(&["* OK noise", &tagged])).await;
            match end {
                // A move that fails is an answer: the mail is where it was, or has to be looked for.
                Ok(moved) => assert_eq!((*command, moved.as_str()), ("UID MOVE", "0")),
                Err(error) => assert!(!error.is_lost() && error.refusal().is_some(), "{command}: {error}"),
            }
            session.noop().await.unwrap_or_else(|error| panic!("{command} {status}: {error}"));
        }
    }
}

#[tokio::test]
async fn the_end_of_the_stream_is_never_success() {
    for command in COMMANDS.iter().filter(|&&command| command != "STATUS") {
        let all = lines(command).1;
        for cut in 0..all.len() {
            let mut says = say(&all[..cut]);
            says.push(Say::Close);
            let (mut session, _server, end) = answered(command, says).await;
            let error = end.expect_err(command);
            assert!(error.is_lost(), "{command} cut after {cut} lines: {error}");
            assert!(session.noop().await.unwrap_err().is_lost());
        }
        let (_session, _server, end) = answered(command, say(&["* BYE shutting down"])).await;
        assert!(end.expect_err(command).to_string().contains("shutting down"));
    }
}

#[tokio::test]
async fn silence_and_dripping_come_to_an_end() {
    // Side by side: each waits until its time is over.
    let silent = COMMANDS.iter().filter(|&&command| command != "STATUS" && command != "IDLE").map(async |command| {
        let (_session, _server, end) = answered(command, vec![Say::Silence]).await;
        assert!(matches!(end, Err(ImapError::TimedOut { .. })), "{command}");
    });
    let dripping = async {
        let drip = Say::Drip("* 1 EXISTS\r\n".repeat(1000).into_bytes(), Duration::from_millis(10));
        let (_session, _server, end) = answered("NOOP", vec![drip]).await;
        assert!(matches!(end, Err(ImapError::TimedOut { .. })));
    };
    tokio::join!(futures_util::future::join_all(silent), dripping);
}

#[tokio::test]
async fn a_hostile_server_harms_nothing() {
    let attacks: [(&str, Trip); 5] = [
        ("* 1 FETCH (UID 7 BODY[] {500000000}\r\n", Trip::Literal(500_000_000)),
        (&format!("* SEARCH {}", "1 ".repeat(300_000)), Trip::Line),
        (&format!("* 1 FETCH (UID 7 X {}\r\n", "(".repeat(20_000)), Trip::Parentheses),
        (&format!("* 1 FETCH (UID 7 BODYSTRUCTURE {}\r\n", "(".repeat(20)), Trip::Form),
        (&format!("* 1 FETCH (X (a {{9000}}\r\nz) BODYSTRUCTURE {}", "(".repeat(9000)), Trip::Form),
    ];
    for (attack, expected) in attacks {
        let (_session, _server, end) =
            answered("UID FETCH", vec![Say::Raw(attack.as_bytes().to_vec()), Say::Silence]).await;
        assert!(matches!(end, Err(ImapError::Hostile { trip, .. }) if trip == expected), "{expected:?}");
    }
    for garbage in ["T9 OK not yours\r\n", "* 1 FETCH (UID\r\n", "\0\0\r\n", "T OK \0\r\n"] {
        let (_session, _server, end) = answered("UID FETCH", vec![Say::Raw(garbage.as_bytes().to_vec())]).await;
        let error = end.unwrap_err();
        assert!(matches!(error, ImapError::Garbled { .. }), "{garbage:?}: {error}");
    }
}

#[tokio::test]
async fn errors_carry_no_content() {
    let line = "* 1 FETCH (UID 7 BODY[HEADER] \"canary\" oops\r\n";
    let (_session, _server, end) = answered("UID FETCH", vec![Say::Raw(line.as_bytes().to_vec())]).await;
    let error = end.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
}

// Selecting.

#[tokio::test]
async fn a_mailbox_that_changes_its_uids_ends_the_session() {
    let (_server, mut session) =
        play(Dialogue::with(ALL).lines("NOOP", &["* OK [UIDVALIDITY 1701] new", "T OK"])).await;
    let error = session.noop().await.unwrap_err();
    assert!(matches!(error, ImapError::Renumbered) && error.is_lost());
    assert!(session.file(&[Uid(1)], &held()).await.unwrap_err().is_lost());
}

#[tokio::test]
async fn select_notices_what_matters() {
    let (_server, mut session) = play(
        Dialogue::with(ALL)
            .lines("SELECT", &["* 3 EXISTS", "* OK [UIDVALIDITY 1] v", "T OK [READ-ONLY] done"])
            .lines("STATUS", &["* STATUS \"INBOX\" (UIDNEXT 44)", "T OK"])
            .lines("SELECT", &["* OK [UIDNEXT 9] n", "* OK [PERMANENTFLAGS (\\Seen)] f", "T OK done"])
            .lines("SELECT", &["T NO [NONEXISTENT] none"]),
    )
    .await;
    let first = *session.selected().unwrap();
    assert_eq!((first.uid_next, first.read_only, first.keeps_keywords), (Some(Uid(44)), true, false));
    let second = session.select(&inbox()).await.unwrap();
    assert_eq!((second.uid_validity, second.uid_next, second.keeps_keywords), (None, Some(Uid(9)), false));
    assert!(session.select(&held()).await.is_err() && session.selected().is_none());
}

#[tokio::test]
async fn a_server_that_wants_to_know_who_asks_is_told() {
    let server = Server::start(vec![
        Dialogue::with("ID")
            .lines("SELECT", &["T NO SELECT Unsafe Login"])
            .lines("ID", &["* ID (\"name\" NIL)", "T OK"]),
    ])
    .await;
    session(&server, SHORT).await;
    assert_eq!(server.said().iter().filter(|line| line.starts_with("SELECT")).count(), 2);
}

// Filing.

/// The lines that a client without tags sent to file UID 7, and what came of it.
async fn file(dialogue: Dialogue) -> (Vec<String>, Filed) {
    let (server, mut session) = play(dialogue).await;
    let filed = session.file(&[Uid(7), Uid(8)], &held()).await.unwrap();
    session.noop().await.unwrap();
    let said = server.said();
    (
        said.into_iter()
            .skip_while(|line| !line.starts_with("SELECT"))
            .skip(1)
            .filter(|line| line != "NAMESPACE" && line != "NOOP")
            .collect(),
        filed,
    )
}

const MOVE: &str = "UID MOVE 7:8 \"Held\"";
const COPY: &str = "UID COPY 7:8 \"Held\"";
const LOOK: &str = "UID FETCH 7:8 (UID FLAGS)";

#[tokio::test]
async fn ok_proves_nothing_and_copyuid_does() {
    let (said, filed) = file(
        Dialogue::with(ALL).lines("UID MOVE", &["T OK"]).lines("UID FETCH", &["* 2 FETCH (UID 8 FLAGS ())", "T OK"]),
    )
    .await;
    assert_eq!(said, [MOVE, LOOK]);
    assert_eq!(filed, Filed { missing: vec![Uid(7)], stayed: vec![Uid(8)], ..Filed::default() });
}

#[tokio::test]
async fn a_move_refused_half_way_is_believed_half_way() {
    let (said, filed) = file(
        Dialogue::with(ALL)
            .lines("UID MOVE", &["* OK [COPYUID 5 7 1] x", "* 1 EXPUNGE", "T NO [OVERQUOTA] full"])
            .lines("UID FETCH", &["* 1 FETCH (UID 8 FLAGS ())", "T OK"]),
    )
    .await;
    assert_eq!(said, [MOVE, "UID FETCH 8 (UID FLAGS)"]);
    assert_eq!((filed.moved, filed.stayed), (vec![(Uid(7), UidValidity(5), Uid(1))], vec![Uid(8)]));
    assert!(filed.refused.unwrap().is("OVERQUOTA"));
}

#[tokio::test]
async fn a_missing_target_is_created_once() {
    let (said, filed) = file(
        Dialogue::with(ALL)
            .lines("UID MOVE", &["T NO [TRYCREATE] no such mailbox"])
            .lines("UID MOVE", &["* OK [COPYUID 5 7:8 1:2] x", "T OK"]),
    )
    .await;
    assert_eq!(said, [MOVE, "CREATE \"Held\"", "SUBSCRIBE \"Held\"", MOVE]);
    assert_eq!(filed.moved.len(), 2);
    let (said, filed) = file(
        Dialogue::with(ALL)
            .lines("UID MOVE", &["T NO [TRYCREATE] no such mailbox"])
            .lines("CREATE", &["T NO [NOPERM] never"])
            .lines("UID FETCH", &["* 1 FETCH (UID 7 FLAGS ())", "* 2 FETCH (UID 8 FLAGS ())", "T OK"]),
    )
    .await;
    assert_eq!(said, [MOVE, "CREATE \"Held\"", LOOK]);
    assert!(filed.refused.unwrap().is("NOPERM") && filed.stayed.len() == 2);
}

#[tokio::test]
async fn without_move_the_proof_of_the_copy_comes_before_the_deletion() {
    let copied = ["T OK [COPYUID 5 8 1] x"];
    let (said, filed) = file(
        Dialogue::with("UIDPLUS NAMESPACE")
            .lines("UID COPY", &copied)
            .lines("UID FETCH", &["* 1 FETCH (UID 7 FLAGS ())", "T OK"]),
    )
    .await;
    assert_eq!(said, [COPY, "UID STORE 8 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 8", "UID FETCH 7 (UID FLAGS)"]);
    assert_eq!((filed.moved, filed.stayed), (vec![(Uid(8), UidValidity(5), Uid(1))], vec![Uid(7)]));
    assert!(filed.refused.is_some());
    // A server that claims MOVE and does not know it.
    let (said, _) =
        file(Dialogue::with(ALL).lines("UID MOVE", &["T BAD what"]).lines("UID COPY", &["T OK [COPYUID 5 7:8 1:2] x"]))
            .await;
    assert_eq!(said, [MOVE, COPY, "UID STORE 7:8 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 7:8"]);
}

#[tokio::test]
async fn with_neither_nothing_is_touched() {
    let (said, filed) = file(Dialogue::with("NAMESPACE")).await;
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(filed.stayed, [Uid(7), Uid(8)]);
    assert!(filed.refused.unwrap().text.contains("neither MOVE nor UIDPLUS"));
}

#[tokio::test]
async fn a_mailbox_without_keywords_gets_none() {
    let (server, mut session) =
        play(Dialogue::with(ALL).lines("SELECT", &["* OK [UIDNEXT 9] n", "* OK [PERMANENTFLAGS (\\Seen)] f", "T OK"]))
            .await;
    session.mark(&[Uid(3)], Marks { listed: true, seen: false }).await.unwrap();
    session.mark(&[Uid(3)], Marks { listed: true, seen: true }).await.unwrap();
    let stores: Vec<String> = server.said().into_iter().filter(|line| line.starts_with("UID STORE")).collect();
    assert_eq!(stores, ["UID STORE 3 +FLAGS.SILENT (\\Seen)"]);
}

// IDLE.

#[tokio::test]
async fn idle_ends_for_each_reason() {
    let idle = async |lines: &[&str], patience| {
        let (_server, mut session) = play_with(Dialogue::with(ALL).lines("IDLE", lines), patience).await;
        let end = session.idle(pending()).await;
        (session.can("IDLE"), end)
    };
    assert!(matches!(idle(&["+ idling", "* 1 EXISTS"], LONG_IDLE).await, (true, Ok(Idle::News))));
    let chatter = ["+ idling", "* 1 RECENT", "* 4 FETCH (FLAGS (\\Seen))", "* OK still here"];
    assert!(matches!(idle(&chatter, SHORT).await, (true, Ok(Idle::Renew))));
    assert!(matches!(idle(&["+ idling", "T OK enough"], LONG_IDLE).await, (true, Ok(Idle::Renew))));
    assert!(matches!(idle(&["+ idling", "* 1 EXISTS", "T OK enough"], LONG_IDLE).await, (true, Ok(Idle::News))));
    assert!(matches!(idle(&["T NO not here"], LONG_IDLE).await, (false, Err(ImapError::Refused { .. }))));
    assert!(matches!(idle(&["T BAD what"], LONG_IDLE).await, (false, Err(ImapError::Refused { .. }))));
    assert!(matches!(idle(&["+ idling", "* BYE"], LONG_IDLE).await, (_, Err(ImapError::Lost { .. }))));
}

#[tokio::test]
async fn idle_that_the_server_always_ends_becomes_polling() {
    let ended = ["+ idling", "T OK enough"];
    let (_server, mut session) =
        play_with(Dialogue::with(ALL).lines("IDLE", &ended).lines("IDLE", &ended).lines("IDLE", &ended), LONG_IDLE)
            .await;
    assert_eq!(session.idle(pending()).await.unwrap(), Idle::Renew);
    assert_eq!(session.idle(pending()).await.unwrap(), Idle::Renew);
    assert!(session.idle(pending()).await.is_err() && !session.can("IDLE"));
    session.noop().await.unwrap();
}

#[tokio::test]
async fn idle_without_an_answer_to_done_is_lost() {
    let (_server, mut session) =
        play(Dialogue::with(ALL).on("IDLE", vec![Say::Line("+ go".to_owned()), Say::Silence])).await;
    assert!(matches!(session.idle(ready(())).await, Err(ImapError::TimedOut { .. })));
}

#[tokio::test]
async fn news_between_looking_and_idling_is_not_missed() {
    let (server, mut session) = play(
        Dialogue::with(ALL)
            .lines("UID STORE", &["* 1 EXISTS", "T OK"])
            .lines("UID FETCH", &["* 1 FETCH (UID 1 BODY[HEADER] \"\" RFC822.SIZE 2)", "T OK"]),
    )
    .await;
    session.mark(&[Uid(1)], Marks { seen: true, listed: false }).await.unwrap();
    assert_eq!(session.idle(pending()).await.unwrap(), Idle::News);
    assert!(!server.said().contains(&"IDLE".to_owned()));
    assert_eq!(session.fresh(Uid(1)).await.unwrap().mails.len(), 1);
    assert_eq!(session.idle(ready(())).await.unwrap(), Idle::Stopped);
}

// APPEND.

#[tokio::test]
async fn append_refused_before_or_after_the_literal() {
    let append = async |says: Vec<Say>| {
        let (server, mut session) = play(Dialogue::with(ALL).on("APPEND", says)).await;
        let end = session.append(&held(), b"A: b\r\n\r\nhello\r\n").await;
        (server, session, end)
    };
    let (_server, mut session, end) = append(say(&["* 3 EXISTS", "T NO [OVERQUOTA] full"])).await;
    assert!(end.unwrap_err().refusal().unwrap().is("OVERQUOTA"));
    session.noop().await.unwrap();
    let (server, _session, end) = append(say(&["T NO [TRYCREATE] none"])).await;
    assert_eq!(end.unwrap(), None);
    assert_eq!(server.said().iter().filter(|line| line.starts_with("APPEND")).count(), 2);
    let (_server, _session, end) = append(vec![Say::Close]).await;
    assert!(end.unwrap_err().is_lost());
}
