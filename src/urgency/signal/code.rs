//! Codes and links that are good for minutes.

use std::time::Duration;

use jiff::Timestamp;

use crate::civil;
use crate::model::message::{Authenticity, Kind};
use crate::model::signal::Signal;
use crate::model::verdict::Over;
use crate::urgency::parts::Subject;
use crate::urgency::phrase::{quoted, spoken};
use crate::urgency::phrases::sense::Sense;
use crate::urgency::signal::candidate::{self, Candidate};
use crate::urgency::signal::found::Found;
use crate::urgency::signal::near::{hours, minutes};
use crate::urgency::view::{Token, View, Voice};
use crate::urgency::words::Words;

/// How long a code is good where nothing is said: most are for 5 to 15 minutes.
const CODE_LASTS: Duration = minutes(15);
/// The same of a link; those that reset a password last longer than those that log in.
const LINK_LASTS: Duration = minutes(60);
/// What is good for longer is no one-time code: a trial, an invitation, an offer.
const LASTS_MOST: Duration = hours(24);
/// What is left of a code when its sender is proven to be somebody else: less than makes a mail urgent.
const FORGED: u8 = 15;
/// Octets at the beginning in which a link is announced: further down it is help that every mail carries.
const EARLY: usize = 500;
/// Octets of a mail that brings a code and little else.
const BRIEF: usize = 1_500;

/// Units of a time that something lasts, folded, in the languages of the phrases and of those scripts in which codes come.
const MINUTES: &[&str] = &[
    "min",
    "mins",
    "min.",
    "minute",
    "minutes",
    "minuten",
    "minuto",
    "minutos",
    "minuti",
    "minuut",
    "minuter",
    "minut",
    "minuty",
    "minutter",
    "dakika",
    "phut",
    "phút",
    "menit",
    "นาที",
    "分钟",
    "分鐘",
    "分",
    "분",
    "минут",
    "минуты",
    "минуту",
    "хвилин",
    "λεπτα",
    "λεπτά",
    "دقائق",
    "دقيقة",
    "דקות",
    "मिनट",
];
const HOURS: &[&str] = &[
    "hour",
    "hours",
    "hr",
    "hrs",
    "h",
    "stunde",
    "stunden",
    "heure",
    "heures",
    "hora",
    "horas",
    "ora",
    "ore",
    "uur",
    "timmar",
    "godzin",
    "saat",
    "ชั่วโมง",
    "小时",
    "小時",
    "時間",
    "시간",
    "час",
    "часа",
    "часов",
    "ساعات",
    "ساعة",
];
/// Numbers as words, in the same six languages.
const NUMBERS: &[(&str, u64)] = &[
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("five", 5),
    ("ten", 10),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("sixty", 60),
    ("ein", 1),
    ("eine", 1),
    ("einer", 1),
    ("zwei", 2),
    ("drei", 3),
    ("fünf", 5),
    ("zehn", 10),
    ("fünfzehn", 15),
    ("zwanzig", 20),
    ("dreissig", 30),
    ("une", 1),
    ("deux", 2),
    ("trois", 3),
    ("cinq", 5),
    ("dix", 10),
    ("quinze", 15),
    ("vingt", 20),
    ("trente", 30),
    ("una", 1),
    ("dos", 2),
    ("tres", 3),
    ("cinco", 5),
    ("diez", 10),
    ("quince", 15),
    ("veinte", 20),
    ("treinta", 30),
    ("uma", 1),
    ("duas", 2),
    ("três", 3),
    ("dez", 10),
    ("vinte", 20),
    ("trinta", 30),
    ("due", 2),
    ("tre", 3),
    ("cinque", 5),
    ("dieci", 10),
    ("quindici", 15),
    ("venti", 20),
    ("trenta", 30),
];

/// Words beside which a passcode lets into a conference, and nobody into an account; folded.
const DIALLED: &[&str] = &["dial-in", "dial in", "meeting id", "conference id", "conference code", "meeting code"];

/// `one_time_code`: a code or link to log in with, or to set a password anew, while it is good.
pub fn one_time_code(view: &View<'_>) -> Option<Found> {
    let token = token(view).filter(|token| token.expires_at > view.now())?;
    let evidence = format!("{}, good for {}", token.what, spoken(token.lasts));
    let share = if view.message.authenticity == Authenticity::Failed { FORGED } else { 100 };
    Some(Found::part(Signal::OneTimeCode, share, evidence))
}

