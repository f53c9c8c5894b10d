//! What goes over the wire, looked at before the first command: addresses without tricks, lines as RFC 5321 wants them.

use lettre::Address;

use super::fault::{Kind, SendError, Stage};
use crate::limits;

/// Reads an envelope address of the configuration: ASCII, in the form that needs no quotes.
///
/// # Errors
/// `Unsendable` at `stage`; the address is not in the text.
pub fn address(stage: Stage, text: &str) -> Result<Address, SendError> {
    let plain = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'\\' | b'(' | b')'));
    let fault =
        || SendError::new(stage, Kind::Unsendable, "the address of the configuration is not one of plain ASCII");
    if !plain || text.len() > limits::doors::SMTP_ADDRESS_BYTES {
        return Err(fault());
    }
    text.parse().map_err(|_| fault())
}

/// Looks at the letter: CRLF at each line's end, the last one's too, and nowhere a CR or LF alone (that is how one letter
/// is made into two, "SMTP smuggling"), no NUL, no line over 998 octets (RFC 5321 section 4.5.3.1.6).
///
/// # Errors
/// `Unsendable`, with the line's number.
pub fn lines(bytes: &[u8]) -> Result<(), SendError> {
    let fault = |number: usize, what: &str| {
        Err(SendError::new(Stage::EndOfData, Kind::Unsendable, format!("line {number} of the letter {what}")))
    };
    let Some(all) = bytes.strip_suffix(b"\r\n") else {
        return Err(SendError::new(Stage::EndOfData, Kind::Unsendable, "the letter does not end with a line's end"));
    };
    // The last line has no LF of its own any more: given back a CR, it is like the others.
    let count = all.iter().filter(|&&b| b == b'\n').count();
    for (index, line) in all.split(|&b| b == b'\n').enumerate() {
        let line = match line.strip_suffix(b"\r") {
            _ if index == count => line,
            Some(line) => line,
            None => return fault(index + 1, "ends with LF alone"),
        };
        if line.iter().any(|b| matches!(b, b'\r' | 0)) {
            return fault(index + 1, "has a CR or NUL in it");
        }
        if line.len() > limits::doors::SMTP_LINE_OF_LETTER_BYTES {
            return fault(index + 1, "is longer than 998 octets");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Stage, address, lines};

    #[test]
    fn only_whole_lines_go_out() {
        let check = |text: &str, good: bool| assert_eq!(lines(text.as_bytes()).is_ok(), good, "{text:?}");
        check("a\r\n", true);
        check("a\r\n\r\nb\r\n.\r\n", true);
        check("\r\n", true);
        check("grün\r\n", true);
        check("", false);
        check("a", false);
        check("a\n", false);
        check("a\nb\r\n", false);
        check("a\n.\nb\r\n", false);
        check("a\r\r\n", false);
        check("a\rb\r\n", false);
        check("a\r\n\n\r\n", false);
        check("a\0\r\n", false);
        check(&format!("{}\r\n", "x".repeat(998)), true);
        check(&format!("{}\r\nb\r\n", "x".repeat(999)), false);
        check(&format!("{}\r\n", "x".repeat(999)), false);
    }

    #[test]
    fn addresses_cannot_carry_commands() {
        let check = |text: &str, good: bool| assert_eq!(address(Stage::Rcpt, text).is_ok(), good, "{text:?}");
        check("ada@example.org", true);
        check("ada+tidings@mail.example.org", true);
        check("ada@[127.0.0.1]", true);
        check("", false);
        check("ada", false);
        check("ada@example.org\r\nRCPT TO:<eve@example.org>", false);
        check("ada@example.org> SIZE=1", false);
        check("\"a b\"@example.org", false);
        check("gr\u{fc}n@example.org", false);
        check(&format!("{}@example.org", "x".repeat(400)), false);
    }
}
