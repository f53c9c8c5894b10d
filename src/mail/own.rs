//! What the sender wrote: a text without its quotations, signature and footers; forwarded parts kept.

use super::{footer, phrases};

/// What the subject says of the text below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// A message of its own or an answer: what stands under another's header is a quotation.
    Written,
    /// Passed on: what stands under another's header is what the reader was to see.
    Forwarded,
}

impl Manner {
    /// By the beginning of the subject: `Fwd:`, `WG:`, `TR:` ...
    pub fn of(subject: &str) -> Self {
        let lower = subject.trim_start().to_lowercase();
        let is_forward = phrases::FORWARD_SUBJECTS.iter().any(|start| lower.starts_with(start));
        if is_forward { Self::Forwarded } else { Self::Written }
    }
}

/// Cuts a cleaned text (see `clean::lines`) down to its sender's own. Where nothing with letters would be left, the
/// whole text stays: better too much than nothing. Linear in the length of the text.
pub fn own(text: &str, manner: Manner) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let kept = Cutter { lines: &lines, manner, kept: Vec::with_capacity(lines.len()), initials: None }.cut();
    if kept.iter().any(|line| line.chars().any(char::is_alphanumeric)) {
        return squeeze(&kept);
    }
    squeeze(&lines)
}

/// Lines to text: of empty ones in a row one stays, none at either end.
fn squeeze(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut is_gap = false;
    for line in lines {
        if line.trim().is_empty() {
            is_gap = !out.is_empty();
            continue;
        }
        if !out.is_empty() {
            out.push_str(if is_gap { "\n\n" } else { "\n" });
        }
        is_gap = false;
        out.push_str(line.trim_end());
    }
    out
}

struct Cutter<'a> {
    lines: &'a [&'a str],
    manner: Manner,
    kept: Vec<&'a str>,
    /// Initials before `>` by which Supercite marks whose words they are, as its attribution names them.
    initials: Option<&'a str>,
}

/// What a line is the beginning of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Text,
    Quotation,
    Forwarded,
    /// The header or the attribution of a message that follows without marks of quotation.
    Answered,
    Signature,
    ListFooter,
    PgpSignature,
    PgpHeader,
}