/// When its code expires.
pub fn again_at(view: &View<'_>) -> Option<Timestamp> {
    token(view).map(|token| token.expires_at)
}

/// Whether it brings a code that is still good, and its sender is not proven to be somebody else.
pub fn is_critical(view: &View<'_>) -> bool {
    view.message.authenticity != Authenticity::Failed && one_time_code(view).is_some()
}

/// That its code has expired.
pub fn over(view: &View<'_>) -> Option<Over> {
    token(view).filter(|token| token.expires_at <= view.now()).map(|_| Over::Expired)
}

fn token<'v>(view: &'v View<'_>) -> Option<&'v Token> {
    view.token.get_or_init(|| read(view)).as_ref()
}

fn read(view: &View<'_>) -> Option<Token> {
    if !view.says(Sense::Code) && !view.says(Sense::Link) {
        return None;
    }
    let (what, lasts) = match (code(view), link(view)) {
        (Some(code), _) => (format!("code {} after {}", quoted(&code.text), quoted(&code.word)), CODE_LASTS),
        (None, Some(words)) => (quoted(&words), LINK_LASTS),
        (None, None) => return None,
    };
    let said = view.own().find_map(lasts_in);
    // A code for a day is a voucher or an invitation; a link that lasts days asks for nothing now.
    let lasts = said.unwrap_or(lasts);
    let expires_at = civil::later(view.written.at, lasts);
    (lasts <= LASTS_MOST).then_some(Token { what, expires_at, lasts })
}

/// The code, read from the text as it was written: letters keep their case.
fn code(view: &View<'_>) -> Option<Candidate> {
    if !view.says(Sense::Code) {
        return None;
    }
    let message = view.message;
    let subject = (view.subject_of == Subject::Own).then_some(message.subject.as_str());
    let found = candidate::find(subject, &message.own_text)?;
    let is_dialled = view.hits(Sense::NoCode).any(|(words, hit)| DIALLED.contains(&words.at(&hit.span)));
    if is_dialled {
        return None;
    }
    // Offers have codes, too: where the words are vague, the mail must be short and sell nothing.
    let sells = || view.says(Sense::Voucher) || view.says(Sense::Bulk) || view.voice == Voice::Crowd;
    let is_meant = message.kind != Kind::Mail
        || match found.words {
            candidate::Words::Clear => !view.says(Sense::Voucher) || message.own_text.len() <= BRIEF,
            candidate::Words::Vague => message.own_text.len() <= BRIEF && !sells(),
        };
    is_meant.then_some(found)
}

/// The words that announce a link; they must be what the message is about.
fn link(view: &View<'_>) -> Option<String> {
    if view.voice == Voice::Crowd && view.message.kind == Kind::Mail {
        return None;
    }
    let mut hits = view.hits(Sense::Link).filter(|(words, hit)| is_subject(view, words) || hit.span.start < EARLY);
    let (words, hit) = hits.next()?;
    let is_said_twice = hits.next().is_some();
    let is_meant = is_subject(view, words) || is_said_twice || view.own().any(|words| lasts_in(words).is_some());
    let is_linked = view.message.own_text.contains("://") || view.voice == Voice::Machine;
    (is_meant && is_linked).then(|| words.at(&hit.span).to_owned())
}

fn is_subject(view: &View<'_>, words: &Words) -> bool {
    std::ptr::eq(words, &raw const view.subject)
}

