//! `[[account]]` as it is written: a login or a Maildir, and how its mail is filed.

use super::range::A_TIME;
use super::service::{SERVER_KEYS, Server, read_server};
use crate::config::fault::Faults;
use crate::config::reader::{At, Reader, Section};

/// `[[account]]`.
#[derive(Debug)]
pub struct Account {
    /// What begins each message about it.
    pub prefix: String,
    /// Where it begins.
    pub offset: usize,
    /// `name`.
    pub name: Option<At<String>>,
    /// `maildir`, instead of a server.
    pub maildir: Option<At<String>>,
    /// The server.
    pub server: Server,
    /// `poll`.
    pub poll: Option<At<String>>,
    /// `watch`; `None`: left out.
    pub watch: Option<Vec<At<String>>>,
    /// `hold_in`.
    pub hold_in: Option<At<String>>,
    /// `urgent_to`.
    pub urgent_to: Option<At<String>>,
    /// `forward_urgent_to`.
    pub forward_urgent_to: Option<At<String>>,
    /// `release_to`.
    pub release_to: Option<At<String>>,
    /// `mark_seen`.
    pub mark_seen: Option<At<bool>>,
    /// `first_run`.
    pub first_run: Option<At<String>>,
    /// `trust`.
    pub trust: Option<At<String>>,
    /// `sent`.
    pub sent: Option<At<String>>,
    /// `webmail`.
    pub webmail: Option<At<String>>,
}

/// Reads one `[[account]]`.
pub fn read(section: Section<'_, '_>, index: usize, faults: &mut Faults) -> Account {
    let mut reader = Reader::named(section, ("account", index), faults);
    let name = reader.need_text("name", "name = \"home\", by which rules and commands know the account");
    let maildir = reader.text("maildir");
    let (server, poll) = if reader.value("maildir").is_some() {
        reader.refuse_beside(&SERVER_KEYS, "maildir");
        reader.refuse_beside(&["poll"], "maildir");
        (Server::default(), None)
    } else {
        reader.require("host", "host = \"imap.example.org\", or maildir = \"Mail\" for mail on this machine");
        reader.require("username", "username = \"ada\"");
        reader.require("password", "password = { credential = \"imap\" } or another form of a secret");
        (read_server(&mut reader), reader.text_such_as("poll", A_TIME))
    };
    let account = Account {
        prefix: reader.prefix(),
        offset: section.offset,
        name,
        maildir,
        server,
        poll,
        watch: reader.some_texts("watch"),
        hold_in: reader.text("hold_in"),
        urgent_to: reader.text("urgent_to"),
        forward_urgent_to: reader.text("forward_urgent_to"),
        release_to: reader.text("release_to"),
        mark_seen: reader.truth("mark_seen"),
        first_run: reader.text("first_run"),
        trust: reader.text("trust"),
        sent: reader.text("sent"),
        webmail: reader.text("webmail"),
    };
    reader.done();
    account
}
