//! The head of a request, looked at before anything else does: where it ends, and where its body will.

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// After so many octets.
    Octets(u64),
    /// Where its chunks say.
    Chunked,
}

/// Why nothing is read on a connection any more. In each case it is anybody's guess where the next request begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unframed {
    /// It says twice how long its body is, or not in digits (RFC 9112 section 6.3).
    Lengths,
    /// It says twice whom it is for (RFC 9112 section 3.2): a proxy may have asked the other one.
    Hosts,
    /// A line of it ends otherwise than with CR and LF: what is one head for us is two for others.
    BareLine,
    /// It is longer than anybody's.
    TooLong,
}

/// The line feeds at a head's end.
pub const END: &[u8; 4] = b"\r\n\r\n";

/// Where the body of a request with this head ends; the head as it came, without its empty line.
///
/// # Errors
/// When that cannot be said.
pub fn length(head: &[u8]) -> Result<Length, Unframed> {
    let mut octets = None;
    let mut chunked = false;
    let mut hosts = 0;
    let mut lines = head.split(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        // The last one has lost its end.
        if lines.peek().is_some() && !line.ends_with(b"\r") {
            return Err(Unframed::BareLine);
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let value = parts.next().unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            let length: u64 = digits.and_then(|text| text.parse().ok()).ok_or(Unframed::Lengths)?;
            if octets.replace(length).is_some() {
                return Err(Unframed::Lengths);
            }
        }
        chunked |= name.eq_ignore_ascii_case(b"transfer-encoding");
        hosts += usize::from(name.eq_ignore_ascii_case(b"host"));
    }
    if hosts > 1 {
        return Err(Unframed::Hosts);
    }
    match (octets, chunked) {
        (Some(_), true) => Err(Unframed::Lengths),
        (None, true) => Ok(Length::Chunked),
        (octets, false) => Ok(Length::Octets(octets.unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Length, Unframed, length};

    #[test]
    fn a_body_ends_in_one_place() {
        let check = |fields: &str, expected: Result<Length, Unframed>| {
            assert_eq!(length(format!("POST / HTTP/1.1\r\n{fields}").as_bytes()), expected, "{fields:?}");
        };
        check("Host: x", Ok(Length::Octets(0)));
        check("Content-Length: 4", Ok(Length::Octets(4)));
        check("content-length:4\r\nHost: x", Ok(Length::Octets(4)));
        check("Transfer-Encoding: chunked", Ok(Length::Chunked));
        check("X: transfer-encoding: chunked\r\nContent-Length: 4", Ok(Length::Octets(4)));
        for two in [
            "Content-Length: 4\r\nTransfer-Encoding: chunked",
            "transfer-encoding: chunked\r\nCONTENT-LENGTH: 4",
            "Transfer-Encoding : chunked\r\nContent-Length:4",
            "Content-Length: 4\r\nContent-Length: 4",
            "Content-Length: 4\r\nContent-Length: 5",
            "Content-Length: 4, 5",
            "Content-Length: +4",
            "Content-Length: 0x4",
            "Content-Length: 99999999999999999999",
        ] {
            check(two, Err(Unframed::Lengths));
        }
        check("Host: x\r\nhost : x", Err(Unframed::Hosts));
        check("Host: x\nContent-Length: 4", Err(Unframed::BareLine));
        check("Host: x\n\nGET / HTTP/1.1\r\nHost: x", Err(Unframed::BareLine));
    }
}