/// How long a text says that something lasts: the first number before a unit.
fn lasts_in(words: &Words) -> Option<Duration> {
    let mut before = "";
    for word in words.folded.split([' ', '\n']) {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let (digits, rest) = word.split_at(word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len()));
        let (number, unit) = if digits.is_empty() { (before, word) } else { (digits, rest) };
        // Thai and Chinese go on without a space.
        let is = |units: &[&str]| units.iter().any(|it| unit == *it || (!it.is_ascii() && unit.starts_with(it)));
        let count =
            || number.parse().ok().or_else(|| NUMBERS.iter().find(|(name, _)| *name == number).map(|(_, n)| *n));
        if (is(MINUTES) || is(HOURS))
            && let Some(count) = count().filter(|count: &u64| (1..=1_440).contains(count))
        {
            return Some(if is(HOURS) { hours(count) } else { minutes(count) });
        }
        before = word;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{again_at, is_critical, one_time_code, over};
    use crate::model::message::Message;
    use crate::model::verdict::Over;
    use crate::urgency::signal::probe::{WRITTEN, ask, at, bulk, chat, machine, mail};

    fn fires(message: &Message) -> bool {
        ask(message, WRITTEN, |view| one_time_code(view).is_some())
    }

    #[test]
    fn codes_are_found_beside_their_words() {
        let check = |text: &str, expected: bool| {
            assert_eq!(fires(&chat(text)), expected, "chat: {text}");
            assert_eq!(fires(&machine("Hello", text)), expected, "mail: {text}");
        };
        check("Your verification code is 482913.", true);
        check("482913 is your Example code. Do not share it.", true);
        check("G-482913 is your Example verification code.", true);
        check("Use code 48291 to confirm your phone number.", true);
        check("EXAMPLE code: 482913", true);
        check("Your login code: 123-456", true);
        check("Your security code is 123 456.", true);
        check("Your login code is below.\n\n482913\n\nIt is good for five minutes.", true);
        check("Enter this code to sign in:\n\nA7K9-Q2XB", true);
        check("Your access code is 4KAM. It is good for 10 minutes.", true);
        check("Enter the code DUSG to log in.", true);
        check("Your one-time password is vM8xw", true);
        check("OTP 374587 (Ref:ABCD)", true);
        check("รหัส OTP ของคุณคือ 321872กรุณากรอกรหัสภายใน 5 นาที", true);
        check("您的验证码是 482913，请勿泄露", true);
        check("482 913 เป็นรหัส Example ของคุณ", true);
        check("ใช้ 4829 เป็นรหัสความปลอดภัยบัญชี Example", true);
        check("482913(รหัสExampleOTP มีอายุการใช้งาน 5 นาที)", true);
        check("482913 (your Example login code, good for 5 minutes)", true);
        check("482913 är din verifieringskod", true);
        check("482913 adalah kode verifikasi Example Anda", true);
        check("482913 là mã xác minh Example của bạn", true);
        check("482913 은 Example 인증번호 입니다", true);
        check("482913 是您的 Example 验证码", true);
        check("The OTP for your payment of 500 USD on the card ending 1245 is 998877.", true);
    }

    #[test]
    fn other_numbers_are_no_codes() {
        let check = |text: &str| {
            assert!(!fires(&machine("Hello", text)), "{text}");
            assert!(!fires(&chat(text)), "{text}");
        };
        check("Your card ending 1245 was charged 26.50 EUR at SHOP 7709. Transaction code 483920, order 55120881.");
        check("We will never ask you for a security code. Questions? Call 800 123 4567.");
        check("Use code SAVE20 or 202712 at the checkout before 31 January and save 20 %.");
        check("Your order number is 482913.");
        check("The tracking code of your parcel is 48291377.");
        check("The error code was 5004.");
        check("We moved the code to a new repository in 2026.");
        check("“It passes codes back and forth.&#8221; Robots are so polite.");
        check("The postal code of the office is 1070.");
        check("The dial-in number is (888) 422-7128 and the passcode is 352172.");
        check("Dial-in 888 422 7128, conference code 352172.");
    }

    #[test]
    fn a_code_expires() {
        let message = machine("Log in", "Your login code is 482913. It expires in 10 minutes.");
        let at_minute = |minute: &str| format!("2027-01-13T09:{minute}:00Z");
        assert!(ask(&message, &at_minute("09"), is_critical));
        assert_eq!(ask(&message, &at_minute("09"), over), None);
        assert_eq!(ask(&message, &at_minute("09"), again_at), Some(at("2027-01-13T09:10:00Z")));
        assert!(!ask(&message, &at_minute("10"), is_critical));
        assert_eq!(ask(&message, &at_minute("10"), over), Some(Over::Expired));
        let unsaid = machine("Log in", "Your login code is 482913.");
        assert!(ask(&unsaid, &at_minute("14"), is_critical));
        assert!(!ask(&unsaid, &at_minute("15"), is_critical));
    }

    #[test]
    fn links_are_good_for_an_hour() {
        let reset = machine("Reset your password", "Follow https://example.org/r/1 to choose a new one.");
        assert!(ask(&reset, "2027-01-13T09:59:00Z", is_critical));
        assert_eq!(ask(&reset, "2027-01-13T10:00:00Z", over), Some(Over::Expired));
        assert!(fires(&machine("Welcome", "Here is your sign-in link, good for 15 minutes: https://example.org/l/1")));
        assert!(!fires(&mail("Help", "You can reset your password on the page of the library. That is all.")));
        assert!(!fires(&bulk("News", "Did you forget? Reset your password at https://example.org/ and save.")));
    }
}
