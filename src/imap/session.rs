//! One logged-in connection: selecting, creating and listing mailboxes, asking for news, leaving.

use async_imap::imap_proto::{
    MailboxDatum, MailboxListData, NameAttribute, Outcome, Response, ResponseCode, StatusAttribute,
};

use super::capability::Capabilities;
use super::connect;
use super::fault::ImapError;
use super::names::{Names, quote, unescape};
use super::refusal::Refusal;
use super::settings::Settings;
use super::wire::{Command, Patience, Wire};
use crate::limits;
use crate::model::mailbox::{Mailbox, Uid, UidValidity};
use crate::net::Line;

/// The keyword that marks mail named in an accepted digest.
pub const LISTED: &str = "$TidingsListed";

/// The name of the command that opens a mailbox, in what went wrong with it.
pub const SELECT: &str = "SELECT";

/// One logged-in connection. It has no task of its own: nothing is read while no method is awaited. A method that is dropped
/// before it is ready breaks the session (but [`Session::idle`]'s own stop does not).
pub struct Session {
    pub(super) wire: Wire<Line>,
    pub(super) can: Capabilities,
    names: Option<Names>,
    pub(super) selected: Option<Selected>,
    /// How often in a row an IDLE was ended by the server at once.
    pub(super) quick_idles: u32,
}

/// What the server said of the mailbox it selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selected {
    /// `None`: the server has no lasting UIDs here, and none may be remembered beyond this session.
    pub uid_validity: Option<UidValidity>,
    /// `None`: the server does not say (Winmail Pro 5.1; mail.163.com, November 2023).
    pub uid_next: Option<Uid>,
    /// Messages in it.
    pub exists: u32,
    /// Whether it can only be read.
    pub read_only: bool,
    /// Whether [`LISTED`] can be kept in it.
    pub keeps_keywords: bool,
}

/// A mailbox of a LIST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name as the configuration would write it.
    pub mailbox: Mailbox,
    /// Its special uses and other attributes, as the server writes them: `\Sent`.
    pub attributes: Vec<String>,
    /// Whether it holds messages.
    pub selectable: bool,
}

impl Session {
    /// Connects and logs in.
    ///
    /// # Errors
    /// Those of [`connect::open`].
    pub async fn open(settings: &Settings) -> Result<Self, ImapError> {
        Self::open_with(settings, Patience::default()).await
    }

    /// The same with other limits of time.
    ///
    /// # Errors
    /// Those of [`connect::open`].
    pub async fn open_with(settings: &Settings, patience: Patience) -> Result<Self, ImapError> {
        let (wire, can) = connect::open(settings, patience).await?;
        Ok(Self { wire, can, names: None, selected: None, quick_idles: 0 })
    }

    /// Whether the server has this capability, in any case; `IDLE` only while it works.
    pub fn can(&self, capability: &str) -> bool {
        self.can.has(&capability.to_ascii_uppercase())
    }

    /// Whether more messages are there than when the selected mailbox was last looked at.
    pub fn has_news(&self) -> bool {
        self.wire.heard.grown > 0
    }

    /// The selected mailbox, as it was when it was selected.
    pub fn selected(&self) -> Option<&Selected> {
        self.selected.as_ref()
    }

    /// Selects a mailbox to read and write. Selecting it again is how a changed UIDVALIDITY is found out.
    ///
    /// # Errors
    /// `Refused` where it does not exist or must not be read: then none is selected. Those that `is_lost`.
    pub async fn select(&mut self, mailbox: &Mailbox) -> Result<Selected, ImapError> {
        let name = quote(&self.server_name(mailbox).await?);
        let end = self.select_once(&name).await;
        let refused = matches!(&end, Err(ImapError::Refused { refusal, .. }) if !refusal.bad);
        if refused && self.can("ID") {
            // NetEase (163.com, 126.com; 2023) refuses every SELECT until the client has said who it is (RFC 2971).
            let id = format!("ID (\"name\" \"tidings\" \"version\" \"{}\")", env!("CARGO_PKG_VERSION"));
            if self.wire.run(Command::new("ID", id), |_| {}).await?.is_ok() {
                return self.select_once(&name).await;
            }
        }
        end
    }

