//! Where state lies, where HTTP is answered, and how letters leave.

use std::path::PathBuf;

use super::address::sender;
use super::bench::Bench;
use super::secret;
use super::server::{Protocol, door};
use crate::config::file::service::Smtp;
use crate::config::reader::{At, shortened};
use crate::digest::order::Sender;
use crate::hook::settings::Listen;
use crate::limits;
use crate::smtp::settings::{Server, Settings};

/// The state folder, and the folder of the control socket.
#[derive(Debug)]
pub struct Folders {
    /// State.
    pub state: PathBuf,
    /// The control socket.
    pub runtime: PathBuf,
}

/// `state_dir` or its default, and what follows from it.
pub fn folders(bench: &mut Bench<'_>, state_dir: Option<&At<String>>) -> Option<Folders> {
    let state = match state_dir {
        Some(written) => bench.path("\"state_dir\": ", written)?,
        None => match bench.environment.state() {
            Some(state) => state,
            None => {
                let text = "\"state_dir\" is missing, and neither $STATE_DIRECTORY nor $HOME is set; write state_dir = \"/var/lib/tidings\"";
                bench.faults.error(0, text);
                return None;
            }
        },
    };
    let runtime = bench.environment.runtime().unwrap_or_else(|| state.clone());
    Some(Folders { state, runtime })
}

/// `listen`: an address with a port, or a Unix socket.
pub fn listen(bench: &mut Bench<'_>, written: &At<String>) -> Option<Listen> {
    const PREFIX: &str = "\"listen\": ";
    let text = written.value.as_str();
    if let Some(path) = text.strip_prefix("unix:") {
        let path = bench.path(PREFIX, &At::new(written.offset, path.to_owned()))?;
        if path.as_os_str().len() > limits::doors::SOCKET_PATH_BYTES {
            let most = limits::doors::SOCKET_PATH_BYTES;
            let length = path.as_os_str().len();
            let text =
                format!("{PREFIX}the path has {length} bytes, and a Unix socket's has {most} at most; shorten it");
            bench.faults.error(written.offset, text);
            return None;
        }
        return Some(Listen::Unix(path));
    }
    // A name can mean several addresses, another one tomorrow, and none at boot.
    let Ok(address) = text.parse() else {
        let shown = shortened(text);
        let text = format!(
            "{PREFIX}{shown:?} is no address with a port; write \"127.0.0.1:8460\", \"[::1]:8460\" or \"unix:/run/tidings/http.sock\""
        );
        bench.faults.error(written.offset, text);
        return None;
    };
    let listen = Listen::Tcp(address);
    if !listen.is_local() {
        let text = format!(
            "{PREFIX}\"{address}\" is reached from other machines, without TLS and without a login; listen on 127.0.0.1 behind a proxy unless that is meant"
        );
        bench.faults.warn(written.offset, text);
    }
    Some(listen)
}

/// `[smtp]`: the way out, and whom letters come from.
pub fn smtp(bench: &mut Bench<'_>, written: Smtp) -> Option<(Settings, Sender)> {
    const PREFIX: &str = "[smtp]: ";
    let from = written.from.and_then(|from| sender(bench, PREFIX, &from));
    if let Some(folder) = written.folder {
        let folder = bench.path(PREFIX, &folder)?;
        return Some((Settings::Folder(folder), from?));
    }
    let server = written.server;
    let door = door(bench, PREFIX, &server, Protocol::Smtp);
    let login = match (server.username, server.password) {
        (Some(username), Some(password)) => {
            let username = super::server::username(bench, PREFIX, username);
            let password = secret::source(bench, PREFIX, password);
            Some((username?, password?))
        }
        _ => None,
    };
    let door = door?;
    let settings = Server {
        host: door.host,
        port: door.port,
        security: door.security,
        login,
        auth: door.auth,
        ca_file: door.ca_file,
    };
    Some((Settings::Server(settings), from?))
}
