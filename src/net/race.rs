//! The addresses of one name raced against each other: the first that answers wins (RFC 8305).

use std::io;
use std::net::SocketAddr;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::limits;

/// The order in which addresses are tried: the families take turns, beginning with that of the resolver's first, so that
/// a broken IPv6 costs one step and not a list of them. Unique, at most `NET_ADDRESSES`.
pub fn order(found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut all: Vec<SocketAddr> = Vec::new();
    for address in found.take(limits::memory::NET_ADDRESSES_READ) {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    let six_first = all.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) = all.into_iter().partition(|address| address.is_ipv6() == six_first);
    let longest = one.len().max(other.len());
    let turns = (0..longest).flat_map(|turn| [one.get(turn), other.get(turn)]);
    turns.flatten().copied().take(limits::memory::NET_ADDRESSES).collect()
}

/// Connects to the first address that answers. A next one is tried when `NET_NEXT_ADDRESS` has passed or all that were
/// tried have failed; those that come late are closed. Not bounded in time by itself.
///
/// # Errors
/// That of the last address that failed, when all did.
pub async fn run(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = addresses.into_iter();
    let mut trying = FuturesUnordered::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        match waiting.next() {
            Some(address) => trying.push(TcpStream::connect(address)),
            None if trying.is_empty() => return Err(last),
            None => {}
        }
        let next = if waiting.len() == 0 {
            trying.next().await
        } else {
            timeout(limits::memory::NET_NEXT_ADDRESS, trying.next()).await.unwrap_or(None)
        };
        match next {
            Some(Ok(tcp)) => return Ok(tcp),
            Some(Err(cause)) => last = cause,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::SocketAddr;

    use tokio::net::TcpListener;

    use super::{order, run};

    fn check(found: &[&str], expected: &[&str]) {
        let read = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        assert_eq!(order(read(found).into_iter()), read(expected));
    }

    #[test]
    fn the_families_take_turns() {
        check(&[], &[]);
        check(&["[::1]:1", "[::2]:1", "1.1.1.1:1"], &["[::1]:1", "1.1.1.1:1", "[::2]:1"]);
        check(&["1.1.1.1:1", "1.1.1.2:1", "[::1]:1"], &["1.1.1.1:1", "[::1]:1", "1.1.1.2:1"]);
        check(&["1.1.1.1:1", "1.1.1.1:1"], &["1.1.1.1:1"]);
    }

    #[test]
    fn a_name_with_very_many_addresses_is_cut() {
        let many = (0..=255).map(|n| SocketAddr::from(([10, 0, 0, n], 25)));
        assert_eq!(order(many).len(), 8);
    }

    #[tokio::test]
    async fn a_dead_address_does_not_hide_a_living_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let living = listener.local_addr().unwrap();
        let dead = {
            let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
            gone.local_addr().unwrap()
        };
        assert_eq!(run(vec![dead, living]).await.unwrap().peer_addr().unwrap(), living);
        assert!(run(vec![dead]).await.is_err());
        assert!(run(vec![]).await.is_err());
    }
}
