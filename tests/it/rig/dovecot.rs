//! A private Dovecot on free ports of the loopback: users u0, u1, ..., password "pw"; IMAP, IMAPS and LMTP; Maildir.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;

use super::certificates::{Authority, Leaf};
use super::imap_client::ImapClient;
use super::process;
use super::wait::{PATIENCE, until};

/// How this Dovecot differs from the usual one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes<'a> {
    /// What it does not say it can, like "MOVE".
    pub without: &'a [&'a str],
    /// Further settings.
    pub settings: &'a str,
}

/// A running one; ended when dropped.
#[derive(Debug)]
pub struct Dovecot {
    folder: TempDir,
    authority: Authority,
    /// The port of IMAP without TLS.
    pub imap: u16,
    /// The port of IMAP with TLS.
    pub imaps: u16,
    /// The port of LMTP.
    pub lmtp: u16,
}

/// What Debian's 2.3 can after login; a server that says so can less.
const CAN: &str = "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ UIDPLUS MOVE UNSELECT CHILDREN NAMESPACE \
    ESEARCH SEARCHRES WITHIN LIST-EXTENDED LIST-STATUS CONDSTORE SPECIAL-USE";
const NAMESPACE: &str = "\
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
  mailbox Trash {
    auto = create
    special_use = \\Trash
  }
}
";
/// Where nobody is root, nobody can be jailed.
const UNJAILED: &str = "\
service anvil {
  chroot =
}
service stats {
  chroot =
}
";
const USERS: usize = 4;
const TRIES: usize = 5;

impl Dovecot {
    /// The usual one.
    pub fn start() -> Self {
        Self::with(Wishes::default())
    }

    /// One that differs.
    ///
    /// # Panics
    /// When it is not installed or does not start.
    pub fn with(wishes: Wishes<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        let _ = authority.server(Leaf::Good);
        for name in ["run", "state", "mail", "home", "tls"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let users: String = (0..USERS).map(|user| format!("u{user}:{{PLAIN}}pw\n")).collect();
        std::fs::write(folder.path().join("passwd"), users).unwrap();
        std::fs::copy(authority.leaf_file(), folder.path().join("tls/server.pem")).unwrap();
        std::fs::copy(authority.leaf_file().with_extension("key"), folder.path().join("tls/server.key")).unwrap();
        let mut dovecot = Self { folder, authority, imap: 0, imaps: 0, lmtp: 0 };
        for _ in 0..TRIES {
            (dovecot.imap, dovecot.imaps, dovecot.lmtp) =
                (process::free_port(), process::free_port(), process::free_port());
            std::fs::write(dovecot.path("dovecot.conf"), dovecot.settings(wishes)).unwrap();
            process::give_away(dovecot.folder.path());
            if dovecot.try_start() {
                return dovecot;
            }
        }
        panic!("dovecot does not start: {}", dovecot.log());
    }

    /// The folder it lives in.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The Maildir of a user.
    pub fn maildir(&self, user: &str) -> PathBuf {
        self.path("mail").join(user)
    }

    /// The certificate to be trusted.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.ca_file()
    }

    /// The certificate and key of "localhost", PEM.
    pub fn certificate(&self) -> (PathBuf, PathBuf) {
        (self.path("tls/server.pem"), self.path("tls/server.key"))
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// An `[[account]]` of this server over TLS; the password lies in `home`.
    pub fn account(&self, home: &super::daemon::Home, user: &str, keys: &str) -> String {
        let password = home.secret("imap-password", "pw\n");
        format!(
            "[[account]]\nname = \"{user}\"\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\nusername = \"{user}\"\n\
             password = {password}\n{keys}\n",
            self.imaps,
            self.ca_file().display()
        )
    }

    /// A session of a user.
    pub fn client(&self, user: &str) -> ImapClient {
        ImapClient::login(self.imap, user).unwrap()
    }

    /// Ends it; mail stays.
    pub fn stop(&self) {
        process::end(&self.path("run/master.pid"));
    }

    /// Starts it again on the same ports.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        assert!(self.try_start(), "dovecot does not start again: {}", self.log());
    }

    /// Ready when a login succeeds: its authentication starts lazily.
    fn try_start(&self) -> bool {
        let mut command = process::unprivileged(&process::program("dovecot", "dovecot-imapd"));
        // What stays behind keeps its output open: a file, then, and no pipe that would never end.
        let said = std::fs::File::create(self.path("started")).unwrap();
        command.arg("-c").arg(self.path("dovecot.conf")).stdin(Stdio::null());
        let status = command.stdout(said.try_clone().unwrap()).stderr(said).status().unwrap();
        if !status.success() {
            eprintln!("dovecot: {}", std::fs::read_to_string(self.path("started")).unwrap());
            return false;
        }
        until(PATIENCE, "a login to dovecot succeeds", || ImapClient::login(self.imap, "u0").ok());
        true
    }

    fn settings(&self, wishes: Wishes<'_>) -> String {
        let (user, group) = process::server_owner();
        let can: Vec<&str> = CAN.split(' ').filter(|can| !wishes.without.contains(can)).collect();
        let capability =
            if wishes.without.is_empty() { String::new() } else { format!("imap_capability = {}\n", can.join(" ")) };
        let (imap, imaps, lmtp) = (self.imap, self.imaps, self.lmtp);
        let settings = wishes.settings;
        let here = self.folder.path().display();
        format!(
            "protocols = imap lmtp
base_dir = {here}/run
state_dir = {here}/state
log_path = {here}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_vsz_limit = 0
first_valid_uid = 1
first_valid_gid = 1
listen = 127.0.0.1
ssl = yes
ssl_cert = <{here}/tls/server.pem
ssl_key = <{here}/tls/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %Ln
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {here}/passwd
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={here}/home/%u
}}
mail_location = maildir:{here}/mail/%u
mail_max_userip_connections = 100
{capability}{NAMESPACE}service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  unix_listener imap-master {{
    user = {user}
    mode = 0600
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
{UNJAILED}{settings}
"
        )
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder of a mailbox in a Maildir: `.Held` of `Held`.
pub fn subfolder(maildir: &Path, mailbox: &str) -> PathBuf {
    maildir.join(format!(".{}", mailbox.replace('/', ".")))
}
