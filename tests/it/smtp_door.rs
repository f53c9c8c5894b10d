//! The SMTP door against a server that fails at every stage in every way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use tidings::net::Security;
use tidings::net::sasl::Auth;
use tidings::secret::{Secret, SecretSource};
use tidings::smtp::connection::{Connection, Parcel};
use tidings::smtp::fault::{Kind, SendError, Stage};
use tidings::smtp::patience::Patience;
use tidings::smtp::settings::Server;

use crate::rig::certificates::{Authority, Leaf};
use crate::rig::smtp_server::{Fault, Received, Setup, SmtpServer, Step, base64};

const LETTER: &[u8] = b"Subject: digest\r\n\r\nfirst\r\n.\r\n..two\r\n.three\r\nlast\r\n";

/// Long enough for a busy machine; only stalls end it.
const LONG: Duration = Duration::from_secs(20);
/// What a stall is given in these tests.
const SHORT: Duration = Duration::from_millis(150);

fn patience() -> Patience {
    Patience {
        greeting: LONG,
        hello: LONG,
        start_tls: LONG,
        auth: LONG,
        mail: LONG,
        rcpt: LONG,
        data: LONG,
        block: LONG,
        end_of_data: LONG,
        quit: LONG,
    }
}

/// Only where a stall is to be waited for: on a busy machine a good reply may take longer than this.
fn patience_for(step: Step, fault: &Fault) -> Patience {
    if matches!(fault, Fault::Stall) { impatient_at(step) } else { patience() }
}

fn impatient_at(step: Step) -> Patience {
    let mut patience = patience();
    match step {
        Step::Greeting => patience.greeting = SHORT,
        Step::Hello => patience.hello = SHORT,
        Step::StartTls => patience.start_tls = SHORT,
        Step::Auth => patience.auth = SHORT,
        Step::Mail => patience.mail = SHORT,
        Step::Rcpt => patience.rcpt = SHORT,
        Step::Data => patience.data = SHORT,
        Step::Body => (patience.block, patience.quit) = (SHORT, SHORT),
        Step::EndOfData => patience.end_of_data = SHORT,
        Step::Quit => patience.quit = SHORT,
    }
    patience
}

fn plain(port: u16) -> Server {
    let host = "127.0.0.1".to_owned();
    Server { host, port, security: Security::Plain, login: None, auth: Auth::Password, ca_file: None }
}

fn login() -> Option<(String, SecretSource)> {
    Some(("ada".to_owned(), SecretSource::Plain(Secret::new("secret-of-ada".to_owned()))))
}

fn protected(port: u16, security: Security, authority: &Authority) -> Server {
    Server { host: "localhost".to_owned(), security, login: login(), ca_file: Some(authority.ca_file()), ..plain(port) }
}

fn parcel(bytes: &[u8]) -> Parcel<'_> {
    Parcel { from: "tidings@example.org", to: "ada@example.org", bytes }
}

async fn send(server: &Server, patience: Patience, bytes: &[u8]) -> Result<(), SendError> {
    let mut connection = Connection::open_with(server, "client.example", patience).await?;
    connection.announce(parcel(bytes)).await?;
    connection.deliver(bytes).await?;
    connection.quit().await;
    Ok(())
}

fn setup_start_tls(authority: &Authority) -> Setup {
    let offer = vec!["STARTTLS", "SIZE 1000000", "8BITMIME", "AUTH PLAIN LOGIN"];
    Setup { tls: Some(authority.server(Leaf::Good)), offer, ..Setup::default() }
}

