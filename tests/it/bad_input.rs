//! Everything around the daemon is broken in turn: folders, disks, configuration, secrets, servers. It says what is wrong, keeps
//! no mail from its reader, works on for the account that is well, and tells nobody what the mail says.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio_rustls::TlsAcceptor;

use crate::rig::certificates::{Authority, Leaf};
use crate::rig::daemon::{Daemon, Home, INTO_FOLDER, PERSON, YEARLY};
use crate::rig::dialogue::{Dialogue, Say, Server};
use crate::rig::maildir;
use crate::rig::process::is_root;
use crate::rig::wait::{PATIENCE, until, until_true};

const GOOD: &str = "[[account]]\nname = \"good\"\nmaildir = \"Mail\"\nhold_in = \"Held\"\n";
const RULES: &str = "[[rule]]\nname = \"word\"\nsubject = \"pager\"\nurgency = \"urgent\"\n";

/// What must not be found anywhere but in the mail, the configuration and the state folder.
const CANARY: &str = "canary7f3a";

fn home() -> Home {
    let home = Home::new();
    maildir::make(&home.path().join("Mail"));
    home.configure(&[PERSON, INTO_FOLDER, GOOD, RULES, YEARLY]);
    home
}

/// A mail with the canary in every part.
fn mail(subject: &str) -> Vec<u8> {
    format!(
        "From: {CANARY}-name <{CANARY}-sender@example.net>\r\nTo: {CANARY}-recipient@test.example\r\n\
         Subject: {subject} {CANARY}-subject\r\nMessage-ID: <{CANARY}-{}@example.net>\r\nX-Other: {CANARY}-header\r\n\r\n\
         {CANARY}-body\r\n",
        subject.replace(' ', "-")
    )
    .into_bytes()
}

/// The daemon ends by itself; its exit code.
fn ends(home: &Home) -> i32 {
    let mut daemon = home.spawn();
    let status = until(PATIENCE, "the daemon ends by itself", || daemon.child().try_wait().unwrap());
    status.code().unwrap_or(-1)
}

/// A mail that can wait is held by the account "good" within seconds.
fn good_account_holds(daemon: &Daemon<'_>, subject: &str) {
    let folder = daemon.home.path().join("Mail");
    let begun = Instant::now();
    maildir::deliver(&folder, &mail(subject));
    let there = || maildir::subjects(&folder, "Held").iter().any(|one| one.starts_with(subject));
    until_true(PATIENCE, "the mail is held", there);
    // The folder is looked at every two seconds; the rest is for a busy machine.
    assert!(begun.elapsed() < Duration::from_secs(10), "held after {:?}", begun.elapsed());
}

fn source(status: &Value, name: &str) -> Value {
    let sources = status["sources"].as_array().unwrap();
    sources.iter().find(|source| source["name"] == name).unwrap().clone()
}

/// Nothing of a mail or of a secret in what was said, or in what others see of the process.
fn tells_nothing(daemon: &Daemon<'_>) {
    let mut places = vec![("the log", daemon.home.log()), ("what systemd hears", daemon.said().join("\n"))];
    for file in ["environ", "cmdline", "comm", "status"] {
        // What nobody but root can read tells nothing.
        let bytes = match fs::read(format!("/proc/{}/{file}", daemon.pid())) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => continue,
            read => read.unwrap(),
        };
        places.push((file, String::from_utf8_lossy(&bytes).into_owned()));
    }
    for (place, text) in places {
        let found = text.lines().find(|line| line.to_ascii_lowercase().contains(CANARY));
        assert!(found.is_none(), "in {place}: {found:?}");
    }
    assert!(!daemon.home.log().contains("panicked"));
}

#[test]
fn a_state_folder_that_is_none_is_a_reason_to_try_again() {
    let home = home();
    fs::remove_dir(home.state()).unwrap();
    home.write("state", "a file");
    assert_eq!(ends(&home), 75);
    assert!(home.log().contains("state"), "{}", home.log());
}

