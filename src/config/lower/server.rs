//! A server's address: host, port and protection, for `[smtp]` and `[[account]]` alike.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use super::address::is_host;
use super::bench::{Bench, Choice};
use crate::config::file::service::Server;
use crate::config::reader::{At, shortened};
use crate::net::Security;
use crate::net::sasl::Auth;

/// What is spoken there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Mail is read.
    Imap,
    /// Letters leave.
    Smtp,
}

impl Protocol {
    /// RFC 8314 section 3 for TLS; else the ports of old.
    fn port(self, security: Security) -> u16 {
        match (self, security) {
            (Self::Imap, Security::Tls) => 993,
            (Self::Imap, Security::StartTls | Security::Plain) => 143,
            (Self::Smtp, Security::Tls) => 465,
            (Self::Smtp, Security::StartTls) => 587,
            (Self::Smtp, Security::Plain) => 25,
        }
    }
}

/// How a server is reached.
#[derive(Debug)]
pub struct Door {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub security: Security,
    /// What the password is.
    pub auth: Auth,
    /// An extra trust anchor.
    pub ca_file: Option<PathBuf>,
}

/// Host, port, protection, and what the password is; `None` when something is wrong, or `host` is missing.
pub fn door(bench: &mut Bench<'_>, prefix: &str, server: &Server, protocol: Protocol) -> Option<Door> {
    let ca_file = server.ca_file.as_ref().map(|path| bench.path(prefix, path));
    let choice = Choice {
        key: "security",
        words: &[("tls", Security::Tls), ("starttls", Security::StartTls), ("plain", Security::Plain)],
        default: Some(Security::Tls),
    };
    let security = bench.word(prefix, server.security.as_ref(), &choice);
    let words = [("password", Auth::Password), ("xoauth2", Auth::Token)];
    let choice = Choice { key: "auth", words: &words, default: Some(Auth::Password) };
    let auth = bench.word(prefix, server.auth.as_ref(), &choice);
    let port = server.port.as_ref().map(|port| bench.number(prefix, port, ("port", 1, i64::from(u16::MAX))));
    let host = host(bench, prefix, server.host.as_ref()?);
    let (host, security, auth) = (host?, security?, auth?);
    if security == Security::Plain && !is_loopback(&host) {
        let offset = server.security.as_ref().map_or(0, |written| written.offset);
        let text = format!(
            "{prefix}\"plain\" to {host:?} would send mail and password in the clear; write \"tls\" or \"starttls\""
        );
        bench.faults.error(offset, text);
        return None;
    }
    let port = match port {
        Some(port) => u16::try_from(port?).ok()?,
        None => protocol.port(security),
    };
    if let Some(text) = misplaced(protocol, security, port) {
        bench.faults.warn(server.port.as_ref().map_or(0, |written| written.offset), format!("{prefix}{text}"));
    }
    Some(Door { host, port, security, auth, ca_file: ca_file.map_or(Some(None), |path| path.map(Some))? })
}

/// What is wrong with the port of another protocol, or of another protection; those of nobody may be any.
fn misplaced(protocol: Protocol, security: Security, port: u16) -> Option<String> {
    let (spoken, protection) = match port {
        993 => (Some(Protocol::Imap), Security::Tls),
        143 => (Some(Protocol::Imap), Security::StartTls),
        465 => (Some(Protocol::Smtp), Security::Tls),
        587 | 25 => (Some(Protocol::Smtp), Security::StartTls),
        995 | 110 => (None, security),
        _ => return None,
    };
    let own = protocol.port(security);
    if spoken != Some(protocol) {
        let others = match spoken {
            Some(Protocol::Imap) => "reading mail by IMAP",
            Some(Protocol::Smtp) => "sending mail by SMTP",
            None => "reading mail by POP3, which cannot do what is needed here",
        };
        return Some(format!("port {port} is for {others}; write port = {own}, or leave it out"));
    }
    let begins_with_tls = |security| security == Security::Tls;
    (begins_with_tls(protection) != begins_with_tls(security)).then(|| {
        let (how, word) = match protection {
            Security::Tls => ("begins with TLS", "tls"),
            Security::StartTls | Security::Plain => ("begins without TLS", "starttls"),
        };
        format!("port {port} {how}; write security = {word:?}, or port = {own}")
    })
}

