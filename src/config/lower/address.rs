//! Mail addresses of the configuration: the only ones that letters ever go to or come from.

use super::bench::Bench;
use crate::config::reader::{At, shortened};
use crate::digest::order::Sender;
use crate::limits;

/// An address, domain in lower case.
pub fn address(bench: &mut Bench<'_>, prefix: &str, written: &At<String>) -> Option<String> {
    match parse(&written.value) {
        Ok(address) => Some(address),
        Err(why) => {
            let value = shortened(&written.value);
            bench.faults.error(written.offset, format!("{prefix}{value:?} is no mail address: {why}"));
            None
        }
    }
}

/// `Name <address>`, or an address alone.
pub fn sender(bench: &mut Bench<'_>, prefix: &str, written: &At<String>) -> Option<Sender> {
    let text = written.value.trim();
    let Some((name, rest)) = text.rsplit_once('<') else {
        return address(bench, prefix, written).map(|address| Sender { name: None, address });
    };
    let Some(inside) = rest.strip_suffix('>') else {
        let value = shortened(text);
        let advice = "write \"Name <ada@example.org>\", or the address alone";
        bench.faults.error(written.offset, format!("{prefix}{value:?} does not end with >; {advice}"));
        return None;
    };
    let name = name.trim();
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name).trim();
    if name.chars().any(char::is_control) || name.chars().count() > limits::front::CONFIG_NAME_CHARS {
        let text =
            format!("{prefix}the name before the address is too long or holds a control character; write a short one");
        bench.faults.error(written.offset, text);
        return None;
    }
    let address = address(bench, prefix, &At::new(written.offset, inside.trim().to_owned()))?;
    Some(Sender { name: (!name.is_empty()).then(|| name.to_owned()), address })
}

/// Recipients: distinct, at most `limits::front::CONFIG_RECIPIENTS`.
pub fn recipients(bench: &mut Bench<'_>, prefix: &str, written: &[At<String>]) -> Option<Vec<String>> {
    let mut recipients: Vec<String> = Vec::new();
    let mut whole = true;
    for entry in written {
        match address(bench, prefix, entry) {
            Some(address) if recipients.iter().any(|known| known.eq_ignore_ascii_case(&address)) => {
                bench.faults.error(entry.offset, format!("{prefix}{address:?} stands there twice; remove one"));
                whole = false;
            }
            Some(address) => recipients.push(address),
            None => whole = false,
        }
    }
    if let Some(first) = written.get(limits::front::CONFIG_RECIPIENTS) {
        let most = limits::front::CONFIG_RECIPIENTS;
        let text =
            format!("{prefix}more than {most} recipients; write at most {most}, or one address of a mailing list");
        bench.faults.error(first.offset, text);
        return None;
    }
    whole.then_some(recipients)
}

/// Reads `local@domain`: a dot-atom (RFC 5322 section 3.2.3) and host names, 64 and 255 octets at most (RFC 5321
/// section 4.5.3.1). Quoted local parts and address literals are left out on purpose: nobody has one, and each is a way
/// to write a command into an address.
fn parse(text: &str) -> Result<String, &'static str> {
    if text.contains(['*', '?']) {
        return Err("it holds a wildcard; write whole addresses");
    }
    if text.contains([',', ';']) {
        return Err("it holds a comma; write several addresses as a list, [\"a@example.org\", \"b@example.org\"]");
    }
    if text.contains(['<', '>']) {
        return Err("it holds a name; write the address alone");
    }
    let (local, domain) = text.rsplit_once('@').ok_or("it has no @; write local@domain")?;
    if !local.is_ascii() {
        return Err("what stands before the @ is not ASCII, which many servers refuse; write another address of yours");
    }
    if !domain.is_ascii() {
        return Err("its domain is not ASCII; write it in its xn-- form");
    }
    let atom = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    if local.len() > 64 || !local.split('.').all(atom) {
        return Err("what stands before the @ cannot be there; write local@domain");
    }
    if !is_host(domain) {
        return Err("what stands behind the @ is no domain; write local@domain");
    }
    Ok(format!("{local}@{}", domain.to_ascii_lowercase()))
}

/// Whether this is a host name of letters, digits and hyphens (RFC 1123 section 2.1); underscores are seen in practice.
pub fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::{is_host, parse};

    #[test]
    fn addresses() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(parse(text).ok().as_deref(), expected, "{text:?}");
        check("ada@example.org", Some("ada@example.org"));
        check("Ada.L+x@Example.ORG", Some("Ada.L+x@example.org"));
        check("root@localhost", Some("root@localhost"));
        check("o'brien@example.org", Some("o'brien@example.org"));
        for bad in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "a b@example.org",
            "a..b@example.org",
            ".a@example.org",
            "a@ex ample",
            "a@-x.org",
            "a@x..org",
            "*@example.org",
            "a?@example.org",
            "A <a@example.org>",
            "ä@example.org",
            "a@bücher.example",
            "a@example.org\r\nRCPT TO:<x@y>",
            "\"a b\"@example.org",
            "a@[127.0.0.1]",
            "a@b@c",
            "a@example.org.",
        ] {
            check(bad, None);
        }
        check(&format!("{}@example.org", "a".repeat(65)), None);
        check(&format!("a@{}", "a.".repeat(200)), None);
    }

    #[test]
    fn hosts() {
        let check = |name: &str, expected| assert_eq!(is_host(name), expected, "{name:?}");
        check("imap.example.org", true);
        check("127.0.0.1", true);
        check("localhost", true);
        check("", false);
        check("a:993", false);
        check("imaps://x", false);
        check("::1", false);
    }
}