/// Nine stages in five ways; nothing is lost, and only where the letter is uncertain can the server have it.
#[tokio::test]
async fn every_fault_at_every_stage_has_its_kind() {
    use Kind::{Credentials, Permanent, Transient, Uncertain, Unreachable};
    let rows = [
        (Step::Greeting, Stage::Greeting, [Transient, Transient, Unreachable, Unreachable, Unreachable]),
        (Step::Hello, Stage::Hello, [Transient, Transient, Unreachable, Unreachable, Unreachable]),
        (Step::StartTls, Stage::StartTls, [Transient, Transient, Unreachable, Unreachable, Unreachable]),
        (Step::Auth, Stage::Auth, [Transient, Credentials, Unreachable, Unreachable, Unreachable]),
        (Step::Mail, Stage::Mail, [Transient, Permanent, Unreachable, Unreachable, Unreachable]),
        (Step::Rcpt, Stage::Rcpt, [Transient, Permanent, Unreachable, Unreachable, Unreachable]),
        (Step::Data, Stage::Data, [Transient, Permanent, Unreachable, Unreachable, Unreachable]),
        (Step::EndOfData, Stage::EndOfData, [Transient, Permanent, Uncertain, Uncertain, Uncertain]),
    ];
    let authority = Authority::new();
    let rig = SmtpServer::start(setup_start_tls(&authority)).await;
    let server = protected(rig.port, Security::StartTls, &authority);
    for (step, stage, kinds) in rows {
        for (fault, kind) in ways().into_iter().zip(kinds) {
            rig.reset();
            rig.fault(step, fault.clone(), 1);
            let error = send(&server, patience_for(step, &fault), LETTER).await.expect_err("a fault");
            assert_eq!((error.stage, error.kind), (stage, kind), "{step:?} {fault:?}: {error}");
            assert_eq!(rig.letters().len(), usize::from(kind == Uncertain), "{step:?} {fault:?}");
            assert!(!error.to_string().contains('@'), "{error}");
        }
    }
    for fault in ways() {
        rig.reset();
        rig.fault(Step::Quit, fault.clone(), 1);
        send(&server, patience_for(Step::Quit, &fault), LETTER)
            .await
            .unwrap_or_else(|error| panic!("QUIT {fault:?}: {error}"));
        assert_eq!(rig.letters().len(), 1);
    }
}

fn ways() -> [Fault; 5] {
    [
        Fault::Reply("450 4.3.0 <ada@example.org> not now".to_owned()),
        Fault::Reply("554 5.7.1 <ada@example.org> never".to_owned()),
        Fault::Cut,
        Fault::Stall,
        Fault::Reply("banana".to_owned()),
    ]
}

#[tokio::test]
async fn a_letter_arrives_byte_for_byte() {
    let rig = SmtpServer::start(Setup::default()).await;
    let check = async |bytes: &[u8], mail: &str| {
        rig.reset();
        send(&plain(rig.port), patience(), bytes).await.unwrap();
        let mail = mail.to_owned();
        let expected = Received { mail, rcpt: "TO:<ada@example.org>".to_owned(), bytes: bytes.to_owned() };
        assert_eq!(rig.letters(), [expected]);
        assert!(!rig.heard_bare_line_end());
    };
    check(LETTER, "FROM:<tidings@example.org> SIZE=50").await;
    check(b".\r\n", "FROM:<tidings@example.org> SIZE=3").await;
    check(b".\r\n.\r\n\r\n.\r\n", "FROM:<tidings@example.org> SIZE=11").await;
    check(b"\r\n", "FROM:<tidings@example.org> SIZE=2").await;
    check(b"a\r\n\r\n\r\n", "FROM:<tidings@example.org> SIZE=7").await;
    check("gr\u{fc}n\r\n".as_bytes(), "FROM:<tidings@example.org> SIZE=7 BODY=8BITMIME").await;
    check(&[b"x".repeat(998), b"\r\n".to_vec()].concat().repeat(900), "FROM:<tidings@example.org> SIZE=900000").await;
}