/// Mounts a tmpfs; gone when dropped.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    /// `None`: this machine lets nobody mount.
    fn new(path: &'a Path, options: &str) -> Option<Self> {
        let mut mount = Command::new("mount");
        let done = mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(path).output();
        let mounted = is_root() && done.is_ok_and(|done| done.status.success());
        if !mounted {
            println!("not run: nothing can be mounted here");
        }
        mounted.then_some(Self(path))
    }

    fn change(&self, options: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_state_folder_that_cannot_be_written_is_a_reason_to_try_again() {
    let home = home();
    let state = home.state();
    let folder = home.path().join("Mail");
    maildir::deliver(&folder, &mail("before"));
    if is_root() {
        let Some(_mount) = Mount::new(&state, "ro,size=8m") else { return };
        assert_eq!(ends(&home), 75);
    } else {
        fs::set_permissions(&state, Permissions::from_mode(0o500)).unwrap();
        assert_eq!(ends(&home), 75);
        fs::set_permissions(&state, Permissions::from_mode(0o700)).unwrap();
    }
    assert!(home.log().contains(&state.display().to_string()), "{}", home.log());
    assert_eq!(maildir::files(&folder, "").len(), 1, "the mail is where it was");
}

#[test]
fn a_disk_that_is_full_keeps_no_mail() {
    let home = home();
    let forwards = format!("{GOOD}forward_urgent_to = \"ada@phone.example\"\n");
    home.configure(&[PERSON, INTO_FOLDER, &forwards, RULES, YEARLY]);
    let state = home.state();
    let folder = home.path().join("Mail");
    // Too small for the store itself.
    let Some(mount) = Mount::new(&state, "size=2m,mode=700") else { return };
    let mut daemon = home.spawn();
    maildir::deliver(&folder, &mail("on a tiny disk"));
    let (socket, begun) = (home.path().join("run/control.sock"), Instant::now());
    let status = until(PATIENCE, "it ends or goes on", || {
        let ended = daemon.child().try_wait().unwrap();
        (ended.is_some() || (socket.exists() && begun.elapsed() > Duration::from_secs(5))).then_some(ended)
    });
    if let Some(status) = status {
        assert_eq!(status.code(), Some(75), "{}", home.log());
    } else {
        assert!(daemon.json(&["status"])["degraded"].is_string(), "{}", home.log());
    }
    assert_eq!(maildir::files(&folder, "").len(), 1, "the mail is where it was");
    assert!(!home.log().contains("panicked"), "{}", home.log());
    drop(daemon);

    // Large enough for the store, and nearly full: nothing is held. Once there is room again, it is.
    mount.change("size=100m");
    let daemon = home.start();
    daemon.until("it says that nothing is held", |status| status["degraded"].is_string());
    maildir::deliver(&folder, &mail("on a full disk"));
    daemon.until("it has looked", |status| source(status, "good")["state"] == "watching" && status["errands"] == 0);
    until_true(PATIENCE, "the mail passes", || home.log().contains(" passes"));
    assert_eq!(maildir::files(&folder, "Held").len(), 0);
    // What is urgent passes in quiet hours, too, and nobody will send it on later.
    daemon.tell(&["pause", "--until", "2h"]);
    maildir::deliver(&folder, &mail("pager at night"));
    until_true(PATIENCE, "it is sent on", || home.letters().len() == 1);
    assert_eq!(maildir::files(&folder, "Held").len(), 0);
    daemon.tell(&["resume"]);
    mount.change("size=2g");
    daemon.until("there is room again", |status| status["degraded"].is_null());
    good_account_holds(&daemon, "with room again");
    tells_nothing(&daemon);
    daemon.stop();
    drop(mount);
}

#[test]
fn a_control_socket_that_cannot_be_is_said() {
    // The folder is made where it is missing.
    let home = home();
    fs::remove_dir(home.path().join("run")).unwrap();
    home.start().stop();
    // A file in its place, a folder in the socket's place.
    let _ = fs::remove_dir_all(home.path().join("run"));
    home.write("run", "a file");
    assert_eq!(ends(&home), 75);
    fs::remove_file(home.path().join("run")).unwrap();
    fs::create_dir_all(home.path().join("run/control.sock/in the way")).unwrap();
    assert_eq!(ends(&home), 75);
    assert!(home.log().contains("control.sock") || home.log().contains("run"), "{}", home.log());
    fs::remove_dir_all(home.path().join("run")).unwrap();
    // Two daemons never work the same store.
    let first = home.start();
    let mut second = home.command(&["run"]);
    second.env("RUNTIME_DIRECTORY", home.path().join("other-run"));
    let output = second.output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{}", String::from_utf8_lossy(&output.stderr));
    good_account_holds(&first, "the first goes on");
    first.stop();
    let (code, _, err) = home.run(&["status"]);
    assert_eq!((code, err.contains("not running")), (3, true), "{err}");
}

#[test]
fn a_configuration_with_errors_starts_nothing() {
    let check = |pieces: &[&str], said: &str| {
        let home = home();
        home.configure(pieces);
        let (code, out, err) = home.run(&["check"]);
        assert_eq!(code, 2, "{out}{err}");
        assert!(format!("{out}{err}").contains(said), "{out}{err}");
        assert_eq!(ends(&home), 78);
        assert!(home.log().contains(said), "{}", home.log());
        assert!(fs::read_dir(home.state()).unwrap().next().is_none(), "nothing was begun");
    };
    check(&["timezone = "], "not TOML");
    check(&[PERSON, INTO_FOLDER, GOOD, RULES, YEARLY, "[smpt]\nx = 1"], "smpt");
    check(&[PERSON, INTO_FOLDER, GOOD, "[[digest]]\nname = \"a\"\nschedule = \"0 25 * * *\"\n"], "25");
    check(&[&PERSON.replace("Etc/UTC", "Mars/Base"), INTO_FOLDER, GOOD, YEARLY], "Mars/Base");
    let secret =
        "[[account]]\nname = \"a\"\nhost = \"imap.test.example\"\nusername = \"a\"\npassword = { file = \"gone\" }\n";
    check(&[PERSON, INTO_FOLDER, secret, YEARLY], "gone");
    // The unit loads no credentials: no later try will have them. At a shell that is no fault.
    let home = home();
    home.configure(&[PERSON, INTO_FOLDER, &secret.replace("file", "credential"), YEARLY]);
    assert_eq!((home.run(&["check"]).0, ends(&home)), (0, 78));
    assert!(home.log().contains("the credential \"gone\" is not there: the unit loads none"), "{}", home.log());
    let home = self::home();
    fs::remove_file(home.path().join("tidings.toml")).unwrap();
    assert_eq!((home.run(&["check"]).0, ends(&home)), (2, 78));
}

#[test]
fn a_secret_that_others_may_read_is_refused() {
    let home = home();
    let secret = home.secret("secret", &format!("{CANARY}-password"));
    let account =
        format!("[[account]]\nname = \"a\"\nhost = \"imap.test.example\"\nusername = \"a\"\npassword = {secret}\n");
    home.configure(&[PERSON, INTO_FOLDER, &account, YEARLY]);
    fs::set_permissions(home.path().join("secret"), Permissions::from_mode(0o644)).unwrap();
    let (code, out, err) = home.run(&["check"]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(!format!("{out}{err}").contains(CANARY));
    assert_eq!(ends(&home), 78);
    assert!(!home.log().contains(CANARY), "{}", home.log());
}

#[test]
fn a_maildir_that_appears_later_is_watched_then() {
    let home = home();
    let later = "[[account]]\nname = \"later\"\nmaildir = \"Later\"\nhold_in = \"Held\"\nfirst_run = \"classify\"\n";
    home.configure(&[PERSON, INTO_FOLDER, GOOD, later, RULES, YEARLY]);
    let daemon = home.start();
    let status = daemon.until("it is said", |status| source(status, "later")["state"] == "failed");
    let said = source(&status, "later")["error"].as_str().unwrap().to_owned();
    assert!(said.contains("Later"), "{said}");
    good_account_holds(&daemon, "meanwhile");
    let folder = home.path().join("Later");
    maildir::make(&folder);
    let begun = Instant::now();
    maildir::deliver(&folder, &mail("later"));
    until_true(PATIENCE, "the mail is held", || !maildir::files(&folder, "Held").is_empty());
    assert!(begun.elapsed() < Duration::from_secs(30), "after {:?}", begun.elapsed());
    daemon.settled();
    tells_nothing(&daemon);
    // And it goes away again, while it is watched.
    fs::rename(&folder, home.path().join("Away")).unwrap();
    daemon.until("it is said", |status| source(status, "later")["state"] == "failed");
    good_account_holds(&daemon, "meanwhile again");
    fs::rename(home.path().join("Away"), &folder).unwrap();
    daemon.until("it is back", |status| source(status, "later")["state"] == "watching");
    daemon.stop();
}

#[test]
fn a_hold_mailbox_that_cannot_be_lets_mail_stay_and_lists_it() {
    let home = home();
    let folder = home.path().join("Mail");
    fs::write(folder.join(".Held"), "a file in the way").unwrap();
    let daemon = home.start();
    maildir::deliver(&folder, &mail("first"));
    maildir::deliver(&folder, &mail("second"));
    daemon.until("both are held by reference", |status| status["held"] == 2 && status["errands"] == 0);
    assert_eq!(maildir::files(&folder, "").len(), 2, "they stay where they are");
    let status = daemon.json(&["status"]);
    assert!(source(&status, "good")["error"].as_str().unwrap().contains("Held"), "{status}");
    let said = home.log().lines().filter(|line| line.contains("WARN") && line.contains("Held")).count();
    assert!((1..=2).contains(&said), "once at the start, once when it takes nothing:\n{}", home.log());
    daemon.tell(&["digest", "now", "--wait"]);
    daemon.settled();
    let letter = String::from_utf8_lossy(&home.letters()[0]).into_owned();
    assert!(letter.contains("first") && letter.contains("second"), "{letter}");
    assert_eq!(maildir::files(&folder, "").len(), 2);
    tells_nothing(&daemon);
    daemon.stop();
}

fn imap(name: &str, port: u16, more: &str) -> String {
    format!(
        "[[account]]\nname = \"{name}\"\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\n\
         username = \"{CANARY}-user@test.example\"\npassword = {{ file = \"secret\" }}\nhold_in = \"Held\"\n{more}\n"
    )
}

/// A TLS server that has nothing to say.
async fn tls(acceptor: TlsAcceptor) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(_stream) = acceptor.accept(tcp).await else { return };
                std::future::pending::<()>().await;
            });
        }
    });
    port
}

fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A broken account, and what `status` says of it.
struct Broken {
    name: &'static str,
    account: String,
    says: &'static str,
}

/// The servers of the broken accounts.
struct Servers {
    wrong: Server,
    disabled: Server,
    known: Server,
    silent: Server,
    /// Nobody looks at what these hear.
    others: Vec<Server>,
    authorities: [Authority; 2],
}

impl Servers {
    async fn start() -> Self {
        let echo = format!("T NO [AUTHENTICATIONFAILED] no {CANARY}-user@test.example with {CANARY}-password");
        let greets = |says: Vec<Say>| Server::start(vec![Dialogue::greeting(says)]);
        let line = |line: &str| Say::Line(line.to_owned());
        Self {
            wrong: Server::start(vec![Dialogue::with("").lines("LOGIN", &[&echo])]).await,
            disabled: Server::start(vec![Dialogue::with("LOGINDISABLED")]).await,
            known: greets(vec![line("* PREAUTH hello")]).await,
            silent: greets(vec![Say::Silence]).await,
            others: vec![
                greets(vec![line("* BYE too many connections"), Say::Close]).await,
                greets(vec![Say::Raw(vec![0xff; 5000]), Say::Close]).await,
                // However often it is selected.
                Server::start(vec![(0..20).fold(Dialogue::with(""), |dialogue, _| {
                    dialogue.lines("SELECT", &["T NO [NONEXISTENT] no such mailbox"])
                })])
                .await,
            ],
            authorities: [Authority::new(), Authority::new()],
        }
    }

