//! TCP and TLS for the doors: connect within a limit, verify the name, keep the line alive.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::net::sockopt;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, Error as RustlsError, InvalidMessage};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::limits;

mod pin;
mod race;
pub mod sasl;
mod trust;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// STARTTLS, required.
    StartTls,
    /// Nothing; only to loopback.
    Plain,
}

/// A server, and whom we trust to vouch for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint<'a> {
    /// Host name, or an address with or without brackets; the certificate must carry it.
    pub host: &'a str,
    /// TCP port.
    pub port: u16,
    /// A PEM file of certificates that are trusted besides the system's.
    pub ca_file: Option<&'a Path>,
}

impl Endpoint<'_> {
    /// The host as resolvers and certificates know it: without brackets and final dot.
    fn name(&self) -> &str {
        let bare = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(self.host);
        bare.strip_suffix('.').unwrap_or(bare)
    }
}

impl fmt::Display for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            name if name.contains(':') => write!(f, "[{name}]:{}", self.port),
            name => write!(f, "{name}:{}", self.port),
        }
    }
}

/// Why there is no line to a server; `at` is host and port.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The name has no address, or the resolver did not answer in time.
    #[error("cannot find the address of {at}; check the host name and the resolver: {cause}")]
    Resolve {
        /// Host and port.
        at: String,
        /// The resolver's words.
        cause: String,
    },
    /// Nothing listens on the port, at any of the addresses.
    #[error("{at} refuses connections; check host and port, and whether the server runs")]
    Refused {
        /// Host and port.
        at: String,
    },
    /// No answer within the limit.
    #[error("{at} did not answer within {seconds} s ({during}); check the network and the firewall")]
    TimedOut {
        /// Host and port.
        at: String,
        /// What did not end.
        during: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// The certificate was good once.
    #[error("the certificate of {at} has expired; renew it on the server, or set this machine's clock")]
    CertificateExpired {
        /// Host and port.
        at: String,
    },
    /// The certificate will be good later.
    #[error("the certificate of {at} is not valid yet; set this machine's clock, or the server's")]
    CertificateTooYoung {
        /// Host and port.
        at: String,
    },
    /// The certificate is somebody else's.
    #[error("the certificate of {at} does not carry this name; use as host a name that it carries")]
    WrongName {
        /// Host and port.
        at: String,
    },
    /// Nobody we trust signed the certificate; it may sign itself.
    #[error("the certificate of {at} is signed by nobody known here; name its authority with `ca_file`")]
    UnknownIssuer {
        /// Host and port.
        at: String,
    },
    /// The other side does not speak TLS.
    #[error("{at} does not speak TLS on this port; try the other of \"tls\" and \"starttls\", or another port")]
    NotTls {
        /// Host and port.
        at: String,
    },
    /// TLS failed in another way: a certificate or a protocol that cannot be accepted.
    #[error("no TLS with {at}: {cause}")]
    Tls {
        /// Host and port.
        at: String,
        /// Why.
        cause: String,
    },
    /// The extra trust anchors cannot be had.
    #[error("cannot use the `ca_file` \"{}\" for {at}: {cause}", path.display())]
    CaFile {
        /// Host and port.
        at: String,
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// This machine trusts nobody.
    #[error("no trusted certificates on this machine for {at}; install the package ca-certificates, or set `ca_file`")]
    NoRoots {
        /// Host and port.
        at: String,
    },
    /// Plaintext was asked for, and the server is on another machine.
    #[error(
        "{at} is not on this machine, and nothing goes to another machine in plaintext; use \"tls\" or \"starttls\""
    )]
    NotLoopback {
        /// Host and port.
        at: String,
    },
    /// The network failed in another way.
    #[error("cannot talk to {at}: {cause}")]
    Io {
        /// Host and port.
        at: String,
        /// Why.
        cause: io::Error,
    },
}

/// A TCP connection, its socket options set.
pub type Tcp = tokio::net::TcpStream;