impl<'a> Cutter<'a> {
    fn cut(mut self) -> Vec<&'a str> {
        let (mut at, mut in_signature) = (0, false);
        while let Some(&line) = self.lines.get(at) {
            match self.mark(at) {
                Mark::Quotation => {
                    self.initials = initials(line).or(self.initials);
                    self.drop_attribution();
                    in_signature = false;
                }
                Mark::Forwarded => {
                    self.kept.extend(self.lines.iter().skip(at));
                    break;
                }
                Mark::Answered if self.manner == Manner::Forwarded => {
                    self.kept.extend(self.lines.iter().skip(at));
                    break;
                }
                // What follows is another's, unless the sender writes below it: then nothing stands above.
                Mark::Answered | Mark::ListFooter => break,
                Mark::Signature => in_signature = true,
                Mark::PgpSignature => at += self.lines_until_pgp_end(at),
                Mark::PgpHeader => {
                    while self.lines.get(at + 1).is_some_and(|next| next.starts_with("Hash:")) {
                        at += 1;
                    }
                }
                Mark::Text if in_signature => {}
                // RFC 9580 section 7.2: a line that begins with a dash is escaped in signed text.
                Mark::Text => self.kept.push(line),
            }
            at += 1;
        }
        self.drop_sent_from();
        footer::trim(&mut self.kept);
        self.drop_sent_from();
        self.kept
    }

    fn mark(&self, at: usize) -> Mark {
        let line = self.lines.get(at).copied().unwrap_or_default();
        let trimmed = line.trim();
        let is_cited = |initials: &str| trimmed.strip_prefix(initials).is_some_and(|rest| rest.starts_with('>'));
        if is_quoted(line) || self.initials.is_some_and(is_cited) {
            return Mark::Quotation;
        }
        match trimmed {
            "" => return Mark::Text,
            "-----BEGIN PGP SIGNED MESSAGE-----" => return Mark::PgpHeader,
            "-----BEGIN PGP SIGNATURE-----" => return Mark::PgpSignature,
            "--" | "- --" if self.is_signature(at, line) => return Mark::Signature,
            _ => {}
        }
        if footer::is_rule(line) && self.lines.get(at..at + 30).or(self.lines.get(at..)).is_some_and(footer::begins) {
            return Mark::ListFooter;
        }
        if trimmed.len() > 300 {
            return Mark::Text;
        }
        let lower = trimmed.to_lowercase();
        let is_marked = trimmed.starts_with(['-', '_', '=', '*']) || trimmed.ends_with(':');
        if is_marked && phrases::FORWARDED.iter().any(|phrase| lower.contains(phrase)) && lower.len() <= 100 {
            return Mark::Forwarded;
        }
        if trimmed.starts_with('-') && phrases::ORIGINAL.iter().any(|phrase| lower.contains(phrase)) {
            return Mark::Answered;
        }
        if self.is_header_block(at, &lower) || self.is_notes_block(at) || self.is_unmarked_answer(at, &lower) {
            return Mark::Answered;
        }
        Mark::Text
    }

    /// Whether a signature follows: a separator with its space is one unless a whole letter follows; one without is
    /// one only above a few lines, because newsletters rule with it.
    fn is_signature(&self, at: usize, line: &str) -> bool {
        let limit = if line.ends_with(' ') { 25 } else { 10 };
        let below = self.lines.iter().skip(at + 1).take_while(|line| !is_quoted(line) && !is_signature_line(line));
        below.filter(|line| !line.is_empty()).take(limit + 1).count() <= limit
    }

    /// `From:` with two or more lines of its kind right below, as Outlook writes above what it answers.
    fn is_header_block(&self, at: usize, lower: &str) -> bool {
        if !key_of(lower).is_some_and(|key| phrases::FROM_KEYS.contains(&key)) {
            return false;
        }
        let below = self.lines.iter().skip(at + 1).filter(|line| !line.is_empty()).take(7);
        below.filter(|line| key_of(&line.to_lowercase()).is_some_and(|key| phrases::BLOCK_KEYS.contains(&key))).count()
            >= 2
    }

    /// A name and a time on one line or two, `To:` and `Subject:` below, as Lotus Notes writes above what it answers.
    fn is_notes_block(&self, at: usize) -> bool {
        let mut lines = self.lines.iter().skip(at);
        let is_stamp = |line: Option<&&str>| line.is_some_and(|line| line.len() <= 120 && is_stamped(line));
        let first = lines.next();
        let is_name = first.is_some_and(|line| line.len() <= 60);
        let is_begun = is_stamp(first) || is_name && is_stamp(lines.next());
        if !is_begun {
            return false;
        }
        let below = lines.filter(|line| !line.is_empty()).take(6).map(|line| line.to_lowercase());
        let keys: Vec<bool> =
            below.map(|line| key_of(&line).is_some_and(|key| phrases::BLOCK_KEYS.contains(&key))).collect();
        keys.iter().take(4).any(|is_key| *is_key) && keys.iter().filter(|is_key| **is_key).count() >= 2
    }

    /// `On Monday Ada wrote:` above text that carries no marks: only the full form counts, over up to three lines.
    fn is_unmarked_answer(&self, at: usize, lower: &str) -> bool {
        let lower = lower.trim_start_matches(['-', ' ']);
        if !phrases::ON.iter().any(|on| lower.starts_with(on)) {
            return false;
        }
        let (mut joined, mut end) = (lower.to_owned(), at + 1);
        while !joined.ends_with(':') {
            match self.lines.get(end).filter(|_| end < at + 4) {
                Some(line) if !line.is_empty() && joined.len() + line.len() <= 300 => {
                    joined.push(' ');
                    joined.push_str(line.to_lowercase().trim_end());
                    end += 1;
                }
                _ => return false,
            }
        }
        // Marks of quotation below it tell better what is whose.
        let next = self.lines.iter().skip(end).take(3).find(|line| !line.is_empty());
        is_attribution(&joined)
            && joined.contains(|c: char| c.is_ascii_digit())
            && !next.is_some_and(|line| is_quoted(line))
    }

    /// Takes off the lines that announce the quotation which begins now.
    fn drop_attribution(&mut self) {
        let end = self.kept.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        let lower: Vec<String> = self
            .kept
            .iter()
            .take(end)
            .rev()
            .take(4)
            .take_while(|line| !line.is_empty())
            .map(|l| l.to_lowercase())
            .collect();
        let Some(last) = lower.first().filter(|last| last.trim_end().ends_with([':', '：'])) else { return };
        let joined = |count: usize| lower.iter().take(count).rev().map(String::as_str).collect::<Vec<_>>().join(" ");
        let begins = |text: &str| phrases::ON.iter().any(|on| text.starts_with(on));
        // "--- On Monday Ada wrote:" is Yahoo's.
        let begins = |text: &str| begins(text.trim_start_matches(['-', ' ']));
        let full = (1..=lower.len()).find(|&count| {
            let text = joined(count);
            text.len() <= 400 && begins(&text) && is_attribution(&text)
        });
        let names_sender = last.contains('@') && last.len() <= 200;
        // A line that the client broke in the middle of the address has its first half above.
        let is_first_half =
            |line: &String| line.contains('<') && !line.contains('>') && line.contains(|c: char| c.is_ascii_digit());
        let halves = if lower.get(1).is_some_and(is_first_half) { 2 } else { 1 };
        let short = (is_attribution(last) || names_sender).then_some(halves);
        if let Some(count) = full.or(short) {
            self.kept.truncate(end - count);
        }
    }

    /// Takes off "Sent from my ..." from the last three lines.
    fn drop_sent_from(&mut self) {
        for _ in 0..3 {
            while self.kept.last().is_some_and(|line| line.is_empty()) {
                self.kept.pop();
            }
            let last_lines = self.kept.len().saturating_sub(3);
            let found = self.kept.iter().skip(last_lines).position(|line| is_sent_from(line));
            match found {
                Some(offset) => drop(self.kept.remove(last_lines + offset)),
                None => return,
            }
        }
    }

    fn lines_until_pgp_end(&self, at: usize) -> usize {
        let rest = self.lines.iter().skip(at + 1);
        rest.take(200).position(|line| line.starts_with("-----END PGP")).map_or(0, |offset| offset + 1)
    }
}