    async fn accounts(&self) -> Vec<Broken> {
        let broken = |name, account, says| Broken { name, account, says };
        let plain = |name, server: &Server, says| broken(name, imap(name, server.port, ""), says);
        let [bye, noise, absent] = &self.others[..] else { panic!("three others") };
        let mut all = vec![
            plain("wrong", &self.wrong, "refused the login"),
            plain("disabled", &self.disabled, "LOGINDISABLED"),
            plain("known", &self.known, "logged in although nothing is encrypted"),
            plain("bye", bye, "too many connections"),
            plain("noise", noise, "the connection"),
            broken("closed", imap("closed", closed_port(), ""), "refuses connections"),
            broken("absent", imap("absent", absent.port, "watch = \"Absent\""), "SELECT"),
        ];
        let [expired, renamed] = &self.authorities;
        for (name, authority, leaf, says) in [
            ("expired", expired, Leaf::Expired, "has expired"),
            ("renamed", renamed, Leaf::WrongName, "does not carry this name"),
        ] {
            let port = tls(authority.server(leaf)).await;
            let ca_file = format!("ca_file = \"{}\"", authority.ca_file().display());
            all.push(broken(name, imap(name, port, &ca_file).replace("\"plain\"", "\"tls\""), says));
        }
        all
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_accounts_are_named_and_do_not_hold_up_the_one_that_is_well() {
    let servers = Servers::start().await;
    let broken = servers.accounts().await;
    let home = home();
    home.secret("secret", &format!("{CANARY}-password"));
    let mut pieces = vec![PERSON, INTO_FOLDER, GOOD];
    pieces.extend(broken.iter().map(|one| one.account.as_str()));
    let stalled = imap("silent", servers.silent.port, "");
    pieces.extend([stalled.as_str(), RULES, YEARLY]);
    home.configure(&pieces);

    let begun = Instant::now();
    let daemon = home.start();
    good_account_holds(&daemon, "at once");
    println!("ready and held after {:?}", begun.elapsed());
    let status = daemon.until("each broken account has failed", |status| {
        broken.iter().all(|one| source(status, one.name)["error"].is_string())
    });
    for one in &broken {
        let source = source(&status, one.name);
        let error = source["error"].as_str().unwrap();
        assert!(error.contains(one.says), "{}: {error}", one.name);
        assert_ne!(source["state"], "watching");
    }
    assert_eq!(source(&status, "silent")["state"], "connecting");

    // A wrong password is not tried again soon: servers lock out what hammers at them.
    let refused = source(&status, "wrong");
    let time = |key: &str| refused[key].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(time("next_try").duration_since(time("since")).as_secs() >= 55, "{refused}");
    good_account_holds(&daemon, "still at once");
    let logins = servers.wrong.said().iter().filter(|line| line.starts_with("LOGIN")).count();
    assert_eq!(logins, 1);
    for insecure in [&servers.disabled, &servers.known] {
        assert!(
            !insecure.said().iter().any(|line| line.contains(CANARY)),
            "a password was sent: {:?}",
            insecure.said()
        );
    }
    tells_nothing(&daemon);
    daemon.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_is_used_within_seconds() {
    let port = closed_port();
    let home = home();
    home.secret("secret", &format!("{CANARY}-password"));
    home.configure(&[PERSON, INTO_FOLDER, GOOD, &imap("away", port, ""), RULES, YEARLY]);
    let daemon = home.start();
    daemon.until("it has failed", |status| source(status, "away")["state"] == "failed");
    good_account_holds(&daemon, "meanwhile");
    let server = Server::start_at(port, vec![Dialogue::with("IDLE MOVE UIDPLUS")]).await;
    let begun = Instant::now();
    daemon.until("it is watched", |status| source(status, "away")["state"] == "watching");
    assert!(begun.elapsed() < Duration::from_secs(10), "after {:?}", begun.elapsed());
    assert!(source(&daemon.json(&["status"]), "away")["error"].is_null());
    drop(server);
    daemon.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_out_that_is_closed_holds_up_no_judging() {
    let home = home();
    let smtp = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"plain\"\nfrom = \"tidings@test.example\"\n",
        closed_port()
    );
    home.configure(&[PERSON, &smtp, GOOD, RULES, YEARLY]);
    let daemon = home.start();
    good_account_holds(&daemon, "first");
    daemon.tell(&["digest", "now"]);
    daemon.until("the letter waits", |status| status["outbox"] == 1);
    good_account_holds(&daemon, "second");
    let folder = home.path().join("Mail");
    maildir::deliver(&folder, &mail("pager"));
    daemon.until("the urgent one has passed", |_| home.log().contains(" passes"));
    assert_eq!(maildir::files(&folder, "").len(), 1);
    let letters = daemon.json(&["outbox"]);
    assert!(letters[0]["error"].as_str().unwrap().contains("refuses connections"), "{letters}");
    tells_nothing(&daemon);
    // It stops at once all the same, and the letter is still there afterwards.
    daemon.stop();
    let daemon = home.start();
    assert_eq!(daemon.count("outbox"), 1);
    daemon.stop();
}
