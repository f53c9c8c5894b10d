//! What a server's NO means, and its text made fit to be shown.

use std::fmt;

use crate::limits;
use crate::text::is_invisible;

/// A NO or BAD: the response code, where there is one, and the server's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The code's first word, upper case: `OVERQUOTA`, `TRYCREATE` (RFC 5530 names the usual ones).
    pub code: Option<String>,
    /// What follows it, on one line, bounded; may be empty.
    pub text: String,
    /// Whether it was BAD: the server did not understand, which says nothing of what was asked for.
    pub bad: bool,
}

/// What a refused login means for the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Name or password are wrong, expired or not allowed in: trying again changes nothing.
    Credentials,
    /// The server wants TLS first.
    Insecure,
    /// Not now: too many connections, maintenance, a limit.
    Temporary,
}

impl Refusal {
    /// Reads the text of a response that may begin with `[CODE ...]`.
    pub fn of_text(text: &str) -> Self {
        let trimmed = text.trim_start();
        if let Some((inside, rest)) = trimmed.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
            let word = inside.split(' ').next().unwrap_or_default();
            let is_code =
                !word.is_empty() && word.len() <= 64 && word.bytes().all(|b| b.is_ascii_graphic()) && !is_address(word);
            if is_code {
                return Self::of_code(word, rest);
            }
        }
        Self { text: clean(trimmed), ..Self::default() }
    }

    /// One whose code the parser has already read.
    pub fn of_code(code: &str, text: &str) -> Self {
        Self { code: Some(code.to_ascii_uppercase()), text: clean(text), bad: false }
    }

    /// Whether it has this code.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// What it means when it answers a login. Any code that does not speak of credentials is not about them (RFC 5530
    /// section 3); one without a code is, because old servers have none, unless its words say otherwise.
    pub fn of_login(&self) -> Meaning {
        match self.code.as_deref() {
            Some("AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED") => Meaning::Credentials,
            // Gmail (2026): the password of the account itself, or a login that somebody must first allow in a browser.
            Some("WEBALERT") => Meaning::Credentials,
            Some("ALERT") if self.says(&["password required", "web browser"]) => Meaning::Credentials,
            Some("PRIVACYREQUIRED") => Meaning::Insecure,
            Some(_) => Meaning::Temporary,
            // Exchange: "Server Unavailable. 15"; Dovecot 1: "Temporary authentication failure."; Courier and others, when
            // there are too many connections. Too many failed logins are another thing.
            None if self.says(&[
                "unavailable",
                "temporar",
                "try again later",
                "too many",
                "maximum",
                "server error",
            ]) && !self.says(&["attempt", "bad login", "failed login"]) =>
            {
                Meaning::Temporary
            }
            None => Meaning::Credentials,
        }
    }

    /// Whether it is about the server as it is now, whatever was asked for: nobody is to blame but time.
    pub fn is_for_now(&self) -> bool {
        matches!(self.code.as_deref(), Some("UNAVAILABLE" | "LIMIT" | "INUSE"))
    }

    /// Whether the login was taken, and is worth nothing: Microsoft 365 (2016 to 2025) answers every command so when it
    /// throttles, when the token is another user's, when it lacks a right, or when the password was wrong.
    pub fn is_not_connected(&self) -> bool {
        self.bad && self.says(&["authenticated but not connected"])
    }

    fn says(&self, words: &[&str]) -> bool {
        let text = self.text.to_ascii_lowercase();
        words.iter().any(|word| text.contains(word))
    }

    /// The same without this word, which the server has repeated to us: a password does not belong in a status line.
    pub fn without(mut self, secret: &str) -> Self {
        if !secret.is_empty() && self.text.contains(secret) {
            self.text = self.text.replace(secret, "...");
        }
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, self.text.as_str()) {
            (None, "") => f.write_str("it gives no reason"),
            (Some(code), "") => write!(f, "{code}"),
            (None, text) => write!(f, "\"{text}\""),
            (Some(code), text) => write!(f, "{code}, \"{text}\""),
        }
    }
}