/// A login name: one line, not empty.
pub fn username(bench: &mut Bench<'_>, prefix: &str, written: At<String>) -> Option<String> {
    if written.value.is_empty() || written.value.chars().any(char::is_control) {
        let text = format!("{prefix}\"username\" is empty or holds a control character; write the login name");
        bench.faults.error(written.offset, text);
        return None;
    }
    Some(written.value)
}

fn host(bench: &mut Bench<'_>, prefix: &str, written: &At<String>) -> Option<String> {
    let host = written.value.as_str();
    if is_host(host) || host.parse::<IpAddr>().is_ok() {
        return Some(host.to_ascii_lowercase());
    }
    let advice = match host.rsplit_once(':') {
        _ if host.contains("://") => "write the name alone, and `security` for the protection".to_owned(),
        Some((_, port)) if port.parse::<u16>().is_ok() && !host.starts_with('[') => {
            format!("write port = {port} beside it")
        }
        _ if host.starts_with('[') => "write an IPv6 address without brackets".to_owned(),
        _ if !host.is_ascii() => "write it in its xn-- form".to_owned(),
        _ => "write a host name or an address".to_owned(),
    };
    bench.faults.error(written.offset, format!("{prefix}{:?} is no host; {advice}", shortened(host)));
    None
}

/// Whether this names the machine itself whatever a resolver says: `localhost` (RFC 6761 section 6.3), 127.0.0.0/8, ::1.
pub fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4: Ipv4Addr| v4.is_loopback())
        }
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::{Protocol, is_loopback, misplaced};
    use crate::net::Security::{self, Plain, StartTls, Tls};

    #[test]
    fn the_port_of_another_protocol_or_protection_is_told() {
        let check = |protocol, security: Security, port, expected: &str| {
            let said = misplaced(protocol, security, port).unwrap_or_default();
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{port} {security:?}: {said}");
        };
        check(Protocol::Imap, Tls, 993, "");
        check(Protocol::Imap, StartTls, 143, "");
        check(Protocol::Imap, Plain, 143, "");
        check(Protocol::Imap, Plain, 1143, "");
        check(Protocol::Smtp, Tls, 465, "");
        check(Protocol::Smtp, StartTls, 587, "");
        check(Protocol::Smtp, StartTls, 25, "");
        check(Protocol::Smtp, Plain, 25, "");
        check(Protocol::Imap, Tls, 143, "begins without TLS; write security = \"starttls\", or port = 993");
        check(Protocol::Imap, StartTls, 993, "begins with TLS; write security = \"tls\", or port = 143");
        check(Protocol::Imap, Plain, 993, "begins with TLS");
        check(Protocol::Smtp, Tls, 587, "begins without TLS; write security = \"starttls\", or port = 465");
        check(Protocol::Smtp, Tls, 25, "begins without TLS");
        check(Protocol::Smtp, StartTls, 465, "begins with TLS");
        check(Protocol::Imap, Tls, 465, "port 465 is for sending mail by SMTP; write port = 993");
        check(Protocol::Imap, StartTls, 587, "port = 143");
        check(Protocol::Smtp, Tls, 993, "reading mail by IMAP; write port = 465");
        check(Protocol::Imap, Tls, 995, "POP3");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let check = |host, expected| assert_eq!(is_loopback(host), expected, "{host:?}");
        check("localhost", true);
        check("127.0.0.1", true);
        check("127.9.8.7", true);
        check("::1", true);
        check("::ffff:127.0.0.1", true);
        check("127.0.0.1.example.org", false);
        check("localhost.example.org", false);
        check("128.0.0.1", false);
        check("::2", false);
        check("0.0.0.0", false);
    }
}
