//! From the octets of an input to a hook and a request: a kind, a variant of the hook, then the request as HTTP writes it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tidings::chat::event::{AlertState, Channel, Event, Mentions, Nature, Reach, Sender, What};
use tidings::chat::hook::Hook;
use tidings::chat::kind::{KINDS, Kind};
use tidings::chat::registry;
use tidings::chat::request::{Field, Request};
use tidings::chat::setting::{Key, Need, Setting, Settings, Shape};
use tidings::limits::doors::{HOOK_BODY_BYTES, HOOK_FIELDS};
use tidings::model::message::Message;
use tidings::secret::Secret;

/// The secret that seeds hold in the place of their own.
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// When requests come.
const NOW: i64 = 1_718_700_000;

/// An input, taken apart.
pub struct Case {
    /// The hook.
    pub hook: Hook,
    method: String,
    url: String,
    headers: Vec<Field>,
    body: Vec<u8>,
}

impl Case {
    /// What the input means; `None` where the listener would refuse it before any service sees it.
    pub fn of(input: &[u8]) -> Option<Self> {
        let (&[kind, variant], rest) = input.split_first_chunk()?;
        let kind = match std::env::var("TIDINGS_FUZZ_KIND") {
            Ok(name) => Kind::named(&name).expect("TIDINGS_FUZZ_KIND is no kind"),
            Err(_) => KINDS[usize::from(kind) % KINDS.len()].1,
        };
        let end = rest.windows(2).position(|two| two == b"\n\n").unwrap_or(rest.len());
        let head = std::str::from_utf8(&rest[..end]).ok()?;
        let body = rest.get(end + 2..).unwrap_or_default().to_vec();
        let mut lines = head.split('\n');
        let (method, url) = lines.next()?.split_once(' ')?;
        let is_url = url.bytes().all(|byte| byte.is_ascii_graphic());
        let headers: Vec<Field> = lines.filter_map(field).collect();
        let fits = headers.len() <= HOOK_FIELDS && body.len() as u64 <= HOOK_BODY_BYTES;
        (is_url && fits).then(|| Self {
            hook: hook(kind, variant),
            method: method.to_owned(),
            url: url.to_owned(),
            headers,
            body,
        })
    }

    /// The request.
    pub fn request(&self) -> Request<'_> {
        let path = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let path = path.find('/').map_or("/", |at| &path[at..]).split(['?', '#']).next().unwrap_or("/");
        let below = path.strip_prefix("/hook/").map(|rest| rest.find('/').map_or("", |at| &rest[at..])).unwrap_or(path);
        let (method, url) = (&self.method, &self.url);
        let now = Timestamp::from_second(NOW).expect("a time of this century");
        Request { method, url, below, headers: &self.headers, body: &self.body, now }
    }
}

/// A header field as the listener lets it through.
fn field(line: &str) -> Option<Field> {
    let (name, value) = line.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_value = value.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7F)) && !value.contains(is_c1);
    (is_name && is_value).then(|| Field { name: name.to_owned(), value: value.trim().to_owned() })
}

fn is_c1(c: char) -> bool {
    ('\u{80}'..='\u{9F}').contains(&c)
}

fn hook(kind: Kind, variant: u8) -> Hook {
    let secrets: &[&str] = match variant & 3 {
        0 => &[],
        1 => &[SECRET],
        2 => &["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", "whpk_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="],
        _ => &["", SECRET, "name:word"],
    };
    let me = ["U1", "ana", "25", "@ada:example.org", "+15550199", ""].map(str::to_owned);
    let names = [("U1", "Ana"), ("C1", "#ops\u{202E}"), ("", "nobody")];
    let keys = registry::service(kind).keys().iter().filter(|key| key.need == Need::Must || variant & 4 != 0);
    Hook {
        name: "a-hook-of-sixteen-octets".to_owned(),
        kind,
        secrets: secrets.iter().map(|secret| Secret::new((*secret).to_owned())).collect(),
        me: me.to_vec(),
        names: names.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect::<BTreeMap<_, _>>().into(),
        settings: Settings(keys.map(|key| (key.name.to_owned(), setting(key, variant >> 3))).collect()),
    }
}