/// Connects: resolves the name, then tries its addresses in turn, both families, a new one each 250 ms until one answers
/// (RFC 8305 section 5). The socket sends at once, and a dead line is noticed within 2 minutes even when idle.
///
/// # Errors
/// `Resolve`, `Refused` (all addresses), `TimedOut` after `NET_RESOLVE` or `NET_CONNECT`, `Io`.
pub async fn connect(endpoint: &Endpoint<'_>) -> Result<Tcp, NetError> {
    let at = || endpoint.to_string();
    let resolved =
        timeout(limits::memory::NET_RESOLVE, tokio::net::lookup_host((endpoint.name(), endpoint.port))).await;
    let addresses = match resolved {
        Ok(Ok(found)) => race::order(found),
        Ok(Err(cause)) => return Err(NetError::Resolve { at: at(), cause: cause.to_string() }),
        Err(_) => {
            let cause = format!("the resolver did not answer within {} s", limits::memory::NET_RESOLVE.as_secs());
            return Err(NetError::Resolve { at: at(), cause });
        }
    };
    if addresses.is_empty() {
        return Err(NetError::Resolve { at: at(), cause: "the name has no address".to_owned() });
    }
    let tcp = match timeout(limits::memory::NET_CONNECT, race::run(addresses)).await {
        Ok(Ok(tcp)) => tcp,
        Ok(Err(cause)) => return Err(of_connect(endpoint, cause)),
        Err(_) => return Err(timed_out(endpoint, "connect", limits::memory::NET_CONNECT)),
    };
    keep_alive(&tcp).map_err(|cause| NetError::Io { at: at(), cause })?;
    Ok(tcp)
}

/// Refuses a plaintext line to any other machine, whatever the host is called.
///
/// # Errors
/// `NotLoopback`, or `Io` when the connection is already gone.
pub fn insist_on_loopback(tcp: &Tcp, endpoint: &Endpoint<'_>) -> Result<(), NetError> {
    match tcp.peer_addr() {
        Ok(peer) if peer.ip().to_canonical().is_loopback() => Ok(()),
        Ok(_) => Err(NetError::NotLoopback { at: endpoint.to_string() }),
        Err(cause) => Err(NetError::Io { at: endpoint.to_string(), cause }),
    }
}

/// Does the TLS handshake (1.2 or 1.3) and verifies name, validity and issuer of the certificate, by the system's trust
/// anchors and those of `ca_file`. No byte of ours but the handshake leaves before that.
///
/// # Errors
/// One variant for each thing that can be wrong with a certificate, `NotTls`, `CaFile`, `NoRoots`, `TimedOut`, `Tls`, `Io`.
pub async fn secure(tcp: Tcp, endpoint: &Endpoint<'_>) -> Result<TlsStream<Tcp>, NetError> {
    let at = || endpoint.to_string();
    let config = trust::config(endpoint.ca_file).await.map_err(|fault| match fault {
        trust::Fault::CaFile { path, cause } => NetError::CaFile { at: at(), path, cause },
        trust::Fault::NoRoots => NetError::NoRoots { at: at() },
        trust::Fault::Provider(cause) => NetError::Tls { at: at(), cause },
    })?;
    let name = ServerName::try_from(endpoint.name().to_owned())
        .map_err(|cause| NetError::Tls { at: at(), cause: cause.to_string() })?;
    match timeout(limits::memory::NET_HANDSHAKE, TlsConnector::from(config).connect(name, tcp)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(cause)) => Err(of_handshake(endpoint, cause)),
        Err(_) => Err(timed_out(endpoint, "TLS handshake", limits::memory::NET_HANDSHAKE)),
    }
}

/// RFC 1122 section 4.2.3.6 leaves keep-alive to the application: a home router forgets an idle line after minutes, and
/// without probes an IMAP IDLE on it would wait for ever.
fn keep_alive(tcp: &Tcp) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    sockopt::set_tcp_keepidle(tcp, limits::memory::NET_KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(tcp, limits::memory::NET_KEEPALIVE_BETWEEN)?;
    sockopt::set_tcp_keepcnt(tcp, limits::memory::NET_KEEPALIVE_PROBES)?;
    sockopt::set_socket_keepalive(tcp, true)?;
    let unacknowledged = u32::try_from(limits::memory::NET_UNACKNOWLEDGED.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(tcp, unacknowledged)?;
    Ok(())
}

fn timed_out(endpoint: &Endpoint<'_>, during: &'static str, limit: Duration) -> NetError {
    NetError::TimedOut { at: endpoint.to_string(), during, seconds: limit.as_secs() }
}

fn of_connect(endpoint: &Endpoint<'_>, cause: io::Error) -> NetError {
    match cause.kind() {
        io::ErrorKind::ConnectionRefused => NetError::Refused { at: endpoint.to_string() },
        io::ErrorKind::TimedOut => timed_out(endpoint, "connect", limits::memory::NET_CONNECT),
        _ => NetError::Io { at: endpoint.to_string(), cause },
    }
}

fn of_handshake(endpoint: &Endpoint<'_>, cause: io::Error) -> NetError {
    let at = endpoint.to_string();
    let Some(fault) = cause.get_ref().and_then(|inner| inner.downcast_ref::<RustlsError>()) else {
        // tokio-rustls says "tls handshake eof", which is the network's doing more often than the server's.
        return match cause.kind() {
            io::ErrorKind::UnexpectedEof => {
                let cause = io::Error::new(cause.kind(), "the connection was closed in the TLS handshake");
                NetError::Io { at, cause }
            }
            _ => NetError::Io { at, cause },
        };
    };
    match fault {
        RustlsError::InvalidCertificate(fault) => of_certificate(at, fault),
        RustlsError::InvalidMessage(InvalidMessage::InvalidContentType) => NetError::NotTls { at },
        // rustls's messages hold no bytes of the peer but names out of the certificate.
        other => NetError::Tls { at, cause: other.to_string() },
    }
}

fn of_certificate(at: String, fault: &CertificateError) -> NetError {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => NetError::CertificateExpired { at },
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            NetError::CertificateTooYoung { at }
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            NetError::WrongName { at }
        }
        // A bad signature: an authority of that name is known, but with another key, as after one was made anew.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => NetError::UnknownIssuer { at },
        CertificateError::Revoked => NetError::Tls { at, cause: "its certificate was revoked".to_owned() },
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            // What `openssl req -x509` makes by default, on many a home server.
            let cause = "its certificate is that of an authority (CA:TRUE), not of a server; make one with CA:FALSE, or \
                         write it into a `ca_file`";
            NetError::Tls { at, cause: cause.to_owned() }
        }
        other => NetError::Tls { at, cause: format!("its certificate was refused ({other:?})") },
    }
}