fn is_address(word: &str) -> bool {
    word.contains('@') || word.contains("%40")
}

/// One line of at most [`limits::doors::IMAP_SERVER_TEXT`] characters without addresses, and without control, bidirectional or invisible characters.
pub fn clean(text: &str) -> String {
    let unfit = |c: char| c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}');
    let words: String =
        text.chars().take(limits::doors::IMAP_SERVER_TEXT * 8).map(|c| if unfit(c) { ' ' } else { c }).collect();
    // Servers repeat user names, which are addresses: those are in no log.
    let shown = |word| if is_address(word) { "(address)" } else { word };
    let line = words.split_whitespace().map(shown).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(limits::doors::IMAP_SERVER_TEXT) {
        None => line,
        Some((at, _)) => line.get(..at).map(|start| format!("{start}...")).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, Refusal, clean};

    fn check(text: &str, meaning: Meaning, shown: &str) {
        let refusal = Refusal::of_text(text);
        assert_eq!((refusal.of_login(), refusal.to_string().as_str()), (meaning, shown));
    }

    #[test]
    fn only_a_few_codes_speak_of_credentials() {
        check("[AUTHENTICATIONFAILED] Invalid", Meaning::Credentials, "AUTHENTICATIONFAILED, \"Invalid\"");
        check("[expired] token", Meaning::Credentials, "EXPIRED, \"token\"");
        check("LOGIN failed", Meaning::Credentials, "\"LOGIN failed\"");
        check("", Meaning::Credentials, "it gives no reason");
        check("[UNAVAILABLE] Maximum number (x=10)", Meaning::Temporary, "UNAVAILABLE, \"Maximum number (x=10)\"");
        check("[INUSE]", Meaning::Temporary, "INUSE");
        check("[ALERT] use the web", Meaning::Temporary, "ALERT, \"use the web\"");
        check("[LIMIT] many", Meaning::Temporary, "LIMIT, \"many\"");
        check("[SERVERBUG] LOGIN Server error", Meaning::Temporary, "SERVERBUG, \"LOGIN Server error\"");
        check("[WEBALERT https://x] Web login", Meaning::Credentials, "WEBALERT, \"Web login\"");
        check(
            "[ALERT] Application-specific password required: x",
            Meaning::Credentials,
            "ALERT, \"Application-specific password required: x\"",
        );
        check("[PRIVACYREQUIRED] TLS", Meaning::Insecure, "PRIVACYREQUIRED, \"TLS\"");
        check("[] odd", Meaning::Credentials, "\"[] odd\"");
    }

    #[test]
    fn without_a_code_the_words_count() {
        let check = |text: &str, meaning| assert_eq!(Refusal::of_text(text).of_login(), meaning, "{text}");
        check("Server Unavailable. 15", Meaning::Temporary);
        check("Temporary authentication failure.", Meaning::Temporary);
        check("Too many connections from your IP", Meaning::Temporary);
        check("Maximum number of connections exceeded", Meaning::Temporary);
        check("Login failed, please try again later", Meaning::Temporary);
        check("Too many failed login attempts", Meaning::Credentials);
        check("Too many bad login attempts", Meaning::Credentials);
        check("LOGIN failed.", Meaning::Credentials);
        check("AUTHENTICATE failed.", Meaning::Credentials);
        check("Invalid user name or password, please try again", Meaning::Credentials);
    }

    #[test]
    fn text_is_one_bounded_line() {
        assert_eq!(clean(" a\r\n\u{202e}b\u{0}  c "), "a b c");
        assert_eq!(clean(&"é".repeat(5000)), format!("{}...", "é".repeat(200)));
    }

    #[test]
    fn addresses_are_cut_out() {
        assert_eq!(clean("no <ada@example.org>, with ada%40example.org"), "no (address) with (address)");
        check("[ada@example.org] no", Meaning::Credentials, "\"(address) no\"");
    }

    #[test]
    fn a_repeated_secret_is_cut_out() {
        assert_eq!(Refusal::of_text("no such password hunter2").without("hunter2").text, "no such password ...");
    }
}
