//! An IMAP server on loopback that plays a readable dialogue, one a connection.
//!
//! A dialogue is text: `S: ` lines are sent, `C: ` lines are waited for. It answers by command, whatever the tag: to a client's
//! `UID FETCH ...` it sends what stands behind the next `C: ` line with `UID FETCH`, the client's tag in place of the
//! dialogue's. Commands that do not stand in it are answered as an ordinary empty server would. A remark (`# ...`) with the
//! word "connection" begins the dialogue of the next connection; the last one is played again for all that follow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A piece of what the server does.
#[derive(Clone, Debug)]
pub enum Say {
    /// A line, its tag (`T1`) replaced by the client's.
    Line(String),
    /// Bytes as they are.
    Raw(Vec<u8>),
    /// Bytes, one at a time.
    Drip(Vec<u8>, Duration),
    /// Closes the connection.
    Close,
    /// Says nothing more and leaves the connection open.
    Silence,
}

/// What is said to one command.
#[derive(Clone, Debug)]
struct Exchange {
    /// The dialogue's tag; empty for the line behind a continuation.
    tag: String,
    verb: String,
    says: Vec<Say>,
}

/// One connection's dialogue.
#[derive(Clone, Debug, Default)]
pub struct Dialogue {
    greeting: Vec<Say>,
    exchanges: Vec<Exchange>,
}

impl Dialogue {
    /// Reads a dialogue file: one dialogue a connection.
    pub fn parse(text: &str) -> Vec<Self> {
        let mut all = vec![Self::default()];
        for line in text.lines() {
            let current = all.last_mut().unwrap();
            if let Some(remark) = line.strip_prefix('#') {
                if remark.contains("connection") {
                    all.push(Self::default());
                }
            } else if let Some(said) = line.strip_prefix("S: ").or(line.strip_prefix("S:")) {
                let says = current.exchanges.last_mut().map_or(&mut current.greeting, |exchange| &mut exchange.says);
                says.push(Say::Line(said.to_owned()));
            } else if let Some(command) = line.strip_prefix("C:") {
                let (tag, command) = command.trim().split_once(' ').unwrap_or_default();
                current.exchanges.push(Exchange { tag: tag.to_owned(), verb: verb(command), says: Vec::new() });
            }
        }
        all
    }

    /// A server with these capabilities, which takes any login.
    pub fn with(capabilities: &str) -> Self {
        let greeting = vec![Say::Line(format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] ready"))];
        Self { greeting, exchanges: Vec::new() }
    }

    /// A server that greets so.
    pub fn greeting(says: Vec<Say>) -> Self {
        Self { greeting: says, exchanges: Vec::new() }
    }

    /// Answers the next command with this verb (`UID FETCH`, `SELECT`) so; the tag in the lines is `T`.
    pub fn on(mut self, command: &str, says: Vec<Say>) -> Self {
        self.exchanges.push(Exchange { tag: "T".to_owned(), verb: verb(command), says });
        self
    }

    /// The same with lines.
    pub fn lines(self, command: &str, lines: &[&str]) -> Self {
        self.on(command, lines.iter().map(|line| Say::Line((*line).to_owned())).collect())
    }
}

/// The server; ends when it is dropped.
pub struct Server {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    said: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts to listen.
    pub async fn start(dialogues: Vec<Dialogue>) -> Self {
        Self::start_at(0, dialogues).await
    }

    /// Starts to listen on this port.
    pub async fn start_at(port: u16, dialogues: Vec<Dialogue>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        let task = tokio::spawn(async move {
            let mut left = dialogues.into_iter();
            let mut current = Dialogue::default();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                current = left.next().unwrap_or(current);
                let play = Play {
                    stream,
                    waiting: Vec::new(),
                    dialogue: current.clone(),
                    at: 0,
                    capabilities: "IMAP4rev1".to_owned(),
                    said: Arc::clone(&heard),
                };
                tokio::spawn(play.run());
            }
        });
        Self { port, said, task }
    }

    /// All lines of all clients so far, without their tags and without literals.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Play {
    stream: TcpStream,
    waiting: Vec<u8>,
    dialogue: Dialogue,
    /// Exchanges before this one are over.
    at: usize,
    /// Those of the greeting.
    capabilities: String,
    said: Arc<Mutex<Vec<String>>>,
}

impl Play {
    async fn run(mut self) {
        let greeting = std::mem::take(&mut self.dialogue.greeting);
        if let Some(Say::Line(line)) = greeting.first()
            && let Some((_, rest)) = line.split_once("[CAPABILITY ")
        {
            rest.split(']').next().unwrap_or_default().clone_into(&mut self.capabilities);
        }
        if self.say(&greeting, "", "").await.is_none() {
            return;
        }
        // `None`: the client is gone, or the dialogue closes.
        while self.command().await.is_some() {}
    }