/// A connection, protected or not.
pub enum Line {
    /// Without TLS.
    Plain(Tcp),
    /// Within TLS.
    Tls(Box<TlsStream<Tcp>>),
}

impl Line {
    /// The TCP connection below.
    pub fn tcp(&self) -> &Tcp {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Line::Plain",
            Self::Tls(_) => "Line::Tls",
        })
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use rustix::net::sockopt;
    use tokio::net::TcpListener;

    use super::{Endpoint, NetError, connect, insist_on_loopback, secure};

    fn endpoint(host: &str, port: u16) -> Endpoint<'_> {
        Endpoint { host, port, ca_file: None }
    }

    #[test]
    fn addresses_are_shown_as_they_are_written() {
        let check = |host, shown: &str| assert_eq!(endpoint(host, 993).to_string(), shown);
        check("mail.example.org", "mail.example.org:993");
        check("mail.example.org.", "mail.example.org:993");
        check("::1", "[::1]:993");
        check("[::1]", "[::1]:993");
        check("127.0.0.1", "127.0.0.1:993");
    }

    #[tokio::test]
    async fn the_socket_is_kept_alive_and_sends_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tcp = connect(&endpoint("localhost", port)).await.unwrap();
        assert!(tcp.nodelay().unwrap());
        assert!(sockopt::socket_keepalive(&tcp).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&tcp).unwrap().as_secs(), 60);
        assert_eq!(sockopt::tcp_keepintvl(&tcp).unwrap().as_secs(), 15);
        assert_eq!(sockopt::tcp_keepcnt(&tcp).unwrap(), 4);
        assert_eq!(sockopt::tcp_user_timeout(&tcp).unwrap(), 60_000);
        insist_on_loopback(&tcp, &endpoint("localhost", port)).unwrap();
    }

    #[tokio::test]
    async fn a_closed_port_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let fault = connect(&endpoint("127.0.0.1", port)).await.unwrap_err();
        assert!(matches!(fault, NetError::Refused { .. }), "{fault}");
        assert!(fault.to_string().contains(&format!("127.0.0.1:{port}")), "{fault}");
    }

    #[tokio::test]
    async fn a_name_that_cannot_be_is_a_resolver_s_fault() {
        let fault = connect(&endpoint("no such host", 25)).await.unwrap_err();
        assert!(matches!(fault, NetError::Resolve { .. }), "{fault}");
    }

    #[tokio::test]
    async fn a_server_that_greets_in_plaintext_is_named_as_such() {
        use tokio::io::AsyncWriteExt;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            peer.write_all(b"220 mail ESMTP ready for your commands\r\n").await.unwrap();
            std::future::pending::<()>().await;
        });
        let here = endpoint("127.0.0.1", port);
        let tcp = connect(&here).await.unwrap();
        match secure(tcp, &here).await.unwrap_err() {
            NetError::NotTls { .. } | NetError::NoRoots { .. } => {}
            other => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn a_ca_file_that_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let here = Endpoint { host: "127.0.0.1", port, ca_file: Some(&path) };
        for text in
            [None, Some("no certificate"), Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
        {
            if let Some(text) = text {
                std::fs::write(&path, text).unwrap();
            }
            let fault = secure(connect(&here).await.unwrap(), &here).await.unwrap_err();
            assert!(matches!(fault, NetError::CaFile { .. }), "{fault}");
            assert!(fault.to_string().contains("ca.pem"), "{fault}");
        }
    }
}
