//! One HTTP request as it came.

use jiff::Timestamp;

use crate::limits;

/// A request. The body is the raw bytes: signatures are over them.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `POST`, `GET` ...
    pub method: &'a str,
    /// The whole URL as the outside calls it: some services sign it.
    pub url: &'a str,
    /// What follows the hook's own path, with its slash; mostly empty: `/_matrix/app/v1/transactions/35`.
    pub below: &'a str,
    /// The header fields in the order they came.
    pub headers: &'a [Field],
    /// The body.
    pub body: &'a [u8],
    /// When it came.
    pub now: Timestamp,
}

/// One header field.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name as it came.
    pub name: String,
    /// Its value; what is no UTF-8 was refused before.
    pub value: String,
}

impl<'a> Request<'a> {
    /// The value of a header field, trimmed; its name in any case. `None` where it is missing or there twice: two values
    /// mean two readers, of which one can be deceived.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut found = self.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
        let first = found.next()?;
        found.next().is_none().then(|| first.value.trim())
    }

    /// The value of a parameter in the URL's query, percent and plus decoded; `None` where it is missing or there twice.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.url.split_once('?')?.1;
        let query = query.split('#').next().unwrap_or_default();
        only(pairs(query.as_bytes()).filter(|(key, _)| key == name).map(|(_, value)| value))
    }

    /// The last part of the path: what follows its last slash. `None` where nothing does.
    pub fn last_segment(&self) -> Option<&'a str> {
        let path = self.url.split(['?', '#']).next()?;
        path.rsplit('/').next().filter(|last| !last.is_empty())
    }

    /// The value of a field of a form body; `None` where it is missing or there twice.
    pub fn form(&self, name: &str) -> Option<String> {
        only(self.fields().filter(|(key, _)| key == name).map(|(_, value)| value))
    }

    /// The fields of a form body, in order (`application/x-www-form-urlencoded`): as many as any service sends. What stands
    /// behind them is nobody's: a body may be read before it is proven, and `a&` takes fifty times as much in memory.
    pub fn fields(&self) -> impl Iterator<Item = (String, String)> + 'a {
        pairs(self.body).take(limits::judgement::HOOK_FORM)
    }

    /// Whether the body is said to be of this media type.
    pub fn is_media(&self, wanted: &str) -> bool {
        let media = self.header("Content-Type").unwrap_or_default();
        media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
    }
}

fn only(mut values: impl Iterator<Item = String>) -> Option<String> {
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

fn pairs(form: &[u8]) -> impl Iterator<Item = (String, String)> + '_ {
    form_urlencoded::parse(form).map(|(key, value)| (key.into_owned(), value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Request, pairs};
    use crate::limits;

    #[test]
    fn a_form_has_so_many_fields() {
        let body = "a&".repeat(100_000);
        let (headers, now) = (&[][..], jiff::Timestamp::UNIX_EPOCH);
        let request = Request { method: "POST", url: "/", below: "", headers, body: body.as_bytes(), now };
        assert_eq!(request.fields().count(), limits::judgement::HOOK_FORM);
        assert_eq!(request.form("a"), None, "it is there twice");
    }

    #[test]
    fn forms_are_decoded() {
        let check = |form: &str, text: &str| {
            let pairs: Vec<_> = pairs(format!("x={form}").as_bytes()).collect();
            assert_eq!(pairs, [("x".to_owned(), text.to_owned())], "{form}");
        };
        check("a+b%20c", "a b c");
        check("%C3%A9%2B", "é+");
        check("100%", "100%");
        check("%zz%4", "%zz%4");
        check("%ff", "\u{FFFD}");
    }
}
