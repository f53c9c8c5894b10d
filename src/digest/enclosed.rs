//! The mails of a digest, attached to its letters as they came: a multipart/digest of message/rfc822 (RFC 2046 section 5.1.5).

use super::letter::{self, Enclosed};
use super::originals::{Left, Originals};
use super::{entry, phrase};
use crate::limits;
use crate::model::edition::LetterId;
use crate::model::item::Item;

/// What one part carries.
#[derive(Debug, Default)]
pub struct Chosen<'a> {
    /// The mails, in the order of the letter.
    pub mails: Vec<&'a [u8]>,
    /// What is to be said of them, one sentence each.
    pub said: Vec<String>,
}

/// Chooses what a part carries of the mails that it lists: in order, as long as there is room. Those that are left out are
/// named. Chat has no original. `letters` will carry them: a mail that knows the id of one could end it early. `room` are the
/// octets that the edition has left.
pub fn choose<'a>(
    originals: &'a Originals,
    (listed, letters): (&[&Item], &[LetterId]),
    room: &mut usize,
) -> Chosen<'a> {
    let mails: Vec<&&Item> = listed.iter().filter(|item| item.message.post.is_none()).collect();
    let found = match originals {
        Originals::Attach(found) if !mails.is_empty() => found,
        Originals::Refused if !mails.is_empty() => {
            let said = "The mails themselves are not attached: the server does not take so large a letter.";
            return Chosen { mails: Vec::new(), said: vec![said.to_owned()] };
        }
        Originals::WhenSent if !mails.is_empty() => {
            let count = phrase::count(mails.len(), "mail is fetched", "mails are fetched");
            let said = format!("{count} when this is sent, and attached as far as there is room.");
            return Chosen { mails: Vec::new(), said: vec![said] };
        }
        Originals::None | Originals::Attach(_) | Originals::WhenSent | Originals::Refused => return Chosen::default(),
    };
    let (mut chosen, mut left) = (Vec::new(), Vec::new());
    for item in &mails {
        let why = match found.get(&item.message.identity) {
            Some(Ok(mail)) if !letter::is_sound(mail) || letters.iter().any(|id| knows(mail, *id)) => {
                "cannot stand in a letter"
            }
            Some(Ok(mail)) if mail.len() <= *room => {
                *room -= mail.len();
                chosen.push(mail.as_slice());
                continue;
            }
            Some(Ok(_) | Err(Left::TooLarge | Left::Refused)) => "too large",
            Some(Err(Left::Gone)) | None => "could not be fetched",
        };
        left.push(format!("{} ({why})", entry::headline(item)));
    }
    let mut said = Vec::new();
    if !chosen.is_empty() {
        let count = phrase::count(chosen.len(), "mail is attached", "mails are attached");
        said.push(
            format!("{count} as it came, in the order of this letter.")
                .replace("mails are attached as it", "mails are attached as they"),
        );
    }
    if !left.is_empty() {
        let more = left.len().saturating_sub(limits::judgement::DIGEST_ORIGINALS_NAMED);
        left.truncate(limits::judgement::DIGEST_ORIGINALS_NAMED);
        if more > 0 {
            left.push(format!("{} more", phrase::digits(more)));
        }
        said.push(format!("Not attached: {}.", phrase::list(&left)));
    }
    Chosen { mails: chosen, said }
}

fn knows(mail: &[u8], letter: LetterId) -> bool {
    let id = letter.to_string();
    mail.windows(id.len()).any(|some| some == id.as_bytes())
}

/// The mails as a letter carries them; `None` where there are none.
pub fn enclose<'a>(mails: &'a [&'a [u8]], letter: LetterId) -> Option<Enclosed<'a>> {
    let enclosed = || Enclosed { mails, mixed: format!("=_mixed_{letter}"), digest: boundary(letter) };
    (!mails.is_empty()).then(enclosed)
}

/// Whether a letter of ours carries the mails of a digest.
pub fn carries(bytes: &[u8], letter: LetterId) -> bool {
    let delimiter = format!("\r\n--{}", boundary(letter));
    bytes.windows(delimiter.len()).any(|some| some == delimiter.as_bytes())
}

/// Neither begins with the other's nor with that of the text: a delimiter is found by its beginning.
fn boundary(letter: LetterId) -> String {
    format!("=_originals_{letter}")
}
