//! Who brings mail: an SMTP or LMTP client that keeps its connection.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// A session with a server that takes mail.
#[derive(Debug)]
pub struct Postman {
    stream: BufReader<TcpStream>,
    speaks_lmtp: bool,
}

/// The sender of everything that is brought.
pub const SENDER: &str = "someone@elsewhere.example";

impl Postman {
    /// To an LMTP server.
    pub fn lmtp(port: u16) -> Self {
        let mut postman = Self::connect(port, true);
        postman.say("LHLO localhost", 250);
        postman
    }

    /// To an SMTP server.
    pub fn smtp(port: u16) -> Self {
        let mut postman = Self::connect(port, false);
        postman.say("EHLO localhost", 250);
        postman
    }

    fn connect(port: u16, speaks_lmtp: bool) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut postman = Self { stream: BufReader::new(stream), speaks_lmtp };
        postman.expect(220);
        postman
    }

    /// Brings one message to all of them. Lines end as they will: each is sent with CRLF.
    ///
    /// # Panics
    /// When it is not taken.
    pub fn bring(&mut self, to: &[&str], bytes: &[u8]) {
        self.say(&format!("MAIL FROM:<{SENDER}>"), 250);
        for to in to {
            self.say(&format!("RCPT TO:<{to}>"), 250);
        }
        self.say("DATA", 354);
        let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 32);
        let whole = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        for line in whole.split(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                wire.push(b'.');
            }
            wire.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b".\r\n");
        self.stream.get_mut().write_all(&wire).unwrap();
        for _ in 0..if self.speaks_lmtp { to.len() } else { 1 } {
            self.expect(250);
        }
    }

    fn say(&mut self, line: &str, code: u16) {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        self.expect(code);
    }

    fn expect(&mut self, code: u16) {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            assert!(line.starts_with(&code.to_string()), "wanted {code}: {line:?}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return;
            }
        }
    }
}
