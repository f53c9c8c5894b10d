//! A private Cyrus IMAP on free ports of the loopback: users u0 and u1, password "pw"; IMAP, IMAPS and LMTP. Its programs lie
//! where `tests/cyrus` puts them, since its package cannot be installed beside Dovecot's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::certificates::{Authority, Leaf};
use super::imap_client::ImapClient;
use super::process;
use super::wait::{PATIENCE, until};

/// A running one; ended when dropped.
#[derive(Debug)]
pub struct Cyrus {
    folder: TempDir,
    authority: Authority,
    /// The port of IMAP without TLS.
    pub imap: u16,
    /// The port of IMAP with TLS.
    pub imaps: u16,
    /// The port of LMTP.
    pub lmtp: u16,
}

const USERS: [&str; 2] = ["u0", "u1"];
const TRIES: usize = 5;

impl Cyrus {
    /// Starts one.
    ///
    /// # Panics
    /// When it is not there or does not start.
    pub fn start() -> Self {
        let programs = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("cyrus");
        assert!(programs.join("bin/imapd").is_file(), "this test needs Cyrus IMAP: run `tests/run tools`");
        let folder = tempfile::tempdir().unwrap();
        // The user that it runs as may not be able to read where the tests are built.
        process::run(Command::new("cp").args(["-r", "--no-target-directory"]).arg(programs).arg(folder.path()));
        for name in ["state", "mail", "sockets", "locks", "processes", "tls"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let authority = Authority::new();
        let _ = authority.server(Leaf::Good);
        std::fs::copy(authority.leaf_file(), folder.path().join("tls/server.pem")).unwrap();
        std::fs::copy(authority.leaf_file().with_extension("key"), folder.path().join("tls/server.key")).unwrap();
        let mut cyrus = Self { folder, authority, imap: 0, imaps: 0, lmtp: 0 };
        cyrus.write("password", "pw");
        cyrus.write("imapd.conf", &cyrus.imapd_conf());
        process::give_away(cyrus.folder.path());
        USERS.iter().for_each(|user| cyrus.add(user));
        for _ in 0..TRIES {
            (cyrus.imap, cyrus.imaps, cyrus.lmtp) = (process::free_port(), process::free_port(), process::free_port());
            cyrus.write("cyrus.conf", &cyrus.services());
            process::give_away(cyrus.folder.path());
            if cyrus.try_start() {
                return cyrus;
            }
        }
        panic!("Cyrus does not start: {}", std::fs::read_to_string(cyrus.path("said")).unwrap_or_default());
    }

    /// An `[[account]]` of this server over TLS; the password lies in `home`.
    pub fn account(&self, home: &super::daemon::Home, user: &str, keys: &str) -> String {
        let password = home.secret("imap-password", "pw\n");
        let (port, ca_file) = (self.imaps, self.authority.ca_file());
        format!(
            "[[account]]\nname = \"{user}\"\nhost = \"localhost\"\nport = {port}\nca_file = \"{}\"\nusername = \"{user}\"\n\
             password = {password}\n{keys}\n",
            ca_file.display()
        )
    }

    /// A session of a user.
    pub fn client(&self, user: &str) -> ImapClient {
        ImapClient::login(self.imap, user).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// One of its programs, which finds its libraries and the plug-ins of SASL beside it.
    fn program(&self, name: &str) -> Command {
        let mut command = process::unprivileged(&self.path("bin").join(name));
        command.env("LD_LIBRARY_PATH", self.path("lib")).env("SASL_PATH", self.path("sasl2")).stdin(Stdio::null());
        command
    }

    fn add(&self, user: &str) {
        let password = std::fs::File::open(self.path("password")).unwrap();
        let mut command = self.program("saslpasswd2");
        command.args(["-p", "-c", "-u", "localhost", "-f"]).arg(self.path("sasldb2")).arg(user).stdin(password);
        assert!(command.status().unwrap().success(), "saslpasswd2 adds {user}");
    }

    /// Ready when a login succeeds, which also makes the INBOX.
    fn try_start(&self) -> bool {
        let said = std::fs::File::create(self.path("said")).unwrap();
        let mut command = self.program("master");
        command.arg("-d").arg("-C").arg(self.path("imapd.conf")).arg("-M").arg(self.path("cyrus.conf"));
        command.arg("-p").arg(self.path("master.pid")).arg("-L").arg(self.path("log"));
        if !command.stdout(said.try_clone().unwrap()).stderr(said).status().unwrap().success() {
            return false;
        }
        for user in USERS {
            until(PATIENCE, "a login to Cyrus succeeds", || ImapClient::login(self.imap, user).ok());
        }
        true
    }

    fn imapd_conf(&self) -> String {
        let here = self.folder.path().display();
        let (user, group) = process::server_owner();
        format!(
            "servername: localhost
cyrus_user: {user}
cyrus_group: {group}
configdirectory: {here}/state
defaultpartition: default
partition-default: {here}/mail
proc_path: {here}/processes
mboxname_lockpath: {here}/locks
lmtpsocket: {here}/sockets/lmtp
idlesocket: {here}/sockets/idle
notifysocket: {here}/sockets/notify
idlemethod: poll
imapidlepoll: 1
altnamespace: yes
unixhierarchysep: yes
autocreate_quota: 0
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {here}/sasldb2
sasl_mech_list: PLAIN
tls_server_cert: {here}/tls/server.pem
tls_server_key: {here}/tls/server.key
tls_session_timeout: 0
"
        )
    }

    fn services(&self) -> String {
        let (imap, imaps, lmtp) = (self.imap, self.imaps, self.lmtp);
        let (programs, conf) = (self.path("bin"), self.path("imapd.conf"));
        let run = |program: &str| format!("{}/{program} -C {}", programs.display(), conf.display());
        let service = |name: &str, command: String, port: u16| {
            format!("  {name} cmd=\"{command}\" listen=\"127.0.0.1:{port}\" proto=\"tcp4\" prefork=0\n")
        };
        [
            format!("START {{\n  recover cmd=\"{} -r\"\n}}\nSERVICES {{\n", run("ctl_cyrusdb")),
            service("imap", run("imapd"), imap),
            service("imaps", run("imapd") + " -s", imaps),
            service("lmtp", run("lmtpd") + " -a", lmtp),
            "}\nEVENTS {\n}\n".to_owned(),
        ]
        .concat()
    }
}

impl Drop for Cyrus {
    fn drop(&mut self) {
        process::end(&self.path("master.pid"));
    }
}