#[tokio::test]
async fn a_server_that_offers_nothing_is_asked_for_nothing() {
    let rig = SmtpServer::start(Setup { offer: vec![], ..Setup::default() }).await;
    let connection = Connection::open(&plain(rig.port), "not a name").await.unwrap();
    assert_eq!((connection.size_limit(), connection.takes_8bit()), (None, false));
    connection.quit().await;
    let error = send(&plain(rig.port), patience(), "gr\u{fc}n\r\n".as_bytes()).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Mail, Kind::EightBit), "nor given what it does not take");
    send(&plain(rig.port), patience(), b"green\r\n").await.unwrap();
    assert_eq!(rig.letters().first().unwrap().mail, "FROM:<tidings@example.org>");
    assert_eq!(rig.heard().first().unwrap(), "EHLO [127.0.0.1]");
    assert_eq!(rig.heard().iter().filter(|line| line.starts_with("EHLO")).count(), 3, "one each");
}

#[tokio::test]
async fn a_letter_over_the_limit_is_not_offered() {
    let rig = SmtpServer::start(Setup { offer: vec!["SIZE 20"], ..Setup::default() }).await;
    let error = send(&plain(rig.port), patience(), LETTER).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Mail, Kind::TooLarge));
    assert!(!rig.heard().iter().any(|line| line.starts_with("MAIL")));
    send(&plain(rig.port), patience(), b"small\r\n").await.unwrap();
}

#[tokio::test]
async fn replies_that_mean_more_than_their_first_digit() {
    let rig = SmtpServer::start(Setup::default()).await;
    let check = async |step, reply: &str, kind: Kind| {
        rig.reset();
        rig.fault(step, Fault::Reply(reply.to_owned()), 1);
        let error = send(&plain(rig.port), patience(), LETTER).await.unwrap_err();
        assert_eq!(error.kind, kind, "{reply}: {error}");
    };
    check(Step::EndOfData, "552 5.3.4 message too big", Kind::TooLarge).await;
    check(Step::EndOfData, "554-5.2.3 message\r\n554 5.2.3 length exceeds limit", Kind::TooLarge).await;
    check(Step::EndOfData, "550 5.5.0 service unavailable", Kind::OnceMore).await;
    check(Step::EndOfData, "571 delivery not authorised", Kind::Permanent).await;
    check(Step::EndOfData, "554", Kind::Permanent).await;
    check(Step::EndOfData, "354 go on", Kind::Uncertain).await;
    check(Step::EndOfData, "554-one\r\n250 other", Kind::Uncertain).await;
    check(Step::Data, "250 go on", Kind::Unreachable).await;
    check(Step::Mail, "530 5.7.0 authentication required", Kind::Credentials).await;
    check(Step::Rcpt, "354 what", Kind::Unreachable).await;
    check(Step::Rcpt, "421 4.3.2 going down", Kind::Transient).await;
}

#[tokio::test]
async fn odd_but_good_replies_are_taken() {
    let rig = SmtpServer::start(Setup::default()).await;
    for (step, reply) in [
        (Step::Greeting, "220-rig\r\n220-and\r\n220 more"),
        (Step::Mail, "250"),
        (Step::Rcpt, "251 forwarded"),
        (Step::EndOfData, "250"),
    ] {
        rig.reset();
        if matches!(step, Step::Greeting | Step::EndOfData) {
            rig.fault(step, Fault::Reply(reply.to_owned()), 1);
            send(&plain(rig.port), patience(), LETTER).await.unwrap_or_else(|error| panic!("{reply}: {error}"));
            assert_eq!(rig.letters().len(), 1, "{reply}");
        } else {
            // The rig keeps no envelope then, so the next command is out of sequence: that the dialogue went on is enough.
            rig.fault(step, Fault::Reply(reply.to_owned()), 1);
            let error = send(&plain(rig.port), patience(), LETTER).await.unwrap_err();
            assert_eq!(error.code, Some(503), "{reply}: {error}");
        }
    }
    rig.reset();
    rig.fault(Step::EndOfData, Fault::Raw(b"250 gr\xfc\xdfe\n".to_vec()), 1);
    send(&plain(rig.port), patience(), LETTER).await.unwrap();
    rig.fault(Step::EndOfData, Fault::Raw(b"554 zu gro\xdf\r\n".to_vec()), 1);
    assert_eq!(send(&plain(rig.port), patience(), LETTER).await.unwrap_err().kind, Kind::Permanent);
}

