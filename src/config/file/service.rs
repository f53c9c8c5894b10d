//! The service as it is written: how letters leave.

use super::secret;
use crate::config::fault::Faults;
use crate::config::reader::{At, Reader, Section};

/// `[smtp]`.
#[derive(Debug)]
pub struct Smtp {
    /// Where it begins.
    pub offset: usize,
    /// `from`.
    pub from: Option<At<String>>,
    /// `folder`, instead of a server.
    pub folder: Option<At<String>>,
    /// The server.
    pub server: Server,
}

/// A server and the login there, for `[smtp]` and `[[account]]`.
#[derive(Debug, Default)]
pub struct Server {
    /// `host`.
    pub host: Option<At<String>>,
    /// `port`.
    pub port: Option<At<i64>>,
    /// `security`.
    pub security: Option<At<String>>,
    /// `username`.
    pub username: Option<At<String>>,
    /// `password`.
    pub password: Option<At<secret::Written>>,
    /// `auth`.
    pub auth: Option<At<String>>,
    /// `ca_file`.
    pub ca_file: Option<At<String>>,
}

/// The keys of a server.
pub const SERVER_KEYS: [&str; 7] = ["host", "port", "security", "username", "password", "ca_file", "auth"];

/// Reads the keys of a server.
pub fn read_server(reader: &mut Reader<'_, '_, '_>) -> Server {
    Server {
        host: reader.text("host"),
        port: reader.number("port"),
        security: reader.text("security"),
        username: reader.text("username"),
        password: secret::read(reader, "password"),
        auth: reader.text("auth"),
        ca_file: reader.text("ca_file"),
    }
}

/// Reads `[smtp]`.
pub fn read_smtp(section: Section<'_, '_>, faults: &mut Faults) -> Smtp {
    let mut reader = Reader::new(section, "[smtp]", faults);
    let from =
        reader.need_text("from", "from = \"Tidings <ada@example.org>\", an address that the server lets you send from");
    let folder = reader.text("folder");
    let server = if folder.is_some() {
        reader.refuse_beside(&SERVER_KEYS, "folder");
        Server::default()
    } else {
        if reader.value("folder").is_none() {
            reader.require("host", "host = \"smtp.example.org\", or folder = \"out\" to write letters as files");
        }
        let server = read_server(&mut reader);
        login(&mut reader);
        server
    };
    reader.done();
    Smtp { offset: section.offset, from, folder, server }
}

/// A user name and a password come together, or not at all.
fn login(reader: &mut Reader<'_, '_, '_>) {
    match (reader.value("username"), reader.value("password")) {
        (Some(_), None) => {
            let offset = reader.key_offset("username");
            reader.error(offset, "\"username\" without \"password\"; write both, or neither to send without a login");
        }
        (None, Some(_)) => {
            let offset = reader.key_offset("password");
            reader.error(offset, "\"password\" without \"username\"; write both, or neither to send without a login");
        }
        (None, None) if reader.value("auth").is_some() => {
            let offset = reader.key_offset("auth");
            reader.error(offset, "\"auth\" without \"username\" and \"password\"; write them, or leave it out");
        }
        _ => {}
    }
}
