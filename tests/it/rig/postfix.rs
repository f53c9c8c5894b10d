//! A private Postfix in front of a private Dovecot: submission with STARTTLS, and smtps; recipients `USER@test.example`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::dovecot::Dovecot;
use super::process;
use super::wait::{PATIENCE, until};

/// A running one; stopped when dropped.
#[derive(Debug)]
pub struct Postfix {
    folder: TempDir,
    /// The port that requires nothing.
    pub plain: u16,
    /// The port of STARTTLS.
    pub submission: u16,
    /// The port of TLS from the first byte.
    pub smtps: u16,
}

/// The largest message it takes, octets: what EHLO says as SIZE.
pub const SIZE: u64 = 2_000_000;
const TRIES: usize = 5;

impl Postfix {
    /// Starts one that hands mail to `dovecot` by LMTP.
    ///
    /// # Panics
    /// When it does not start; and without root, which Postfix's master needs.
    pub fn start(dovecot: &Dovecot) -> Self {
        assert!(process::is_root(), "this test needs root: Postfix's master runs as nobody else");
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["conf", "queue", "data", "log"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        process::run(Command::new("chown").arg("postfix").arg(folder.path().join("data")));
        let mut postfix = Self { folder, plain: 0, submission: 0, smtps: 0 };
        for _ in 0..TRIES {
            (postfix.plain, postfix.submission, postfix.smtps) =
                (process::free_port(), process::free_port(), process::free_port());
            std::fs::write(postfix.path("conf/main.cf"), postfix.main_cf(dovecot)).unwrap();
            std::fs::write(postfix.path("conf/master.cf"), postfix.master_cf()).unwrap();
            if postfix.postfix("start") {
                let ports = [postfix.plain, postfix.submission, postfix.smtps];
                until(PATIENCE, "postfix listens", || {
                    ports.iter().all(|port| std::net::TcpStream::connect(("127.0.0.1", *port)).is_ok()).then_some(())
                });
                return postfix;
            }
        }
        panic!("postfix does not start: {}", postfix.log());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log/maillog")).unwrap_or_default()
    }

    /// The `[smtp]` table over TLS from the first byte.
    pub fn way_out(&self, dovecot: &Dovecot) -> String {
        self.table(self.smtps, "tls", dovecot)
    }

    /// The `[smtp]` table over STARTTLS.
    pub fn way_out_by_starttls(&self, dovecot: &Dovecot) -> String {
        self.table(self.submission, "starttls", dovecot)
    }

    fn table(&self, port: u16, security: &str, dovecot: &Dovecot) -> String {
        let ca = dovecot.ca_file();
        format!(
            "[smtp]\nhost = \"localhost\"\nport = {port}\nsecurity = \"{security}\"\nca_file = \"{}\"\n\
             from = \"Tidings <tidings@test.example>\"\n",
            ca.display()
        )
    }

    fn postfix(&self, word: &str) -> bool {
        let mut command = Command::new(process::program("postfix", "postfix"));
        let said = std::fs::File::create(self.path("started")).unwrap();
        command.arg("-c").arg(self.path("conf")).arg(word).stdin(Stdio::null());
        let status = command.stdout(said.try_clone().unwrap()).stderr(said).status().unwrap();
        if !status.success() {
            eprintln!("postfix {word}: {}", std::fs::read_to_string(self.path("started")).unwrap());
        }
        status.success()
    }

    fn main_cf(&self, dovecot: &Dovecot) -> String {
        let (certificate, key) = dovecot.certificate();
        let (here, lmtp) = (self.folder.path().display(), dovecot.lmtp);
        let (certificate, key) = (certificate.display(), key.display());
        format!(
            "compatibility_level = 3.6
queue_directory = {here}/queue
data_directory = {here}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {here}/log/maillog
maillog_file_prefixes = {here}
myhostname = localhost
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = test.example
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
default_transport = error:nothing leaves this machine
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtp_tls_security_level = none
message_size_limit = {SIZE}
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"
        )
    }

    fn master_cf(&self) -> String {
        let (plain, submission, smtps) = (self.plain, self.submission, self.smtps);
        format!(
            "127.0.0.1:{plain} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
lmtp      unix - - n - - lmtp
smtp      unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
showq     unix n - n - - showq
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
proxymap  unix - - n - - proxymap
tlsmgr    unix - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"
        )
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.postfix("stop");
    }
}