/// Whether a line is quoted: `>` at its beginning, spaces before it allowed.
fn is_quoted(line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    // mbox writers put one before "From " (RFC 4155): that line is the sender's.
    text.starts_with('>') && line.len() - text.len() <= 3 && !text.starts_with(">From ")
}

/// Of `>>>>> "AL" == Ada Lovelace writes:` the `AL`.
fn initials(line: &str) -> Option<&str> {
    let (before, _) = line.split_once("\" == ")?;
    before.rsplit_once('"').map(|(_, initials)| initials).filter(|initials| !initials.is_empty())
}

fn is_signature_line(line: &str) -> bool {
    matches!(line, "--" | "-- ")
}

/// Whether a line ends with a date and a time, `05/01/2027 05:36 PM`.
fn is_stamped(line: &str) -> bool {
    let mut words = line.split_whitespace().rev();
    let is_number = |text: &str| !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = |text: &str, between: &[char], count: usize| {
        text.split(between).count() == count && text.split(between).all(is_number)
    };
    let last = words.next().unwrap_or_default();
    let is_half = matches!(last, "AM" | "PM" | "am" | "pm");
    let time = if is_half { words.next().unwrap_or_default() } else { last };
    let date = words.next().unwrap_or_default();
    (numbers(time, &[':'], 2) || numbers(time, &[':'], 3)) && numbers(date, &['/', '.', '-'], 3)
}