    async fn command(&mut self) -> Option<()> {
        let mut line = self.line().await?;
        let (tag, command) = line.split_once(' ').map_or(("", line.as_str()), |(tag, command)| (tag, command));
        let (tag, verb) = (tag.to_owned(), verb(command));
        let found = self.dialogue.exchanges.iter().skip(self.at).position(|exchange| exchange.verb == verb);
        let exchange = found.map(|found| {
            self.at += found + 1;
            self.dialogue.exchanges[self.at - 1].clone()
        });
        let mut says = exchange.as_ref().map(|exchange| exchange.says.clone()).unwrap_or_default();
        let theirs = exchange.as_ref().map(|exchange| exchange.tag.clone()).unwrap_or_default();
        let mut announced = literal(&line);
        while let Some(octets) = announced {
            // Literals are asked for, unless the dialogue answers an APPEND before it.
            if verb == "APPEND" && exchange.is_some() {
                let ask = says.iter().position(continues);
                let before: Vec<Say> = says.drain(..ask.map_or(says.len(), |at| at + 1)).collect();
                let refused = ask.is_none();
                self.say(&before, &theirs, &tag).await?;
                if refused {
                    self.note(strip(&line));
                    return Some(());
                }
            } else {
                self.stream.write_all(b"+ go on\r\n").await.ok()?;
            }
            self.take(octets).await?;
            let rest = self.line().await?;
            announced = literal(&rest);
            line.push_str(&rest);
        }
        self.note(strip(&line));
        if exchange.is_none() {
            return self.ordinary(&tag, &verb, strip(&line)).await;
        }
        if verb == "AUTHENTICATE" && line.split(' ').count() < 4 {
            self.stream.write_all(b"+ \r\n").await.ok()?;
            let answer = self.line().await?;
            self.note(&answer);
        }
        self.say(&says, &theirs, &tag).await?;
        // A continuation is answered by a line without a tag, and that by the exchange behind it.
        let tagged = |say: &Say| matches!(say, Say::Line(line) if line.starts_with(&format!("{theirs} ")));
        while says.iter().any(continues) && !says.iter().any(tagged) {
            let answer = self.line().await?;
            self.note(&answer);
            let next = self.dialogue.exchanges.get(self.at).filter(|next| next.tag.is_empty());
            says = next.map_or_else(|| vec![Say::Line(format!("{theirs} OK done"))], |next| next.says.clone());
            self.at += usize::from(next.is_some());
            self.say(&says, &theirs, &tag).await?;
        }
        Some(())
    }

    /// As an empty server would answer.
    async fn ordinary(&mut self, tag: &str, verb: &str, command: &str) -> Option<()> {
        let untagged = match verb {
            "SELECT" => {
                "* 0 EXISTS\r\n* OK [UIDVALIDITY 1700] v\r\n* OK [UIDNEXT 1] n\r\n* OK [PERMANENTFLAGS (\\*)] f\r\n"
                    .to_owned()
            }
            "CAPABILITY" => format!("* CAPABILITY {}\r\n", self.capabilities),
            "NAMESPACE" => "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n".to_owned(),
            "UID SEARCH" => "* SEARCH\r\n".to_owned(),
            "STATUS" => format!("* STATUS {} (UIDNEXT 1)\r\n", command.split(' ').nth(1).unwrap_or_default()),
            "LOGOUT" => "* BYE\r\n".to_owned(),
            "IDLE" => "+ idling\r\n".to_owned(),
            _ => String::new(),
        };
        self.stream.write_all(untagged.as_bytes()).await.ok()?;
        if verb == "IDLE" {
            let done = self.line().await?;
            self.note(&done);
        }
        self.stream.write_all(format!("{tag} OK done\r\n").as_bytes()).await.ok()
    }

    async fn say(&mut self, says: &[Say], theirs: &str, tag: &str) -> Option<()> {
        for say in says {
            match say {
                Say::Line(line) => {
                    let line =
                        match line.strip_prefix(theirs).filter(|rest| !theirs.is_empty() && rest.starts_with(' ')) {
                            Some(rest) => format!("{tag}{rest}\r\n"),
                            None => format!("{line}\r\n"),
                        };
                    self.stream.write_all(line.as_bytes()).await.ok()?;
                }
                Say::Raw(bytes) => self.stream.write_all(bytes).await.ok()?,
                Say::Drip(bytes, pause) => {
                    for byte in bytes {
                        self.stream.write_all(&[*byte]).await.ok()?;
                        tokio::time::sleep(*pause).await;
                    }
                }
                Say::Close => {
                    let _ = self.stream.shutdown().await;
                    return None;
                }
                Say::Silence => {
                    // Until the client goes.
                    while self.line().await.is_some() {}
                    return None;
                }
            }
        }
        Some(())
    }

    fn note(&self, line: &str) {
        self.said.lock().unwrap().push(line.to_owned());
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.waiting.iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = self.waiting.drain(..=end).collect();
                return Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            self.read().await?;
        }
    }

    async fn take(&mut self, octets: usize) -> Option<()> {
        while self.waiting.len() < octets {
            self.read().await?;
        }
        self.waiting.drain(..octets);
        Some(())
    }

    async fn read(&mut self) -> Option<()> {
        let mut chunk = [0; 4096];
        let read = self.stream.read(&mut chunk).await.ok().filter(|&read| read > 0)?;
        self.waiting.extend_from_slice(&chunk[..read]);
        Some(())
    }
}

/// `UID FETCH` of `UID FETCH 7:* (...)`, upper case.
fn verb(command: &str) -> String {
    let mut words = command.split(' ').map(str::to_ascii_uppercase);
    match (words.next(), words.next()) {
        (Some(uid), Some(second)) if uid == "UID" => format!("UID {second}"),
        (first, _) => first.unwrap_or_default(),
    }
}

fn continues(say: &Say) -> bool {
    matches!(say, Say::Line(line) if line.starts_with('+'))
}

/// A command without its tag.
fn strip(line: &str) -> &str {
    line.split_once(' ').map_or(line, |(_, command)| command)
}

fn literal(line: &str) -> Option<usize> {
    line.strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()
}
