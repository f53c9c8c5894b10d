//! Mails for the tests, written for them.

/// A small mail with this id in subject, Message-ID and text.
pub fn mail(id: &str, from: &str) -> Vec<u8> {
    format!(
        "From: Somebody <{from}>\r\nTo: u0@test.example\r\nSubject: Mail {id}\r\nMessage-ID: <{id}@mails.example>\r\n\
         Date: Tue, 5 Jan 2027 10:00:00 +0000\r\n\r\nThis is {id}.\r\n"
    )
    .into_bytes()
}

/// The text of a letter, without a line of the transfer encoding.
///
/// # Panics
/// When it is no mail with a text.
#[allow(clippy::expect_used)]
pub fn text_of(letter: &[u8]) -> String {
    let message = mail_parser::MessageParser::default().parse(letter).expect("a letter is a mail");
    message.body_text(0).expect("a letter has a text").into_owned()
}

/// The Message-IDs that a letter's links name, in their order.
///
/// # Panics
/// When it is no mail with HTML.
#[allow(clippy::expect_used)]
pub fn links_of(letter: &[u8]) -> Vec<String> {
    let message = mail_parser::MessageParser::default().parse(letter).expect("a letter is a mail");
    let html = message.body_html(0).expect("a letter has HTML").into_owned();
    let links = html.split("href=\"mid:").skip(1).filter_map(|rest| rest.split_once('"'));
    links.map(|(link, _)| decoded(link)).collect()
}

fn decoded(link: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = link.bytes();
    while let Some(byte) = rest.next() {
        let hex = (byte == b'%').then(|| [rest.next(), rest.next()].into_iter().flatten().collect::<Vec<u8>>());
        let value = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok());
        bytes.push(value.unwrap_or(byte));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