fn setting(key: &Key, variant: u8) -> Setting {
    let text = |text: &str| Setting::Text(text.to_owned());
    match (key.name, key.shape) {
        ("auth", _) => auth(variant),
        ("mapping", _) => mapping(variant),
        ("handshake", _) => match variant & 3 {
            0 => text("ok"),
            1 => text("none"),
            2 => table(&[("echo_field", "/challenge"), ("echo_header", "X-Echo")]),
            _ => table(&[("echo_query", "challenge"), ("echo_header", "X-Echo")]),
        },
        ("callback_url" | "audience", _) => text("https://hooks.example.org/hook/x"),
        ("header" | "timestamp_header", _) => text(if key.name == "header" { "X-Tag" } else { "X-Time" }),
        (_, Shape::Word(words)) => text(words[usize::from(variant) % words.len()]),
        (_, Shape::List) => Setting::List(vec![SECRET.to_owned(), "1".to_owned()]),
        (_, Shape::Secret | Shape::Secrets) => Setting::Secrets(vec![Secret::new(SECRET.to_owned())]),
        (_, Shape::Time) => Setting::Time(Duration::from_secs(u64::MAX >> (variant & 31))),
        (_, Shape::File) => Setting::File(match variant & 1 {
            0 => br#"{"keys":[{"kid":"k","n":"AQAB","e":"AQAB"},{"kid":"k"},7]}"#.to_vec(),
            _ => b"{\"k\":\"-----BEGIN CERTIFICATE-----\\nAQAB\\n-----END CERTIFICATE-----\\n\"}".to_vec(),
        }),
        _ => text("word"),
    }
}

fn table(rules: &[(&str, &str)]) -> Setting {
    let rules = rules.iter().map(|(key, rule)| ((*key).to_owned(), Setting::Text((*rule).to_owned())));
    Setting::Table(Settings(rules.collect()))
}

fn auth(variant: u8) -> Setting {
    const SIGNED: [&str; 4] = ["{body}", "v0:{timestamp}:{body}", "{id}.{timestamp}.{body}{url}", "{{body}{"];
    let template = ("signed", SIGNED[usize::from(variant & 3)]);
    match variant >> 2 & 7 {
        0 => table(&[("type", "hmac"), ("header", "X-Tag"), template]),
        1 => table(&[
            ("type", "hmac"),
            ("header", "X-Tag"),
            ("prefix", "v0="),
            ("encoding", "base64"),
            ("algorithm", "sha1"),
            ("timestamp_header", "X-Time"),
            ("tolerance", "2h"),
            ("id_header", "X-Id"),
            template,
        ]),
        2 => table(&[("type", "header"), ("header", "X-Token")]),
        3 => table(&[("type", "bearer")]),
        4 => table(&[("type", "query")]),
        5 => table(&[("type", "standard-webhooks")]),
        6 => table(&[("type", "path")]),
        _ => table(&[("type", "none")]),
    }
}

fn mapping(variant: u8) -> Setting {
    let mut rules: BTreeMap<String, Setting> = BTreeMap::new();
    let mut put = |key: &str, rule: &str| rules.insert(key.to_owned(), Setting::Text(rule.to_owned()));
    if variant & 1 != 0 {
        put("items", "/items");
    }
    for key in ["id", "time", "sender_id", "sender_name", "sender_is_bot", "channel_id", "thread_id", "mentions"] {
        put(key, &format!("/{key}"));
    }
    put("permalink", "/url");
    put("subject", "/a~1b~0/0");
    put(
        "text",
        ["/text", "{{ text }}: {{ list | join(',') }}", "{% for a in list %}{{ a }}{% endfor %}", "said"]
            [usize::from(variant >> 1 & 3)],
    );
    for (key, list) in [("urgency", "critical"), ("settles", "values")] {
        let values = Setting::List(vec!["P1".to_owned(), "true".to_owned()]);
        let pointer = Setting::Text(format!("/{key}"));
        let table = [("pointer".to_owned(), pointer), (list.to_owned(), values)];
        rules.insert(key.to_owned(), Setting::Table(Settings(table.into_iter().collect())));
    }
    Setting::Table(Settings(rules))
}

