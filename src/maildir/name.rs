//! Names in a Maildir: of its subfolders, as Maildir++ and Dovecot write them, and of its files with their flags.

use super::fault::MaildirError;
use crate::model::mailbox::{Flags, Mailbox};
use crate::text::utf7;

/// The longest name that a file system takes.
const NAME_BYTES: usize = 255;

/// The levels of a mailbox's name in modified UTF-7; empty for INBOX, which is the Maildir itself.
///
/// # Errors
/// [`MaildirError::Name`]: an empty level, a control character, a dot (it parts levels in a Maildir++), too long a name.
pub fn levels(mailbox: &Mailbox) -> Result<Vec<String>, MaildirError> {
    let name = mailbox.as_str();
    let refuse = |why| Err(MaildirError::Name { mailbox: name.to_owned(), why });
    if name == "INBOX" {
        return Ok(Vec::new());
    }
    if name.chars().any(char::is_control) {
        return refuse("it has a control character");
    }
    if name.contains('.') {
        return refuse("a dot parts levels there; write \"/\" between levels, and no dot inside one");
    }
    if name.split('/').any(str::is_empty) {
        return refuse("one of its levels is empty; write \"A/B\", without \"/\" at either end");
    }
    let levels: Vec<String> = name.split('/').map(utf7::encode).collect();
    if levels.iter().map(|level| level.len() + 1).sum::<usize>() > NAME_BYTES {
        return refuse("its name is too long for a folder");
    }
    Ok(levels)
}

/// The folder's name of these levels: `.A.B`.
pub fn folder(levels: &[String]) -> String {
    levels.iter().flat_map(|level| [".", level]).collect()
}

/// A mail's file name, taken apart: `UNIQUE:2,FLAGS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName {
    /// What stands before the first `:`; stays when flags change. Never empty, on one line.
    pub unique: String,
    /// The letters behind `:2,`, keywords of Dovecot (`a` to `z`) and unknown ones included.
    pub letters: String,
}

impl FileName {
    /// Takes a name apart. `None` for what cannot be a mail: a name that begins with a dot, as the Maildir rules say, or
    /// that has a control character or a slash.
    pub fn parse(name: &str) -> Option<Self> {
        let (unique, info) = name.split_once(':').unwrap_or((name, ""));
        let is_odd = |c: char| c.is_control() || c == '/';
        if unique.is_empty() || name.starts_with('.') || name.contains(is_odd) {
            return None;
        }
        let letters = info.strip_prefix("2,").unwrap_or_default();
        Some(Self { unique: unique.to_owned(), letters: letters.to_owned() })
    }

    /// The name under which the file lies in `cur`.
    pub fn in_cur(&self) -> String {
        format!("{}:2,{}", self.unique, self.letters)
    }

    /// The same mail under another unique part.
    pub fn renamed(&self, unique: String) -> Self {
        Self { unique, letters: self.letters.clone() }
    }

    /// With `S` among the letters, in the order of ASCII that Maildir asks for.
    pub fn seen(&self) -> Self {
        let mut letters = self.letters.clone();
        if !letters.contains('S') {
            let at = letters.find(|letter| !matches!(letter, 'A'..'S')).unwrap_or(letters.len());
            letters.insert(at, 'S');
        }
        Self { unique: self.unique.clone(), letters }
    }

    /// What the letters say; `listed` is not among them.
    pub fn flags(&self) -> Flags {
        let has = |letter| self.letters.contains(letter);
        Flags {
            seen: has('S'),
            flagged: has('F'),
            answered: has('R'),
            deleted: has('T'),
            draft: has('D'),
            listed: false,
        }
    }

    /// The seconds since 1970 with which most programs begin a name, where they do.
    pub fn seconds(&self) -> Option<i64> {
        let digits = self.unique.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse().ok().filter(|seconds| *seconds > 0)
    }
}

/// A unique part for a file whose own is taken: `.tN` goes before the sizes that Dovecot keeps in a name (`,S=1,W=2`).
pub fn another(unique: &str, number: usize) -> String {
    let (head, sizes) = unique.split_at_checked(unique.find(',').unwrap_or(unique.len())).unwrap_or((unique, ""));
    format!("{head}.t{number}{sizes}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{FileName, another, folder, levels};
    use crate::model::mailbox::{Flags, Mailbox};

    #[test]
    fn mailboxes_are_folders_as_dovecot_names_them() {
        let check =
            |mailbox: &str, expected: &str| assert_eq!(folder(&levels(&Mailbox::new(mailbox)).unwrap()), expected);
        check("INBOX", "");
        check("inbox", "");
        check("Held", ".Held");
        check("A/B", ".A.B");
        check("Grün/Äpfel & Birnen", ".Gr&APw-n.&AMQ-pfel &- Birnen");
        check("INBOX/A", ".INBOX.A");
        check("~x", ".~x");
    }

    #[test]
    fn some_names_are_no_folders() {
        for bad in ["", "/", "A/", "/A", "A//B", "..", "../x", "A.B", "A/../B", "A\nB", "A\0", &"x".repeat(255)] {
            assert!(levels(&Mailbox::new(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn file_names_carry_flags() {
        let check = |name: &str, unique: &str, letters: &str| {
            let expected = FileName { unique: unique.to_owned(), letters: letters.to_owned() };
            assert_eq!(FileName::parse(name), Some(expected), "{name:?}");
        };
        check("1.M2P3.host", "1.M2P3.host", "");
        check("1.M2P3.host,S=5,W=6:2,FSa", "1.M2P3.host,S=5,W=6", "FSa");
        check("1:2,", "1", "");
        check("1:1,x", "1", "");
        check("ä:2,S:2,T", "ä", "S:2,T");
        for bad in ["", ".hidden", ":2,S", "a\nb", "a:2,\nS", ".", "../x", "a/b", "a:2,/../b"] {
            assert_eq!(FileName::parse(bad), None, "{bad:?}");
        }
        let all = Flags { seen: true, flagged: true, answered: true, deleted: true, draft: true, listed: false };
        assert_eq!(FileName::parse("1:2,DFRST").unwrap().flags(), all);
        assert_eq!(FileName::parse("1:2,Pabc").unwrap().flags(), Flags::default());
    }

    #[test]
    fn seen_goes_to_its_place() {
        let check = |name: &str, seen: &str| assert_eq!(FileName::parse(name).unwrap().seen().in_cur(), seen);
        check("1", "1:2,S");
        check("1:2,DFR", "1:2,DFRS");
        check("1:2,Tab", "1:2,STab");
        check("1:2,RSa", "1:2,RSa");
        check("1:2,Fa", "1:2,FSa");
    }

    #[test]
    fn another_name_keeps_the_sizes() {
        assert_eq!(another("1.x", 2), "1.x.t2");
        assert_eq!(another("1.x,S=1,W=2", 2), "1.x.t2,S=1,W=2");
    }
}