    async fn select_once(&mut self, name: &str) -> Result<Selected, ImapError> {
        self.selected = None;
        let heard = &mut self.wire.heard;
        (heard.exists, heard.grown, heard.uid_validity, heard.selecting) = (0, 0, None, true);
        let mut saw = Selecting::default();
        let end = self.wire.run_ok(Command::new(SELECT, format!("SELECT {name}")), |response| saw.take(response)).await;
        self.wire.heard.selecting = false;
        end?;
        if saw.uid_next.is_none() {
            saw.uid_next = self.status_uid_next(name).await?.ok();
        }
        let selected = Selected {
            uid_validity: self.wire.heard.uid_validity.map(UidValidity),
            uid_next: saw.uid_next.filter(|&uid| uid > 0).map(Uid),
            exists: self.wire.heard.exists,
            read_only: saw.read_only,
            // Without PERMANENTFLAGS a client is to assume that all flags can be kept (RFC 3501 section 6.3.1).
            keeps_keywords: !saw.read_only && saw.keeps_keywords.unwrap_or(true),
        };
        // What is there now is about to be looked at.
        self.wire.heard.grown = 0;
        self.selected = Some(selected);
        Ok(selected)
    }

    /// The UID that the next message of a mailbox gets; `None` where the server does not say. The mailbox should not be the
    /// selected one (RFC 3501 section 6.3.10), which has [`Session::noop`].
    ///
    /// # Errors
    /// `Refused` where it does not exist. Those that `is_lost`.
    pub async fn uid_next(&mut self, mailbox: &Mailbox) -> Result<Option<Uid>, ImapError> {
        let name = quote(&self.server_name(mailbox).await?);
        match self.status_uid_next(&name).await? {
            Ok(uid) => Ok(Some(uid).filter(|&uid| uid > 0).map(Uid)),
            Err(refusal) => Err(ImapError::Refused { command: "STATUS", refusal }),
        }
    }

    /// 0 where the server does not say.
    async fn status_uid_next(&mut self, name: &str) -> Result<Result<u32, Refusal>, ImapError> {
        let mut uid_next = 0;
        let end = self
            .wire
            .run(Command::new("STATUS", format!("STATUS {name} (UIDNEXT)")), |response| {
                if let Response::MailboxData(MailboxDatum::Status { status, .. }) = response {
                    for attribute in status {
                        if let StatusAttribute::UidNext(uid) = attribute {
                            uid_next = *uid;
                        }
                    }
                }
            })
            .await?;
        Ok(end.map(|()| uid_next))
    }

    /// Sees to it that a mailbox exists: where it does not, it is created and subscribed.
    ///
    /// # Errors
    /// `Refused` where the server will not create it; `Name` where it cannot. Those that `is_lost`.
    pub async fn ensure(&mut self, mailbox: &Mailbox) -> Result<(), ImapError> {
        let name = quote(&self.server_name(mailbox).await?);
        if self.status_uid_next(&name).await?.is_ok() {
            return Ok(());
        }
        self.create(&name).await
    }

    /// Creates and subscribes a mailbox, its name quoted already.
    pub(super) async fn create(&mut self, name: &str) -> Result<(), ImapError> {
        match self.wire.run(Command::new("CREATE", format!("CREATE {name}")), |_| {}).await? {
            Err(refusal) if !refusal.is("ALREADYEXISTS") => {
                return Err(ImapError::Refused { command: "CREATE", refusal });
            }
            Ok(()) | Err(_) => {}
        }
        // Clients that show subscribed mailboxes only would hide it; a server without subscriptions is no fault.
        let _ = self.wire.run(Command::new("SUBSCRIBE", format!("SUBSCRIBE {name}")), |_| {}).await?;
        Ok(())
    }

    /// All mailboxes whose names the configuration can write, at most [`limits::doors::IMAP_MAILBOXES`], as the server orders them.
    ///
    /// # Errors
    /// `Refused`. Those that `is_lost`.
    pub async fn mailboxes(&mut self) -> Result<Vec<Listed>, ImapError> {
        let names = self.names().await?;
        let special = if self.can("SPECIAL-USE") && self.can("LIST-EXTENDED") { " RETURN (SPECIAL-USE)" } else { "" };
        let mut found = Vec::new();
        self.wire
            .run_ok(Command::new("LIST", format!("LIST \"\" \"*\"{special}")), |response| {
                if let Response::MailboxData(MailboxDatum::List(list)) = response
                    && found.len() < limits::doors::IMAP_MAILBOXES
                {
                    found.extend(listed(&names, list));
                }
            })
            .await?;
        Ok(found)
    }

    /// The mailbox with this special use (`\Sent`, RFC 6154), the first that LIST gives.
    ///
    /// # Errors
    /// Those of [`Session::mailboxes`].
    pub async fn special(&mut self, usage: &str) -> Result<Option<Mailbox>, ImapError> {
        let with_use = |listed: &Listed| listed.attributes.iter().any(|a| a.eq_ignore_ascii_case(usage));
        Ok(self.mailboxes().await?.into_iter().find(|listed| listed.selectable && with_use(listed)).map(|l| l.mailbox))
    }