fn is_attribution(lower: &str) -> bool {
    let text = lower.trim_end();
    text.ends_with([':', '：']) && phrases::WROTE.iter().any(|verb| text.contains(verb))
}

fn is_sent_from(line: &str) -> bool {
    let line = line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '<' | '[' | '-' | '—'));
    if line.is_empty() || line.len() > 100 {
        return false;
    }
    let lower = line.to_lowercase();
    let Some(start) = phrases::SENT_FROM.iter().find(|start| lower.starts_with(*start)) else { return false };
    // "Von meinem Bruder" is no telephone: the German phrases begin like sentences.
    !start.starts_with("von mein") || lower.contains("gesendet") || lower.contains("geschickt")
}

/// The key of a line `Key: value`, without the asterisks that mark bold type; lower case goes in and comes out.
fn key_of(lower: &str) -> Option<&str> {
    let (key, _) = lower.split_once([':', '：'])?;
    let key = key.trim_matches(|c: char| c.is_whitespace() || c == '*');
    (key.len() <= 30).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::{Manner, own};

    fn check(text: &str, expected: &str) {
        assert_eq!(own(text, Manner::Written), expected, "{text}");
    }

    #[test]
    fn quotations_and_their_announcements_go() {
        check("Yes.\n\nOn Mon, 4 Jan 2027 at 10:00, Ada <ada@example.org> wrote:\n> No?", "Yes.");
        check("Yes.\n\nOn Mon, 4 Jan 2027 at 10:00 AM Ada Lovelace\n<ada@example.org> wrote:\n\n> No?", "Yes.");
        check("Ja.\n\nAm 04.01.2027 um 10:00 schrieb Ada:\n> Nein?", "Ja.");
        check("Oui.\n\nLe lun. 4 janv. 2027 à 10:00, Ada a écrit :\n> Non ?", "Oui.");
        check("Sí.\n\nEl lun, 4 ene 2027 a las 10:00, Ada escribió:\n> ¿No?", "Sí.");
        check("Sim.\n\nEm seg., 4 de jan. de 2027 às 10:00, Ada escreveu:\n> Não?", "Sim.");
        check("Sì.\n\nIl giorno lun 4 gen 2027 alle ore 10:00 Ada ha scritto:\n> No?", "Sì.");
        check("Ada wrote:\n> No?\n\nYes.", "Yes.");
        check("Yes.\n\n--- On Mon, 4/1/27, Ada <ada@example.org> wrote:\n\n> No?", "Yes.");
        check("Да.\n04.01.2027 14:20 пользователь \"Ada\" <\nada@example.org> написал:\n> Нет?", "Да.");
        check("2027-01-04 10:00 GMT+01:00 Ada <ada@example.org>:\n> No?\nYes.", "Yes.");
    }

    #[test]
    fn initials_of_supercite_mark_quotations() {
        check(">>>>> \"AL\" == Ada Lovelace writes:\n\n  AL> No?\n\nYes.\nSQL> select 1", "Yes.\nSQL> select 1");
    }

    #[test]
    fn answers_between_quotations_stay() {
        check("Hi Ada,\n\n> One?\n\nFirst.\n\n> Two?\n> More?\nSecond.\n", "Hi Ada,\n\nFirst.\n\nSecond.");
        check("My list is this:\n> quoted", "My list is this:");
    }

    #[test]
    fn answered_messages_without_marks_go() {
        check("Yes.\n\n-----Original Message-----\nFrom: Ada\nSent: Monday\nTo: Bob\n\nNo?", "Yes.");
        check(
            "Ja.\n\nVon: Ada <ada@example.org>\nGesendet: Montag, 4. Januar 2027\nAn: Bob\nBetreff: Frage\n\nNein?",
            "Ja.",
        );
        check("Yes.\n\n*From:* Ada\n*Sent:* Monday\n*To:* Bob\n*Subject:* x\n\nNo?", "Yes.");
        check("Yes.\n\nOn 4 Jan 2027, at 10:00, Ada <a@b> wrote:\n\nNo?", "Yes.");
        let notes = "To: Bob/NA/X@X\ncc:\n\nSubject: Memo\n\nNo?";
        check(&format!("Yes.\n\nAda Lovelace\n05/01/2027 05:36 PM\n{notes}"), "Yes.");
        check(&format!("Yes.\n\nAda Lovelace@X 05/01/2027 05:36 PM\nSent by: Eve\n{notes}"), "Yes.");
        check(&format!("Yes.\n\n\"Ada\" <ada@example.org> on 05/01/2027 05:36:19 PM\n{notes}"), "Yes.");
        check("It begins on\n05/01/2027 05:36 PM\nSee you there.", "It begins on\n05/01/2027 05:36 PM\nSee you there.");
        check("From: the bottom of my heart\nI thank you.", "From: the bottom of my heart\nI thank you.");
        check("On 4 January we said:\nno", "On 4 January we said:\nno");
    }

    #[test]
    fn forwarded_parts_stay() {
        let forward = "FYI\n\n---------- Forwarded message ---------\nFrom: Ada\nDate: Monday\nTo: Bob\n\n> Fire!";
        check(forward, forward);
        let apple = "FYI\n\nBegin forwarded message:\n\nFrom: Ada\nSubject: x\nDate: Monday\n\nFire!";
        check(apple, apple);
        let outlook = "FYI\n\nFrom: Ada\nSent: Monday\nTo: Bob\nSubject: x\n\nFire!";
        assert_eq!(own(outlook, Manner::of("WG: x")), outlook);
        assert_eq!(own(outlook, Manner::of("AW: x")), "FYI");
    }

    #[test]
    fn signatures_go() {
        check("Hi\n-- \nAda\nExample Ltd.", "Hi");
        check("Hi\n\nSent from my iPhone", "Hi");
        check("Hallo\n\nVon meinem iPhone gesendet", "Hallo");
        check("Hallo\n\nVon meinem Bruder habe ich das", "Hallo\n\nVon meinem Bruder habe ich das");
        check("Hi\n\nGet Outlook for iOS\n________________________________\nFrom: A\nSent: x\nTo: y\n\nold", "Hi");
        check("Hi\n-- \nAda\n\nOn 4 Jan 2027 Bob wrote:\n> x\n\nBelow.", "Hi\n\nBelow.");
        let newsletter = format!("Intro\n--\n{}", "Item.\n".repeat(40));
        check(&newsletter, newsletter.trim_end());
    }

    #[test]
    fn list_footers_go() {
        let ruler = "_".repeat(47);
        check(
            &format!("Hi\n\n{ruler}\nducks mailing list\nducks@example.org\nhttp://example.org/mailman/listinfo/ducks"),
            "Hi",
        );
        check("Hi\n\n-- \nYou received this message because you are subscribed to \"x\".\nTo stop, see below.", "Hi");
    }

    #[test]
    fn signed_text_loses_its_armour() {
        let text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHi\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";
        check(text, "Hi");
    }

    #[test]
    fn better_too_much_than_nothing() {
        check("> all\n> quoted", "> all\n> quoted");
        check("-- \nonly a signature", "-- \nonly a signature".replace("-- ", "--").as_str());
        check("Sent from my iPhone", "Sent from my iPhone");
        check("", "");
    }

    #[test]
    fn hostile_texts_cost_linear_time() {
        let began = std::time::Instant::now();
        for line in ["-- \n", "From: a\n", "On 1\n", "> a\n", "____________________________\n", "x:\n", "--\nx\n"] {
            own(&line.repeat(50_000), Manner::Written);
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
