//! Addresses of HTTP as they are written: `public_url`, what the outside calls the listener, those that we call, and those of
//! webmail.

use std::net::Ipv6Addr;

use super::address::is_host;
use super::bench::Bench;
use super::server::is_loopback;
use crate::config::reader::{At, shortened};
use crate::digest::link::Webmail;
use crate::limits;

/// The address without a slash at its end: what follows begins with one.
pub fn url(bench: &mut Bench<'_>, written: &At<String>) -> Option<String> {
    address(bench, ("", "public_url"), written)
}

/// The same for another key; `prefix` begins each message about what it stands in.
pub fn address(bench: &mut Bench<'_>, (prefix, key): (&str, &str), written: &At<String>) -> Option<String> {
    match checked(&written.value) {
        Ok(url) => Some(url),
        Err(fault) => {
            // What stands before an at sign may be a password.
            let shown =
                if written.value.contains('@') { String::new() } else { format!(": {:?}", shortened(&written.value)) };
            let text = format!("{prefix}{key:?}{shown} {fault}");
            bench.faults.error(written.offset, text);
            None
        }
    }
}

/// `webmail`: an address with one place for the Message-ID.
pub fn webmail(bench: &mut Bench<'_>, prefix: &str, written: &At<String>) -> Option<Webmail> {
    match template(&written.value) {
        Ok(webmail) => Some(webmail),
        Err(fault) => {
            // As above.
            let shown =
                if written.value.contains('@') { String::new() } else { format!(" {:?}", shortened(&written.value)) };
            let text = format!("{prefix}\"webmail\"{shown} {fault}");
            bench.faults.error(written.offset, text);
            None
        }
    }
}

fn template(written: &str) -> Result<Webmail, &'static str> {
    const EXAMPLE: &str =
        "is no address with one place for a mail; write \"https://mail.example.org/#search/rfc822msgid:{message_id}\"";
    let webmail = Webmail::parse(written).ok_or(EXAMPLE)?;
    let bare = written.replace("{message_id}", "");
    let (scheme, rest) = bare.split_once("://").ok_or(EXAMPLE)?;
    is_writable(&bare, rest)?;
    authority(scheme, rest.split(['/', '?', '#']).next().unwrap_or_default(), EXAMPLE)?;
    Ok(webmail)
}

fn checked(written: &str) -> Result<String, &'static str> {
    const EXAMPLE: &str = "is no address; write \"https://tidings.example.org\"";
    let (scheme, rest) = written.split_once("://").ok_or(EXAMPLE)?;
    is_writable(written, rest)?;
    if rest.contains(['?', '#']) {
        return Err("has a query or a fragment; write the address alone");
    }
    let rest = rest.trim_end_matches('/');
    let host = rest.split('/').next().unwrap_or_default();
    authority(scheme, host, EXAMPLE)?;
    let path = rest.get(host.len()..).unwrap_or_default();
    if path.split('/').skip(1).any(|part| part.is_empty() || part == "." || part == "..") {
        return Err("has an empty part in its path; write one slash between two");
    }
    Ok(format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase()))
}

/// Whether an address consists of what may stand in one.
fn is_writable(written: &str, rest: &str) -> Result<(), &'static str> {
    if written.len() > limits::front::CONFIG_PUBLIC_URL_CHARS || !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("has a space, a letter outside ASCII, or too many; write it as a service would call it");
    }
    // RFC 3986 knows no place for these.
    if rest.contains(['"', '<', '>', '\\', '^', '`', '{', '|', '}']) {
        return Err("has a character that no address has; write % and its two digits instead");
    }
    Ok(())
}

/// Whether a host, perhaps with a port, can be reached in this way without being overheard.
fn authority(scheme: &str, host: &str, example: &'static str) -> Result<(), &'static str> {
    if host.contains('@') {
        return Err("has a login in it; write the address alone");
    }
    let (name, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((name, port)) => (name, if port.is_empty() { Some("1") } else { port.strip_prefix(':') }),
        None => host.split_once(':').map_or((host, Some("1")), |(name, port)| (name, Some(port))),
    };
    let is_port = port.and_then(|port| port.parse::<u16>().ok()).is_some_and(|port| port > 0);
    let is_named = if host.starts_with('[') { name.parse::<Ipv6Addr>().is_ok() } else { is_host(name) };
    if !is_port || !is_named {
        return Err(example);
    }
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(()),
        "http" if is_loopback(&name.to_ascii_lowercase()) => Ok(()),
        "http" => Err("is not encrypted; write https://, and let a proxy on this machine speak it"),
        _ => Err(example),
    }
}

#[cfg(test)]
mod tests {
    use super::{checked, template};

    #[test]
    fn where_a_webmail_shows_a_mail() {
        for good in [
            "https://mail.example.org/#search/rfc822msgid:{message_id}",
            "https://mail.example.org?id={message_id}&view=1",
            "http://127.0.0.1:8080/{message_id}",
        ] {
            assert_eq!(template(good).map(|webmail| webmail.as_written()).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "https://mail.example.org/",
            "https://{message_id}/",
            "https://mail.example.org/{message_id}{message_id}",
            "http://mail.example.org/{message_id}",
            "javascript://mail.example.org/{message_id}",
            "https:///{message_id}",
            "https://ada:pw@mail.example.org/{message_id}",
            "https://mail.example.org/{other}/{message_id}",
            "https://mail.example.org/a b/{message_id}",
            "https://mail.example.org/\r\n{message_id}",
            "https://mail.example.org/\"{message_id}",
        ] {
            assert!(template(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_the_outside_calls() {
        let check = |written: &str, expected: Option<&str>| {
            assert_eq!(checked(written).ok().as_deref(), expected, "{written}");
        };
        check("https://tidings.example.org", Some("https://tidings.example.org"));
        check("https://tidings.example.org/", Some("https://tidings.example.org"));
        check("HTTPS://Tidings.Example.org/Hooks/a%20b/", Some("https://tidings.example.org/Hooks/a%20b"));
        check("https://tidings.example.org:8443/x", Some("https://tidings.example.org:8443/x"));
        check("https://[2001:db8::1]:8443", Some("https://[2001:db8::1]:8443"));
        check("https://192.0.2.1", Some("https://192.0.2.1"));
        check("http://localhost:8460", Some("http://localhost:8460"));
        check("http://127.0.0.1:8460", Some("http://127.0.0.1:8460"));
        check("http://[::1]", Some("http://[::1]"));
        for bad in [
            "",
            "tidings.example.org",
            "http://tidings.example.org",
            "ftp://tidings.example.org",
            "https://",
            "https:///x",
            "https://tidings.example.org?x=1",
            "https://tidings.example.org/#x",
            "https://ada:pw@tidings.example.org",
            "https://tidings.example.org:0",
            "https://tidings.example.org:port",
            "https://[::1",
            "https://[::1]x",
            "https://tidings example.org",
            "https://tidings.example.org//x",
            "https://tidings.example.org/../x",
            "https://bücher.example",
            "https://tidings.example.org/{x}",
            "https://tidings.example.org/a\\b",
        ] {
            check(bad, None);
        }
    }
}