    /// Asks whether there is news. It also keeps the connection alive, and finds out that it is not.
    ///
    /// # Errors
    /// `Refused`. Those that `is_lost`.
    pub async fn noop(&mut self) -> Result<bool, ImapError> {
        self.wire.run_ok(Command::new("NOOP", "NOOP"), |_| {}).await?;
        Ok(self.has_news())
    }

    /// Leaves; what comes of it does not matter.
    pub async fn logout(mut self) {
        let leave = self.wire.run(Command::new("LOGOUT", "LOGOUT"), |_| {});
        let _ = tokio::time::timeout(limits::doors::IMAP_LOGOUT, leave).await;
        self.wire.close().await;
    }

    /// A mailbox's name on the wire, not yet quoted. The namespace is asked for once, when it first matters.
    pub(super) async fn server_name(&mut self, mailbox: &Mailbox) -> Result<String, ImapError> {
        if mailbox.as_str() == "INBOX" { Ok("INBOX".to_owned()) } else { self.names().await?.to_server(mailbox) }
    }

    async fn names(&mut self) -> Result<Names, ImapError> {
        if let Some(names) = &self.names {
            return Ok(names.clone());
        }
        let names = if self.can("NAMESPACE") {
            self.wire.heard.namespace = None;
            match self.wire.run(Command::new("NAMESPACE", "NAMESPACE"), |_| {}).await? {
                Err(refusal) if refusal.is_for_now() => {
                    return Err(ImapError::Refused { command: "NAMESPACE", refusal });
                }
                Ok(()) | Err(_) => {}
            }
            self.wire.heard.namespace.take().and_then(|line| Names::of_namespace(&line)).unwrap_or_default()
        } else {
            let mut names = Names::default();
            let _ = self
                .wire
                .run(Command::new("LIST", "LIST \"\" \"\""), |response| {
                    if let Response::MailboxData(MailboxDatum::List(list)) = response {
                        let delimiter = list.delimiter.as_deref().and_then(|raw| unescape(raw).chars().next());
                        names = Names::with_delimiter(delimiter);
                    }
                })
                .await?;
            names
        };
        self.names = Some(names.clone());
        Ok(names)
    }
}

/// What the answers to SELECT say, beside what [`super::wire::Heard`] keeps.
#[derive(Debug, Default)]
struct Selecting {
    uid_next: Option<u32>,
    read_only: bool,
    keeps_keywords: Option<bool>,
}

impl Selecting {
    fn take(&mut self, response: &Response<'_>) {
        let (Response::Data { outcome: Outcome { code: Some(code), .. }, .. }
        | Response::Done { outcome: Outcome { code: Some(code), .. }, .. }) = response
        else {
            return;
        };
        match code {
            ResponseCode::UidNext(uid) => self.uid_next = Some(*uid),
            ResponseCode::ReadOnly => self.read_only = true,
            ResponseCode::PermanentFlags(flags) => {
                let keeps = flags.iter().any(|flag| flag == "\\*" || flag.eq_ignore_ascii_case(LISTED));
                self.keeps_keywords = Some(keeps);
            }
            _ => {}
        }
    }
}

fn listed(names: &Names, list: &MailboxListData<'_>) -> Option<Listed> {
    let mailbox = names.from_server(&unescape(&list.name))?;
    let attributes: Vec<String> = list.name_attributes.iter().map(attribute).collect();
    let closed = |a: &String| a.eq_ignore_ascii_case("\\Noselect") || a.eq_ignore_ascii_case("\\NonExistent");
    let selectable = !attributes.iter().any(closed);
    Some(Listed { mailbox, attributes, selectable })
}

fn attribute(attribute: &NameAttribute<'_>) -> String {
    let known = match attribute {
        NameAttribute::NoInferiors => "\\Noinferiors",
        NameAttribute::NoSelect => "\\Noselect",
        NameAttribute::Marked => "\\Marked",
        NameAttribute::Unmarked => "\\Unmarked",
        NameAttribute::All => "\\All",
        NameAttribute::Archive => "\\Archive",
        NameAttribute::Drafts => "\\Drafts",
        NameAttribute::Flagged => "\\Flagged",
        NameAttribute::Junk => "\\Junk",
        NameAttribute::Sent => "\\Sent",
        NameAttribute::Trash => "\\Trash",
        NameAttribute::Extension(name) => name,
        _ => "",
    };
    known.to_owned()
}
