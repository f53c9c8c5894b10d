//! Authentication-Results of the trusted server: whether the From domain is proven (RFC 8601).

use crate::model::message::Authenticity;

use super::fields::Fields;
use super::people;

/// Gmail writes its own field below its Received field, and takes foreign fields with its name out (seen 2026 in all
/// mail that came through it): for it alone the place does not count.
const BELOW_ITS_RECEIVED: &[&str] = &["mx.google.com"];

/// What the header says of its sender. `trust` is the authserv-id that is believed; `senders` are the addresses of the
/// first From field.
///
/// Only the topmost field of that id counts, and only above the first Received field: what stands below it came with
/// the mail. Local delivery (LMTP) may have added Received fields above. A From field that is not exactly one address,
/// and a From, Subject or Date field that comes twice, is never authenticated, because then the verifier may have seen
/// another one than the reader.
pub fn judge(fields: &Fields<'_>, senders: &[&str], trust: Option<&str>) -> Authenticity {
    let [sender] = senders else { return Authenticity::Failed };
    let Some(domain) = people::domain(sender) else { return Authenticity::Failed };
    if fields.count("From") != 1 {
        return Authenticity::Failed;
    }
    let Some(results) = trust.and_then(|trust| trusted(fields, trust)) else { return Authenticity::Unknown };
    if results.prove(&domain) && fields.count("Subject") <= 1 && fields.count("Date") <= 1 {
        Authenticity::Passed
    } else {
        Authenticity::Failed
    }
}

/// The topmost field of the trusted server, where it stands where that server writes.
fn trusted(fields: &Fields<'_>, trust: &str) -> Option<Results> {
    for field in &fields.list {
        if field.is("Received") && !is_local_delivery(field.value) && !BELOW_ITS_RECEIVED.contains(&trust) {
            return None;
        }
        if field.is("Authentication-Results") {
            let results = Results::parse(field.value);
            if results.server.eq_ignore_ascii_case(trust.trim()) {
                return Some(results);
            }
        }
    }
    None
}

fn is_local_delivery(received: &[u8]) -> bool {
    let text = String::from_utf8_lossy(received).to_ascii_lowercase();
    let mut words = text.split_whitespace().skip_while(|word| *word != "with").skip(1);
    words.next().is_some_and(|protocol| protocol.starts_with("lmtp"))
}

/// One field, read.
#[derive(Debug, Default)]
struct Results {
    server: String,
    methods: Vec<Method>,
}

/// One `method=result ptype.property=value ...`; all lower case.
#[derive(Debug)]
struct Method {
    name: String,
    result: String,
    properties: Vec<(String, String)>,
}

impl Results {
    fn parse(raw: &[u8]) -> Self {
        let mut pieces = pieces(raw).into_iter();
        let mut head = pieces.next().unwrap_or_default().into_iter();
        let server = head.next().unwrap_or_default();
        // A version may follow (section 2.2), and only 1 is known.
        if head.next().is_some_and(|version| version != "1") {
            return Self::default();
        }
        Self { server, methods: pieces.filter_map(|words| Method::parse(&words)).collect() }
    }

    fn prove(&self, domain: &str) -> bool {
        let dmarc = || self.methods.iter().filter(|method| method.name == "dmarc");
        if dmarc().any(|method| matches!(method.result.as_str(), "fail" | "permerror")) {
            return false;
        }
        if dmarc().any(|method| {
            method.result == "pass" && method.of("header.from").is_none_or(|from| is_aligned(from, domain))
        }) {
            return true;
        }
        self.methods.iter().filter(|method| method.name == "dkim" && method.result == "pass").any(|method| {
            let signer = method.of("header.d").or_else(|| method.of("header.i")).unwrap_or_default();
            is_aligned(signer.rsplit('@').next().unwrap_or_default(), domain)
        })
    }
}

impl Method {
    fn parse(words: &[String]) -> Option<Self> {
        let mut pairs = words.iter().filter_map(|word| word.split_once('='));
        let (name, result) = pairs.next()?;
        let name = name.split('/').next().unwrap_or_default().to_owned();
        let properties = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Some(Self { name, result: result.to_owned(), properties })
    }

    fn of(&self, property: &str) -> Option<&str> {
        self.properties.iter().find(|(key, _)| key == property).map(|(_, value)| value.as_str())
    }
}

/// Relaxed alignment (RFC 7489 section 3.1): the same domain, or one inside the other. A single label is nobody's.
fn is_aligned(signer: &str, domain: &str) -> bool {
    let signer = signer.trim_end_matches('.');
    let inside = |inner: &str, outer: &str| inner.strip_suffix(outer).is_some_and(|rest| rest.ends_with('.'));
    signer.contains('.')
        && domain.contains('.')
        && (signer == domain || inside(signer, domain) || inside(domain, signer))
}

