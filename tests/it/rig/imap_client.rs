//! A reader's own IMAP client: plain text over a socket, and no code of the daemon.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A session.
#[derive(Debug)]
pub struct ImapClient {
    stream: BufReader<TcpStream>,
    tag: usize,
}

/// A message as the server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its UID.
    pub uid: u32,
    /// Its flags, `\Recent` left out, in order.
    pub flags: Vec<String>,
    /// Its INTERNALDATE as written.
    pub date: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One untagged answer: its line, and its literals in place of which the line has `{}`.
#[derive(Debug)]
pub struct Answer {
    /// The line.
    pub line: String,
    /// The literals.
    pub literals: Vec<Vec<u8>>,
}

impl ImapClient {
    /// Connects and logs in.
    ///
    /// # Errors
    /// When the server is not there, or refuses.
    pub fn login(port: u16, user: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut client = Self { stream: BufReader::new(stream), tag: 0 };
        client.answer()?;
        client.try_run(&format!("LOGIN {user} pw"))?;
        Ok(client)
    }

    /// Runs a command; its untagged answers.
    ///
    /// # Panics
    /// When it is refused.
    pub fn run(&mut self, command: &str) -> Vec<Answer> {
        self.try_run(command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Runs a command.
    ///
    /// # Errors
    /// When it is refused, or the connection lost.
    pub fn try_run(&mut self, command: &str) -> io::Result<Vec<Answer>> {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        self.stream.get_mut().write_all(format!("{tag} {command}\r\n").as_bytes())?;
        let mut answers = Vec::new();
        loop {
            let answer = self.answer()?;
            match answer.line.strip_prefix(&tag) {
                Some(said) if said.starts_with(" OK") => return Ok(answers),
                Some(said) => return Err(io::Error::other(said.to_owned())),
                None => answers.push(answer),
            }
        }
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = Answer { line: String::new(), literals: Vec::new() };
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            let literal = line.strip_suffix('}').and_then(|line| line.rsplit_once('{'));
            let Some((before, length)) = literal.and_then(|(before, length)| Some((before, length.parse().ok()?)))
            else {
                answer.line.push_str(line);
                return Ok(answer);
            };
            answer.line.push_str(before);
            answer.line.push_str("{}");
            let mut bytes = vec![0; length];
            self.stream.read_exact(&mut bytes)?;
            answer.literals.push(bytes);
        }
    }

    /// All selectable mailboxes, as the server writes them.
    pub fn mailboxes(&mut self) -> Vec<String> {
        let answers = self.run("LIST \"\" *");
        let selectable =
            answers.iter().filter(|answer| answer.line.starts_with("* LIST") && !answer.line.contains("\\Noselect"));
        let name = |answer: &Answer| match answer.literals.first() {
            Some(literal) => String::from_utf8(literal.clone()).unwrap(),
            None => {
                let (_, rest) = answer.line.split_once("\"/\" ").unwrap();
                rest.trim_matches('"').to_owned()
            }
        };
        selectable.map(name).collect()
    }

    /// Everything in a mailbox, by UID. Selects it.
    pub fn messages(&mut self, mailbox: &str) -> Vec<Stored> {
        self.run(&format!("EXAMINE \"{mailbox}\""));
        let answers = self.run("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])");
        let mut all: Vec<Stored> =
            answers.iter().filter(|answer| answer.line.contains(" FETCH (")).map(stored).collect();
        all.sort_by_key(|message| message.uid);
        all
    }

    /// How many messages there are; `None` when there is no such mailbox.
    pub fn count(&mut self, mailbox: &str) -> Option<usize> {
        let answers = self.try_run(&format!("STATUS \"{mailbox}\" (MESSAGES)")).ok()?;
        let line = answers.iter().map(|answer| &answer.line).find(|line| line.starts_with("* STATUS"))?;
        between(line, "(MESSAGES ", ")").parse().ok()
    }

    /// The UID of the message with this text in its subject. Selects the mailbox for writing.
    ///
    /// # Panics
    /// When there is not exactly one.
    pub fn only(&mut self, mailbox: &str, subject: &str) -> u32 {
        self.run(&format!("SELECT \"{mailbox}\""));
        let answers = self.run(&format!("UID SEARCH SUBJECT \"{subject}\""));
        let found = answers.iter().find_map(|answer| answer.line.strip_prefix("* SEARCH")).unwrap_or_default();
        let uids: Vec<u32> = found.split_whitespace().map(|uid| uid.parse().unwrap()).collect();
        assert_eq!(uids.len(), 1, "of \"{subject}\" in {mailbox}: {uids:?}");
        uids.first().copied().unwrap()
    }

    /// Appends a message, with flags and a date as IMAP writes them, or none.
    pub fn append(&mut self, mailbox: &str, (flags, date): (&str, Option<&str>), bytes: &[u8]) {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        let date = date.map_or_else(String::new, |date| format!("\"{date}\" "));
        let command = format!("{tag} APPEND \"{mailbox}\" ({flags}) {date}{{{}+}}\r\n", bytes.len());
        let stream = self.stream.get_mut();
        stream.write_all(&[command.as_bytes(), bytes, b"\r\n"].concat()).unwrap();
        loop {
            let line = self.answer().unwrap().line;
            if let Some(said) = line.strip_prefix(&tag) {
                assert!(said.starts_with(" OK"), "APPEND: {said}");
                return;
            }
        }
    }
}

fn stored(answer: &Answer) -> Stored {
    let flags = between(&answer.line, "FLAGS (", ")").split(' ').filter(|flag| !flag.is_empty() && *flag != "\\Recent");
    let mut flags: Vec<String> = flags.map(str::to_owned).collect();
    flags.sort();
    Stored {
        uid: between(&answer.line, "UID ", " ").trim_end_matches(')').parse().unwrap(),
        flags,
        date: between(&answer.line, "INTERNALDATE \"", "\"").to_owned(),
        bytes: answer.literals.first().cloned().unwrap(),
    }
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = line.split_once(before).unwrap_or_else(|| panic!("no \"{before}\" in: {line}"));
    rest.split_once(after).map_or(rest, |(middle, _)| middle)
}
