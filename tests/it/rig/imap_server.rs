//! A private Dovecot, started and stopped by the shared bench scripts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Where the shared data lies; `None`, with a line that says so, when it is not there.
pub fn shared(what: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TIDINGS_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let path = folder.join(what);
    if !path.exists() {
        println!("not run: \"{}\" is missing", path.display());
        return None;
    }
    Some(path)
}

/// A running Dovecot with users `u0`, `u1` ... whose password is `pw`.
pub struct Dovecot {
    dir: TempDir,
    down: PathBuf,
    env: HashMap<String, String>,
}

impl Dovecot {
    /// Starts one; `None` where the shared scripts are missing.
    ///
    /// # Panics
    /// With a sentence where Dovecot is not installed or does not start.
    pub fn start(users: u32) -> Option<Self> {
        let (up, down) = (shared("bench/dovecot_up")?, shared("bench/dovecot_down")?);
        let dir = tempfile::tempdir().unwrap();
        // Into a file, not a pipe: the daemon keeps what it inherits open, and nobody would see the end.
        let log = dir.path().join("start.log");
        let (out, err) =
            (std::fs::File::create(&log).unwrap(), std::fs::File::options().append(true).open(&log).unwrap());
        let status = Command::new(&up).arg(dir.path()).arg(users.to_string()).stdout(out).stderr(err).status().unwrap();
        let printed = std::fs::read_to_string(&log).unwrap();
        assert!(status.success(), "Dovecot does not start; install dovecot-imapd and dovecot-lmtpd: {printed}");
        let pairs = printed.lines().filter_map(|line| line.split_once('='));
        let env = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Some(Self { dir, down, env })
    }

    /// Its plain port on 127.0.0.1.
    pub fn imap_port(&self) -> u16 {
        self.env["IMAP_PORT"].parse().unwrap()
    }

    /// Its TLS port on 127.0.0.1; the certificate is for `localhost` and 127.0.0.1.
    pub fn imaps_port(&self) -> u16 {
        self.env["IMAPS_PORT"].parse().unwrap()
    }

    /// The root certificate, PEM.
    pub fn ca_file(&self) -> PathBuf {
        PathBuf::from(&self.env["CA"])
    }

    /// Runs `doveadm` on it.
    pub fn doveadm(&self, arguments: &[&str]) -> String {
        let output = Command::new("doveadm").arg("-c").arg(&self.env["CONF"]).args(arguments).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let _ = Command::new(&self.down).arg(self.dir.path()).status();
    }
}

/// A proxy to a port on loopback that writes another word of the same length wherever the server writes this one: a server
/// without MOVE, for instance. Ends with the runtime.
pub async fn mask(port: u16, word: &'static [u8], other: &'static [u8]) -> u16 {
    assert_eq!(word.len(), other.len());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                (client.into_split(), server.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(async move {
                let mut chunk = vec![0; 65_536];
                while let Ok(read) = from_server.read(&mut chunk).await
                    && read > 0
                {
                    let bytes = &mut chunk[..read];
                    for at in 0..bytes.len().saturating_sub(word.len() - 1) {
                        if bytes[at..].starts_with(word) {
                            bytes[at..at + word.len()].copy_from_slice(other);
                        }
                    }
                    if to_client.write_all(bytes).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    own
}