/// How many octets an event holds.
#[allow(dead_code, reason = "each target takes what it needs")]
pub fn octets(event: &Event) -> usize {
    let optional = [
        &event.sender.id,
        &event.sender.name,
        &event.channel.id,
        &event.channel.name,
        &event.channel.sort,
        &event.channel.team_id,
        &event.channel.team,
        &event.subject,
        &event.thread,
        &event.reply_to,
        &event.permalink,
    ];
    let of = match &event.what {
        What::Edit { of } | What::Delete { of } => of.len(),
        What::Thin { resource, change } => resource.len() + change.len(),
        What::Alert { status, .. } => status.len(),
        _ => 0,
    };
    let mentions = [&event.mentions.users, &event.mentions.groups, &event.mentions.broadcast];
    let lists = mentions.into_iter().chain([&event.dedupe]).flatten().map(String::len);
    of + event.id.len()
        + event.text.len()
        + event.plain.len()
        + optional.iter().filter_map(|text| text.as_ref()).map(String::len).sum::<usize>()
        + lists.sum::<usize>()
        + event.weight.iter().map(|(_, word)| word.len()).sum::<usize>()
}

/// Every string of a message but its own text.
#[allow(dead_code, reason = "each target takes what it needs")]
pub fn strings(told: &Message) -> impl Iterator<Item = &str> {
    let sender = told.sender.iter().flat_map(|sender| [Some(&sender.address), sender.name.as_ref()]).flatten();
    let post = told.post.iter().flat_map(|post| {
        [Some(&post.service), Some(&post.channel), post.channel_name.as_ref(), post.permalink.as_ref()]
    });
    let thread = told.thread.references.iter().chain(&told.thread.in_reply_to);
    let all = [Some(&told.source), Some(&told.subject), told.message_id.as_ref()].into_iter().flatten();
    all.chain(sender).chain(post.flatten()).chain(thread).map(String::as_str)
}

/// An event of the lines of a body: the first octet says what happened, each line is one of its strings.
#[allow(dead_code, reason = "each target takes what it needs")]
pub fn event(body: &[u8]) -> Event {
    let text = String::from_utf8_lossy(body);
    let mut lines = text.split('\n').map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let choice = body.first().copied().unwrap_or_default();
    let what = match choice % 9 {
        0 => What::Message,
        1 => What::Edit { of: line() },
        2 => What::Delete { of: line() },
        3 => What::Thin { resource: line(), change: line() },
        4 => What::Alert { status: line(), state: AlertState::Firing },
        5 => What::Alert { status: line(), state: AlertState::Resolved },
        6 => What::Task,
        7 => What::MissedCall,
        _ => What::WaitingForHost,
    };
    let mut some = || Some(line()).filter(|line| line != "-");
    Event {
        what,
        id: some().unwrap_or_default(),
        sender: Sender { id: some(), name: some(), nature: Nature::Person },
        channel: Channel { id: some(), name: some(), reach: Reach::Several, ..Channel::default() },
        subject: some(),
        thread: some(),
        reply_to: some(),
        permalink: some(),
        dedupe: some().into_iter().collect(),
        weight: some().map(|word| ("priority", word)).into_iter().collect(),
        mentions: Mentions { users: some().into_iter().collect(), ..Mentions::default() },
        at: Timestamp::from_second(i64::from(choice) * NOW).ok(),
        attachments: usize::from(choice),
        plain: lines.collect::<Vec<_>>().join("\n"),
        ..Event::default()
    }
}
