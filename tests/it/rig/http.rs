//! A caller of HTTP that also does what one should not, byte by byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::wait::PATIENCE;

/// Where HTTP is answered.
#[derive(Clone, Debug)]
pub enum At {
    /// On this port of the loopback.
    Port(u16),
    /// On this socket.
    Socket(PathBuf),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The lines of its head.
    pub head: Vec<String>,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// A field of its head, by its name in lower case; empty where there is none.
    pub fn field(&self, name: &str) -> &str {
        let fields = self.head.iter().filter_map(|line| line.split_once(": "));
        fields.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or_default()
    }
}

trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

/// A connection.
pub struct Caller(Box<dyn Wire>);

impl Caller {
    /// Connects.
    pub fn connect(at: &At) -> std::io::Result<Self> {
        Ok(Self(match at {
            At::Port(port) => {
                let stream = TcpStream::connect(("127.0.0.1", *port))?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Box::new(stream)
            }
            At::Socket(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Box::new(stream)
            }
        }))
    }

    /// Sends these bytes; a server that has closed already is no fault.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// Reads one answer; `None` when the server closes without one.
    ///
    /// # Panics
    /// When it does neither.
    pub fn answer(&mut self) -> Option<Answer> {
        let mut bytes = Vec::new();
        while find(&bytes, b"\r\n\r\n").is_none() {
            if !self.more(&mut bytes) {
                return None;
            }
        }
        let end = find(&bytes, b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut body = bytes.split_off(end + 4);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer =
            Answer { status, head: head.lines().skip(1).map(str::to_owned).collect(), body: String::new() };
        let length: usize = answer.field("content-length").parse().unwrap_or_default();
        while body.len() < length && self.more(&mut body) {}
        answer.body = String::from_utf8(body).unwrap();
        Some(answer)
    }

    /// Whether the server closes without another word.
    ///
    /// # Panics
    /// When it goes on listening.
    pub fn is_closed(&mut self) -> bool {
        !self.more(&mut Vec::new())
    }

    fn more(&mut self, bytes: &mut Vec<u8>) -> bool {
        let mut piece = [0; 4096];
        match self.0.read(&mut piece) {
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                panic!("the server says nothing and does not close: {:?}", String::from_utf8_lossy(bytes));
            }
            Err(_) | Ok(0) => false,
            Ok(count) => {
                bytes.extend_from_slice(&piece[..count]);
                true
            }
        }
    }
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|some| some == mark)
}

/// Sends a request as it stands, and reads the answer.
pub fn send(at: &At, bytes: &[u8]) -> Option<Answer> {
    let mut caller = Caller::connect(at).unwrap();
    caller.send(bytes);
    caller.answer()
}

/// A request without a body.
pub fn ask(at: &At, method: &str, path: &str) -> Answer {
    send(at, format!("{method} {path} HTTP/1.1\r\nHost: tidings\r\nConnection: close\r\n\r\n").as_bytes())
        .expect("an answer")
}

/// The socket `http.sock` of a folder.
pub fn socket(folder: &Path) -> At {
    At::Socket(folder.join("http.sock"))
}
