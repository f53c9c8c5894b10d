//! From a name to its addresses, a few names at a time.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use tokio::sync::Semaphore;

use crate::limits;

/// Names that are being resolved. Each takes a thread for as long as the resolver is silent: many accounts whose names
/// nobody can resolve must leave threads to the others.
static RESOLVING: Semaphore = Semaphore::const_new(limits::memory::NET_RESOLVING);

/// The addresses of a name, or the address that it is; the resolver is asked in a thread of its own.
///
/// # Errors
/// As the resolver says.
pub async fn resolve(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let place = RESOLVING.acquire().await.map_err(io::Error::other)?;
    let name = name.to_owned();
    let resolved = tokio::task::spawn_blocking(move || {
        let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
        // Not before: whoever waits for it may have gone, and the thread is busy all the same.
        drop(place);
        found
    });
    resolved.await.map_err(io::Error::other)?
}