/// The reply may come late.
#[tokio::test]
async fn a_late_reply_to_the_letter_is_waited_for() {
    let rig = SmtpServer::start(Setup::default()).await;
    rig.fault(Step::EndOfData, Fault::Late, 1);
    let server = plain(rig.port);
    let sending = tokio::spawn(async move { send(&server, patience(), LETTER).await });
    rig.is_late().await;
    assert!(!sending.is_finished());
    rig.release();
    sending.await.unwrap().unwrap();
    assert_eq!((rig.letters().len(), rig.connections()), (1, 1));
}

#[tokio::test]
async fn a_server_that_goes_before_the_dot_does_not_make_a_letter_uncertain() {
    let rig = SmtpServer::start(Setup::default()).await;
    let check = async |fault: Fault, kind: Kind| {
        rig.reset();
        rig.fault(Step::Body, fault.clone(), 1);
        let mut connection = Connection::open_with(&plain(rig.port), "a", patience()).await.unwrap();
        connection.announce(parcel(LETTER)).await.unwrap();
        // As the real caller does, which writes its record here; the server has ended by then.
        while rig.faults_to_come() > 0 {
            tokio::task::yield_now().await;
        }
        let error = connection.deliver(LETTER).await.unwrap_err();
        assert_eq!((error.stage, error.kind), (Stage::EndOfData, kind), "{fault:?}: {error}");
        assert!(!connection.is_usable());
    };
    check(Fault::Cut, Kind::Unreachable).await;
    check(Fault::Reply("421 4.3.2 going down".to_owned()), Kind::Transient).await;
    check(Fault::Reply("552 5.3.4 too big".to_owned()), Kind::TooLarge).await;
    check(Fault::Reply("250 thanks, I know it already".to_owned()), Kind::Hostile).await;
}

/// A letter larger than all buffers on the way, to a server that stops reading.
#[tokio::test]
async fn a_server_that_stops_reading_is_left() {
    let rig = SmtpServer::start(Setup { offer: vec![], ..Setup::default() }).await;
    rig.fault(Step::Body, Fault::Stall, 1);
    let large = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n".repeat(300_000);
    let error = send(&plain(rig.port), impatient_at(Step::Body), &large).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::EndOfData, Kind::Unreachable), "{error}");
}

#[tokio::test]
async fn the_next_letter_goes_out_after_a_refusal() {
    let rig = SmtpServer::start(Setup::default()).await;
    let mut connection = Connection::open_with(&plain(rig.port), "a", patience()).await.unwrap();
    for step in [Step::Mail, Step::Rcpt, Step::Data, Step::EndOfData] {
        rig.fault(step, Fault::Reply("450 4.2.0 not now".to_owned()), 1);
        let outcome = match connection.announce(parcel(LETTER)).await {
            Ok(()) => connection.deliver(LETTER).await,
            Err(error) => Err(error),
        };
        assert_eq!(outcome.unwrap_err().kind, Kind::Transient, "{step:?}");
        assert!(connection.is_usable());
        connection.announce(parcel(LETTER)).await.unwrap();
        connection.deliver(LETTER).await.unwrap();
    }
    connection.quit().await;
    assert_eq!((rig.letters().len(), rig.connections()), (4, 1));
    assert!(rig.heard().contains(&"QUIT".to_owned()));
}

#[tokio::test]
async fn nothing_is_delivered_that_was_not_announced() {
    let rig = SmtpServer::start(Setup::default()).await;
    let mut connection = Connection::open_with(&plain(rig.port), "a", patience()).await.unwrap();
    assert_eq!(connection.deliver(LETTER).await.unwrap_err().kind, Kind::Unsendable);
    connection.announce(parcel(LETTER)).await.unwrap();
    assert_eq!(connection.deliver(b"other\r\n").await.unwrap_err().kind, Kind::Unsendable);
    assert_eq!(rig.letters(), []);
}

