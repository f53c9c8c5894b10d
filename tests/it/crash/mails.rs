//! Mail that can be told apart: each with a word in its subject that no other has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::rig::dovecot::subfolder;

/// One mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The word by which it is known.
    pub word: String,
    /// Whether it is urgent by the rule of `RULES`.
    pub urgent: bool,
    /// Its bytes, each line with LF.
    pub bytes: Vec<u8>,
}

/// The rules under which `Mail::urgent` is true.
pub const RULES: &str = "[[rule]]\nname = \"now\"\nsubject = \"now\"\nurgency = \"urgent\"\n\
    [[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
/// Where mail is filed: urgent, held and delivered mail each has a mailbox of its own.
pub const FILING: &str =
    "hold_in = \"Held\"\nurgent_to = \"Urgent\"\nrelease_to = \"Read\"\nfirst_run = \"classify\"\n";

impl Mail {
    /// The n-th.
    pub fn new(n: usize, urgent: bool) -> Self {
        let word = format!("w{n:04}x");
        let tail = if urgent { " now" } else { "" };
        let now = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000");
        let text = format!(
            "From: Someone <someone@elsewhere.example>\nTo: u0@test.example\nSubject: {word}{tail}\nDate: {now}\n\
             Message-ID: <{word}.{}@elsewhere.example>\nMIME-Version: 1.0\nContent-Type: text/plain\n\n\
             The report of case {n} is there.\n.\nIts second line begins with a dot.\n",
            std::process::id()
        );
        Self { word, urgent, bytes: text.into_bytes() }
    }

    /// So many, three of eight urgent.
    pub fn some(count: usize) -> Vec<Self> {
        (0..count).map(|n| Self::new(n, n % 8 < 3)).collect()
    }
}

/// The Maildir of a user, looked at and delivered into by the side of every server.
#[derive(Clone, Debug)]
pub struct Mailboxes {
    root: PathBuf,
}

impl Mailboxes {
    /// One that is there, or will be.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Makes an empty one.
    pub fn make(root: PathBuf) -> Self {
        for name in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        Self { root }
    }

    /// Delivers into INBOX as a local program does.
    pub fn deliver(&self, name: &str, bytes: &[u8]) {
        let (tmp, new) = (self.root.join("tmp").join(name), self.root.join("new").join(name));
        std::fs::write(&tmp, bytes).unwrap();
        std::fs::rename(tmp, new).unwrap();
    }

    /// What lies in a mailbox, line ends as LF. What is moved meanwhile may be missing.
    pub fn read(&self, mailbox: &str) -> Vec<Vec<u8>> {
        let files = self.files(mailbox);
        files.iter().filter_map(|file| std::fs::read(file).ok()).map(|bytes| with_lf(&bytes)).collect()
    }

    /// How many lie in a mailbox.
    pub fn count(&self, mailbox: &str) -> usize {
        self.files(mailbox).len()
    }

    fn files(&self, mailbox: &str) -> Vec<PathBuf> {
        let folder = if mailbox == "INBOX" { self.root.clone() } else { subfolder(&self.root, mailbox) };
        ["new", "cur"].iter().flat_map(|sub| list(&folder.join(sub))).collect()
    }
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// Line ends as LF.
pub fn with_lf(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            kept.push(*byte);
        }
    }
    kept
}

/// A letter of ours that arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Its Message-ID.
    pub message_id: String,
    /// Its words that may be those of mails.
    pub words: Vec<String>,
}

/// The mark of our own letters.
const MARK: &str = "X-Tidings-Id";

/// Parts what lies in some mailboxes into mail of others and letters of ours.
pub fn sort(all: Vec<Vec<u8>>) -> (Vec<Vec<u8>>, Vec<Arrived>) {
    let (mut mails, mut letters) = (Vec::new(), Vec::new());
    for bytes in all {
        match letter(&bytes) {
            Some(letter) => letters.push(letter),
            None => mails.push(bytes),
        }
    }
    (mails, letters)
}

fn letter(bytes: &[u8]) -> Option<Arrived> {
    let message = mail_parser::MessageParser::default().parse(bytes)?;
    message.header(MARK)?;
    let text = message.body_text(0).unwrap();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_ours = |word: &&str| word.len() == 6 && word.starts_with('w') && word.ends_with('x');
    let words = words.filter(is_ours).map(str::to_owned).collect();
    Some(Arrived { message_id: message.message_id().unwrap().to_owned(), words })
}

/// What is asked of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digests {
    /// Exactly one in all.
    One,
    /// Each held mail in exactly one, none of them twice.
    Exact,
    /// Each held mail in one at least: a store that was lost may say things again.
    AtLeast,
}

/// Everything is where it belongs: urgent mail in `Urgent`, held mail in `Read` and named by a digest, each once and byte
/// for byte (but for what servers put before it), and nothing anywhere else.
pub fn check(mailboxes: &Mailboxes, mails: &[Mail], digests: Digests) -> Vec<String> {
    let mut wrong = Vec::new();
    let (mut letters, mut stray) = (Vec::new(), 0);
    let mut lie: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for mailbox in ["INBOX", "Held", "Urgent", "Read"] {
        let (found, ours) = sort(mailboxes.read(mailbox));
        letters.extend(ours);
        for bytes in found {
            match mails.iter().find(|mail| bytes.ends_with(&mail.bytes)) {
                Some(mail) => lie.entry(&mail.word).or_default().push(mailbox),
                None => stray += 1,
            }
        }
    }
    if stray > 0 {
        wrong.push(format!("{stray} messages that nobody sent, or that were changed"));
    }
    for mail in mails {
        let should = if mail.urgent { "Urgent" } else { "Read" };
        let lies = lie.get(mail.word.as_str()).cloned().unwrap_or_default();
        if lies != [should] {
            wrong.push(format!("{} should lie in {should} and lies in {lies:?}", mail.word));
        }
        let named = letters.iter().filter(|letter| letter.words.contains(&mail.word)).count();
        let right = match (mail.urgent, digests) {
            (true, _) => named == 0,
            (false, Digests::AtLeast) => named >= 1,
            (false, _) => named == 1,
        };
        if !right {
            wrong.push(format!("{} is named by {named} digests", mail.word));
        }
    }
    let mut ids: Vec<&String> = letters.iter().map(|letter| &letter.message_id).collect();
    ids.sort();
    if digests != Digests::AtLeast && ids.windows(2).any(|pair| pair.first() == pair.last()) {
        wrong.push(format!("a digest arrived twice: {ids:?}"));
    }
    if digests == Digests::One && ids.len() != 1 {
        wrong.push(format!("{} digests arrived", ids.len()));
    }
    wrong
}