/// Splits at semicolons into words, lower case; comments go, quotation marks too, and `a = b` becomes `a=b`.
/// What stands between quotation marks is one word, and no `=` or semicolon in it counts.
fn pieces(raw: &[u8]) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(raw).to_lowercase();
    let (mut pieces, mut words, mut word) = (Vec::new(), Vec::<String>::new(), String::new());
    let (mut depth, mut is_quoted) = (0usize, false);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' if depth > 0 || is_quoted => {
                let escaped = rest.next();
                if depth == 0 {
                    word.extend(escaped.filter(|c| !matches!(c, '=' | ';')));
                }
            }
            '"' if depth == 0 => is_quoted = !is_quoted,
            _ if is_quoted => word.extend(Some(c).filter(|c| !matches!(c, '=' | ';') && !c.is_whitespace())),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ';' => {
                push(&mut words, &mut word);
                pieces.push(std::mem::take(&mut words));
            }
            _ if c.is_whitespace() => push(&mut words, &mut word),
            _ => word.push(c),
        }
    }
    push(&mut words, &mut word);
    pieces.push(words);
    pieces
}

/// Ends a word; one that begins or follows an equals sign joins the word before it.
fn push(words: &mut Vec<String>, word: &mut String) {
    if word.is_empty() {
        return;
    }
    match words.last_mut() {
        Some(last) if last.ends_with('=') || word.starts_with('=') => last.push_str(word),
        _ => words.push(word.clone()),
    }
    word.clear();
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::mail::fields;
    use crate::model::message::Authenticity::{self, Failed, Passed, Unknown};

    fn check(results: &str, expected: Authenticity) {
        let header = format!("{results}From: ada@example.org\r\n");
        check_header(&header, &["ada@example.org"], expected);
    }

    fn check_header(header: &str, senders: &[&str], expected: Authenticity) {
        let fields = fields::fields(header.as_bytes());
        assert_eq!(judge(&fields, senders, Some("mx.work.example")), expected, "{header}");
    }

    fn field(results: &str) -> String {
        format!("Authentication-Results: mx.work.example; {results}\r\n")
    }

    #[test]
    fn what_the_trusted_server_says_counts() {
        check(&field("dmarc=pass header.from=example.org"), Passed);
        check(&field("spf=pass smtp.mailfrom=x@y.z; dkim=pass (2048-bit key) header.d=example.org header.s=a"), Passed);
        check(&field("dkim=pass header.i=@mail.example.org"), Passed);
        check(&field("DKIM=Pass HEADER.D=Example.ORG."), Passed);
        check(&field("dkim/1 = pass\r\n\theader.d = \"example.org\""), Passed);
        check("Authentication-Results: MX.work.example 1; dmarc=pass\r\n", Passed);
        check(&field("none"), Failed);
        check(&field("dkim=fail header.d=example.org"), Failed);
        check(&field("spf=pass smtp.mailfrom=ada@example.org"), Failed);
        check(&field("dkim=pass header.d=evil.example"), Failed);
        check(&field("dkim=pass header.d=badexample.org"), Failed);
        check(&field("dkim=pass header.d=org"), Failed);
        check(&field("dmarc=pass header.from=evil.example"), Failed);
        check(&field("dmarc=fail; dkim=pass header.d=example.org"), Failed);
    }

    #[test]
    fn what_only_looks_like_it_does_not() {
        check(&field("dkim=fail (dkim=pass header.d=example.org; dmarc=pass)"), Failed);
        check(&field("dkim=fail reason=\"; dmarc=pass\" header.d=example.org"), Failed);
        check(&field("x=\"a; dmarc=pass\""), Failed);
        check("Authentication-Results: mx.work.example 2; dmarc=pass\r\n", Unknown);
        check("Authentication-Results: evil.example; dmarc=pass\r\n", Unknown);
        check("X-Authentication-Results: mx.work.example; dmarc=pass\r\n", Unknown);
        check("Authentication-Results: (mx.work.example) evil; dmarc=pass\r\n", Unknown);
        check("", Unknown);
    }

    #[test]
    fn only_the_topmost_and_only_above_received() {
        let (pass, fail) = (field("dmarc=pass"), field("dmarc=fail"));
        check(&format!("{fail}{pass}"), Failed);
        check(&format!("Authentication-Results: other; dmarc=fail\r\n{pass}"), Passed);
        check(&format!("Received: from evil by mx.work.example with ESMTP\r\n{pass}"), Unknown);
        check(&format!("Received: from mx by store with LMTP id 1\r\n{pass}Received: from x by mx\r\n"), Passed);
    }

    #[test]
    fn gmail_writes_below_its_received() {
        let header = "Received: by mx.google.com with SMTP\r\nAuthentication-Results: mx.google.com; dmarc=pass\r\nFrom: a@x.org\r\n";
        let fields = fields::fields(header.as_bytes());
        assert_eq!(judge(&fields, &["a@x.org"], Some("mx.google.com")), Passed);
    }

    #[test]
    fn a_from_that_is_not_one_sender_is_never_proven() {
        let pass = field("dmarc=pass");
        check_header(
            &format!("{pass}From: ada@example.org\r\nFrom: eve@example.org\r\n"),
            &["ada@example.org"],
            Failed,
        );
        check_header(
            &format!("{pass}From: a@example.org, b@example.org\r\n"),
            &["a@example.org", "b@example.org"],
            Failed,
        );
        check_header(&pass, &[], Failed);
        check_header(&format!("{pass}From: ada\r\n"), &["ada"], Failed);
        check_header(&format!("{pass}From: a@example.org\r\nSubject: x\r\nSubject: y\r\n"), &["a@example.org"], Failed);
    }
}