/// Threat 6: what could be read as a second letter never leaves.
#[tokio::test]
async fn letters_and_addresses_that_smuggle_are_not_sent() {
    let rig = SmtpServer::start(Setup::default()).await;
    let letters: [&[u8]; 5] = [b"a\n.\nb\r\n", b"a\r\n.\nMAIL FROM:<x>\r\n", b"a\r.\r\n", b"a", &[b'x'; 1200]];
    for letter in letters {
        let error = send(&plain(rig.port), patience(), letter).await.unwrap_err();
        assert_eq!(error.kind, Kind::Unsendable, "{error}");
    }
    let mut connection = Connection::open_with(&plain(rig.port), "a", patience()).await.unwrap();
    for to in ["a@b.org>\r\nRCPT TO:<c@d.org", "gr\u{fc}n@b.org", "", "\"x y\"@b.org"] {
        let error = connection.announce(Parcel { to, ..parcel(LETTER) }).await.unwrap_err();
        assert_eq!((error.stage, error.kind), (Stage::Rcpt, Kind::Unsendable), "{to}");
    }
    assert!(!rig.heard().iter().any(|line| line.starts_with("MAIL")), "{:?}", rig.heard());
}

#[tokio::test]
async fn both_ways_of_tls_send_with_both_ways_of_login() {
    let authority = Authority::new();
    for (implicit, security) in [(true, Security::Tls), (false, Security::StartTls)] {
        for (mechanism, expected) in
            [("AUTH PLAIN LOGIN", "AUTH PLAIN "), ("AUTH LOGIN", "AUTH LOGIN"), ("auth plain", "AUTH PLAIN ")]
        {
            let offer = vec!["STARTTLS", mechanism, "SIZE 0"];
            let setup = Setup { tls: Some(authority.server(Leaf::Good)), implicit, offer, ..Setup::default() };
            let rig = SmtpServer::start(setup).await;
            send(&protected(rig.port, security, &authority), patience(), LETTER).await.unwrap();
            assert_eq!(rig.letters().len(), 1);
            assert!(rig.heard().iter().any(|line| line.starts_with(expected)), "{:?}", rig.heard());
            assert_no_credential(&rig.raw());
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_the_operator_s_business() {
    let authority = Authority::new();
    for offer in ["AUTH PLAIN", "AUTH LOGIN"] {
        let setup = Setup { login: ("ada", "another"), offer: vec!["STARTTLS", offer], ..setup_start_tls(&authority) };
        let rig = SmtpServer::start(setup).await;
        let server = protected(rig.port, Security::StartTls, &authority);
        let error = send(&server, patience(), LETTER).await.unwrap_err();
        assert_eq!((error.stage, error.kind, error.code), (Stage::Auth, Kind::Credentials, Some(535)));
        assert!(error.to_string().contains("password"), "{error}");
    }
}

#[tokio::test]
async fn a_password_that_cannot_be_read_is_not_asked_of_the_server() {
    let authority = Authority::new();
    let rig = SmtpServer::start(setup_start_tls(&authority)).await;
    let mut server = protected(rig.port, Security::StartTls, &authority);
    server.login = Some(("ada".to_owned(), SecretSource::File("/nowhere/secret".into())));
    let error = send(&server, patience(), LETTER).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Auth, Kind::Secret));
    assert!(!rig.heard().iter().any(|line| line.starts_with("AUTH")));
}

/// No credential leaves before the server has proved its name.
#[tokio::test]
async fn a_server_that_cannot_be_trusted_gets_no_credential() {
    let authority = Authority::new();
    for leaf in [Leaf::WrongName, Leaf::Expired, Leaf::TooYoung, Leaf::SelfSigned] {
        for (implicit, security, stage) in
            [(true, Security::Tls, Stage::Connect), (false, Security::StartTls, Stage::StartTls)]
        {
            let setup = Setup { tls: Some(authority.server(leaf)), implicit, ..setup_start_tls(&authority) };
            let rig = SmtpServer::start(setup).await;
            let server = protected(rig.port, security, &authority);
            let error = send(&server, patience(), LETTER).await.unwrap_err();
            assert_eq!((error.stage, error.kind), (stage, Kind::Hostile), "{leaf:?}: {error}");
            let word = match leaf {
                Leaf::WrongName => "does not carry this name",
                Leaf::Expired => "has expired",
                Leaf::TooYoung => "not valid yet",
                _ => "signed by nobody known",
            };
            assert!(error.to_string().contains(word), "{leaf:?}: {error}");
            assert_refused(&rig);
        }
    }
}

#[tokio::test]
async fn an_authority_that_was_not_named_is_not_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let rig = SmtpServer::start(setup_start_tls(&authority)).await;
    let error = send(&protected(rig.port, Security::StartTls, &other), patience(), LETTER).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::StartTls, Kind::Hostile), "{error}");
    assert_refused(&rig);
}

