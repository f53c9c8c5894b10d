//! The head of a request, read before anything else looks at it.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::limits;

/// What came of reading a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// The head with what came after it, to be read again by who understands it.
    Whole(Vec<u8>),
    /// It says twice, and differently, how long its body is: where the next request begins is then anybody's guess
    /// (RFC 9112 section 6.1).
    TwoLengths,
    /// It is longer than anybody's.
    TooLong,
    /// The connection ended before it did.
    Cut,
}

/// Reads up to the empty line.
///
/// # Errors
/// When the connection breaks.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Head> {
    let mut bytes = Vec::with_capacity(limits::doors::HOOK_HEAD_PIECE);
    let mut piece = [0; limits::doors::HOOK_HEAD_PIECE];
    loop {
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Ok(Head::Cut);
        }
        // The empty line may lie across two pieces.
        let from = bytes.len().saturating_sub(END.len() - 1);
        bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
        let end = bytes.get(from..).and_then(|new| new.windows(END.len()).position(|four| four == END));
        if let Some(end) = end {
            let head = bytes.get(..from + end).unwrap_or_default();
            return Ok(if has_two_lengths(head) { Head::TwoLengths } else { Head::Whole(bytes) });
        }
        if bytes.len() > limits::doors::HOOK_HEAD_BYTES {
            return Ok(Head::TooLong);
        }
    }
}

const END: &[u8; 4] = b"\r\n\r\n";

fn has_two_lengths(head: &[u8]) -> bool {
    let names = head.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b':').next());
    let has = |name: &str| names.clone().any(|found| found.trim_ascii().eq_ignore_ascii_case(name.as_bytes()));
    has("content-length") && has("transfer-encoding")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::io::AsyncReadExt;

    use super::{Head, read};

    /// At whatever place the bytes come in two pieces.
    async fn check(bytes: &[u8], expected: Head) {
        for cut in (0..=bytes.len()).step_by(1 + bytes.len() / 500) {
            let (one, two) = bytes.split_at(cut);
            assert_eq!(read(&mut one.chain(two)).await.unwrap(), expected, "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_head_ends_with_an_empty_line() {
        let get = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        check(get, Head::Whole(get.to_vec())).await;
        check(b"GET / HTTP/1.1\r\nHost: x\r\n", Head::Cut).await;
        check(b"", Head::Cut).await;
        let long = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 40_000], b"\r\n\r\n".to_vec()].concat();
        check(&long, Head::TooLong).await;
    }

    #[tokio::test]
    async fn two_lengths_are_refused_in_any_dress() {
        for (one, two) in [
            ("Content-Length: 4", "Transfer-Encoding: chunked"),
            ("transfer-encoding: chunked", "CONTENT-LENGTH: 4"),
            ("Transfer-Encoding : chunked", "Content-Length:4"),
        ] {
            check(format!("POST / HTTP/1.1\r\n{one}\r\n{two}\r\n\r\nbody").as_bytes(), Head::TwoLengths).await;
        }
        let one = b"POST / HTTP/1.1\r\nContent-Length: 4\r\nX: transfer-encoding: chunked\r\n\r\nbody";
        let mut bytes = &one[..];
        assert!(matches!(read(&mut bytes).await.unwrap(), Head::Whole(_)));
    }
}