/// A server at home without an authority: its certificate is its own, and named in the configuration.
#[tokio::test]
async fn a_certificate_can_be_trusted_by_itself() {
    let authority = Authority::new();
    let check = async |leaf: Leaf| {
        let setup = Setup { tls: Some(authority.server(leaf)), ..setup_start_tls(&Authority::new()) };
        let rig = SmtpServer::start(setup).await;
        let mut server = protected(rig.port, Security::StartTls, &authority);
        server.ca_file = Some(authority.leaf_file());
        let outcome = send(&server, patience(), LETTER).await;
        (outcome, rig)
    };
    // Also one that says it is an authority, as that of Proton Bridge does.
    for leaf in [Leaf::SelfSigned, Leaf::SelfSignedAuthority] {
        let (outcome, rig) = check(leaf).await;
        outcome.unwrap_or_else(|error| panic!("{leaf:?}: {error}"));
        assert_eq!(rig.letters().len(), 1);
    }
    for (leaf, says) in [(Leaf::WrongNameAuthority, "name"), (Leaf::ExpiredAuthority, "expired")] {
        let (outcome, rig) = check(leaf).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.kind, Kind::Hostile);
        assert!(error.to_string().contains(says), "{leaf:?}: {error}");
        assert_refused(&rig);
    }
    // And it is trusted where it is named, nowhere else.
    let (named, other) = (Authority::new(), Authority::new());
    named.server(Leaf::SelfSignedAuthority);
    let tls = Some(other.server(Leaf::SelfSignedAuthority));
    let rig = SmtpServer::start(Setup { tls, ..setup_start_tls(&Authority::new()) }).await;
    let mut server = protected(rig.port, Security::StartTls, &named);
    server.ca_file = Some(named.leaf_file());
    let error = send(&server, patience(), LETTER).await.unwrap_err();
    assert_eq!(error.kind, Kind::Hostile);
    assert!(error.to_string().contains("CA:FALSE"), "{error}");
    assert_refused(&rig);
}

#[tokio::test]
async fn starttls_that_is_missing_or_refused_is_no_reason_to_go_on() {
    let authority = Authority::new();
    let setup = Setup { offer: vec!["AUTH PLAIN", "SIZE 100"], ..setup_start_tls(&authority) };
    let rig = SmtpServer::start(setup).await;
    let error = send(&protected(rig.port, Security::StartTls, &authority), patience(), LETTER).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::StartTls, Kind::Hostile));
    assert_refused(&rig);

    let rig = SmtpServer::start(setup_start_tls(&authority)).await;
    rig.fault(Step::StartTls, Fault::Reply("454 4.7.0 TLS not available".to_owned()), 1);
    let error = send(&protected(rig.port, Security::StartTls, &authority), patience(), LETTER).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::StartTls, Kind::Transient));
    assert_refused(&rig);
}

/// Threat 29: replies behind the 220 in one packet would be read as said within TLS.
#[tokio::test]
async fn plaintext_behind_starttls_is_refused() {
    let authority = Authority::new();
    let rig = SmtpServer::start(setup_start_tls(&authority)).await;
    let check = async |step, bytes: &[u8]| {
        rig.reset();
        rig.fault(step, Fault::Raw(bytes.to_vec()), 1);
        let error = send(&protected(rig.port, Security::StartTls, &authority), patience(), LETTER).await.unwrap_err();
        assert_eq!(error.kind, Kind::Hostile, "{error}");
        assert!(error.text.contains("slipped in") || error.text.contains("out of turn"), "{error}");
        assert_refused(&rig);
    };
    check(Step::StartTls, b"220 go on\r\n250-rig\r\n250 AUTH PLAIN\r\n").await;
    check(Step::StartTls, b"220 go on\r\n2").await;
    check(Step::Greeting, b"220 rig\r\n250-rig\r\n250 STARTTLS\r\n").await;
    check(Step::Hello, b"250-rig\r\n250 STARTTLS\r\n220 go on\r\n").await;
}

/// A forged 250 in the packet of the 354 would be a letter lost.
#[tokio::test]
async fn replies_before_their_commands_are_refused() {
    let rig = SmtpServer::start(Setup::default()).await;
    for step in [Step::Mail, Step::Rcpt, Step::Data] {
        rig.reset();
        rig.fault(step, Fault::Raw(b"250 ok\r\n250 ok\r\n".to_vec()), 1);
        let error = send(&plain(rig.port), patience(), LETTER).await.unwrap_err();
        assert!(matches!(error.kind, Kind::Hostile | Kind::Unreachable), "{step:?}: {error}");
    }
    rig.reset();
    rig.fault(Step::Data, Fault::Raw(b"354 go\r\n250 taken\r\n".to_vec()), 1);
    let error = send(&plain(rig.port), patience(), LETTER).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::EndOfData, Kind::Hostile), "{error}");
}

/// No reply of any length or shape takes memory or hangs.
#[tokio::test]
async fn endless_replies_are_cut() {
    let rig = SmtpServer::start(Setup::default()).await;
    for step in [Step::Greeting, Step::Hello, Step::Mail, Step::EndOfData] {
        for bytes in [b"220".repeat(4_000_000), b"250-x\r\n".repeat(100_000), b"\r\n".repeat(10), vec![0; 100_000]] {
            rig.reset();
            rig.fault(step, Fault::Raw(bytes), 1);
            let error = send(&plain(rig.port), patience(), LETTER).await.unwrap_err();
            let expected: &[Kind] = match step {
                Step::EndOfData => &[Kind::Uncertain],
                _ => &[Kind::Hostile, Kind::Unreachable],
            };
            assert!(expected.contains(&error.kind), "{step:?}: {error}");
        }
    }
}

#[tokio::test]
async fn no_password_goes_out_in_plaintext() {
    let rig = SmtpServer::start(Setup { offer: vec!["AUTH PLAIN LOGIN"], ..Setup::default() }).await;
    let server = Server { login: login(), ..plain(rig.port) };
    let error = send(&server, patience(), LETTER).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Auth, Kind::Credentials));
    assert_refused(&rig);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let port = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        gone.local_addr().unwrap().port()
    };
    let error = send(&plain(port), patience(), LETTER).await.unwrap_err();
    assert_eq!((error.stage, error.kind), (Stage::Connect, Kind::Unreachable));
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
}

/// Neither letter nor login has left.
fn assert_refused(rig: &SmtpServer) {
    assert_eq!(rig.letters(), []);
    for line in rig.heard() {
        assert!(!line.starts_with("AUTH") && !line.starts_with("MAIL"), "{line}");
    }
    assert_no_credential(&rig.raw());
}

fn assert_no_credential(raw: &[u8]) {
    for secret in ["secret-of-ada".to_owned(), base64("secret-of-ada"), base64("\0ada\0secret-of-ada")] {
        assert!(!raw.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} was on the wire");
    }
}
