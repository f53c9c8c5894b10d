//! The configuration as it was understood, for people, secrets hidden.

pub mod condition;
pub mod hook;
pub mod secret;

use std::fmt::Write;
use std::path::Path;

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use self::secret::from;
use super::ready::{Account, Config, Person};
use crate::civil::duration;
use crate::civil::holidays::Calendar;
use crate::digest::settings::Format;
use crate::imap;
use crate::intake::desk::{Desk, Filing, Plan};
use crate::model::verdict::{Decision, Wishes};
use crate::net::Security;
use crate::net::sasl::Auth;
use crate::smtp;
use crate::source::door::Way;
use crate::urgency::rule::{End, Rule};
use crate::urgency::scale::{Scale, Thresholds, shipped};

/// Lines of a title and its particulars.
#[derive(Debug, Default)]
struct Sheet(String);

impl Sheet {
    fn title(&mut self, title: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{title}");
    }

    fn line(&mut self, key: &str, value: impl AsRef<str>) {
        let _ = writeln!(self.0, "  {key:<15} {}", value.as_ref());
    }
}

/// The whole configuration, a block for each part, in the order of the files. Ends with a line end.
pub fn describe(config: &Config, now: Timestamp) -> String {
    let mut sheet = Sheet::default();
    service(&mut sheet, config);
    for hook in &config.hooks {
        // Of others than those who are described nothing is said.
        if hook.readers.iter().any(|reader| config.person(&reader.person).is_some()) {
            sheet.title(&format!("chat {:?}", hook.name.as_str()));
            hook::lines(config, hook).iter().for_each(|(key, value)| sheet.line(key, value));
        }
    }
    config.people.iter().for_each(|person| describe_person(&mut sheet, person, now));
    sheet.0
}

fn describe_person(sheet: &mut Sheet, Person { desk, accounts }: &Person, now: Timestamp) {
    person(sheet, desk, now);
    for account in accounts {
        describe_account(sheet, account, desk.accounts.get(&account.name));
    }
    desk.rules.iter().for_each(|rule| describe_rule(sheet, rule));
    describe_signals(sheet, desk.scale.as_ref());
    desk.digests.iter().for_each(|plan| describe_digest(sheet, plan));
}

fn service(sheet: &mut Sheet, config: &Config) {
    sheet.title(&format!("configuration {}", config.file.display()));
    sheet.line("state", shown(&config.state));
    sheet.line("control socket", shown(&config.runtime.join("control.sock")));
    if let Some(listen) = &config.listen {
        sheet.line("HTTP", listen.to_string());
    }
    if let Some(url) = &config.public_url {
        sheet.line("called", url);
    }
    match &config.way_out {
        smtp::settings::Settings::Folder(folder) => sheet.line("letters", format!("as files in {}", shown(folder))),
        smtp::settings::Settings::Server(server) => {
            let host = host(&server.host, server.port, server.security);
            let login = match &server.login {
                Some((user, secret)) => format!(" as {user}, {} {}", what(server.auth), from(secret)),
                None => " without a login".to_owned(),
            };
            sheet.line("letters", format!("by {host}{login}"));
            trust_anchor(sheet, server.ca_file.as_deref());
        }
    }
    let address = &config.from.address;
    match &config.from.name {
        Some(name) => sheet.line("from", format!("{name} <{address}>")),
        None => sheet.line("from", address),
    }
}

/// Of which file, how many within a year, and which is next.
fn holidays(calendar: &Calendar, today: Date) -> String {
    let (path, mut next) = (shown(&calendar.path), calendar.days.from(today));
    let within = today.saturating_add(Span::new().years(1));
    let count = calendar.days.from(today).take_while(|day| *day < within).count();
    match next.next() {
        Some(next) => format!("{count} within a year, the next {}, by {path}", next.strftime("%a %Y-%m-%d")),
        None => format!("none, by {path}"),
    }
}

fn person(sheet: &mut Sheet, desk: &Desk, now: Timestamp) {
    let name = desk.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    sheet.title(&format!("person {}{name}", desk.person));
    sheet.line("addresses", desk.addresses.join(", "));
    sheet.line("time zone", &desk.zone.name);
    if let Some(working) = &desk.working {
        sheet.line("working hours", working.to_string());
    }
    for calendar in &desk.almanac.calendars {
        sheet.line("holidays", holidays(calendar, desk.zone.local(now).date()));
    }
    for quiet in &desk.quiet {
        let text = format!("{:?} {}, from {} up passes", quiet.name, quiet.range, quiet.pass.as_str());
        sheet.line("quiet", text);
    }
    let hold = desk.hold;
    sheet.line("held", format!("{} at most", duration::write(hold.max)));
    sheet.line("known for", format!("{} once settled", duration::write(hold.retention)));
    sheet.line("given back", format!("after {} of silence", duration::write(hold.lease)));
}

fn describe_account(sheet: &mut Sheet, account: &Account, filing: Option<&Filing>) {
    sheet.title(&format!("account {:?}", account.name.as_str()));
    match &account.way {
        Way::Imap(imap) => describe_imap(sheet, imap),
        Way::Maildir(maildir) => sheet.line("Maildir", shown(&maildir.path)),
    }
    let Some(filing) = filing else { return };
    let watch: Vec<String> = filing.watch.iter().map(|mailbox| format!("{:?}", mailbox.as_str())).collect();
    sheet.line("watches", watch.join(", "));
    let hold_in = filing.hold_in.as_str();
    let stays = if filing.watch.contains(&filing.hold_in) { ", where it stays" } else { "" };
    sheet.line("holds in", format!("{hold_in:?}{stays}"));
    sheet.line("urgent to", format!("{:?}", filing.urgent_to.as_str()));
    if let Some(address) = &filing.forward_urgent_to {
        sheet.line("forwarded to", address);
    }
    let seen = if filing.mark_seen { ", marked as seen" } else { "" };
    match &filing.release_to {
        Some(mailbox) => sheet.line("released to", format!("{:?}{seen}", mailbox.as_str())),
        None => sheet.line("released", format!("stays where it is{seen}")),
    }
    sheet.line("first run", if filing.classify_first { "judges what is there" } else { "leaves what is there" });
    match &filing.sent {
        Some(mailbox) => sheet.line("sent", format!("{:?} is read for what I wrote", mailbox.as_str())),
        None => sheet.line("sent", "not read"),
    }
    if let Some(webmail) = &filing.webmail {
        sheet.line("links to", webmail.as_written());
    }
    if let Some(trust) = &filing.trust {
        sheet.line("trusts", trust);
    }
}

fn describe_imap(sheet: &mut Sheet, imap: &imap::settings::Settings) {
    let host = host(&imap.host, imap.port, imap.security);
    sheet.line("IMAP", format!("{host} as {}, {} {}", imap.username, what(imap.auth), from(&imap.password)));
    trust_anchor(sheet, imap.ca_file.as_deref());
    sheet.line("polled", format!("every {} where the server has no IDLE", duration::write(imap.poll)));
}

fn describe_rule(sheet: &mut Sheet, rule: &Rule) {
    sheet.title(&format!("rule {:?}", rule.name.as_str()));
    if rule.when.is_empty() {
        sheet.line("when", "always");
    }
    for (index, condition) in rule.when.iter().enumerate() {
        sheet.line(if index == 0 { "when" } else { "and" }, condition::describe(condition));
    }
    let end = match rule.end {
        End::Decide(Decision::Level(level)) => level.as_str().to_owned(),
        End::Decide(Decision::Drop) => "drop".to_owned(),
        End::Decide(Decision::Ignore) => "ignore".to_owned(),
        End::Decide(Decision::LetThrough) => "let through".to_owned(),
        End::Score(points) => format!("{points} points, and the next rule"),
    };
    sheet.line("then", end);
    let Wishes { digest, max_hold, note } = &rule.wishes;
    if let Some(digest) = digest {
        sheet.line("digest", format!("{:?}", digest.as_str()));
    }
    if let Some(max_hold) = max_hold {
        sheet.line("held", format!("{} at most", duration::write(*max_hold)));
    }
    if let Some(note) = note {
        sheet.line("note", note);
    }
}

/// What decides where no rule does; of the weights only those that are not the shipped ones.
fn describe_signals(sheet: &mut Sheet, scale: Option<&Scale>) {
    sheet.title("signals");
    let Some(scale) = scale else {
        sheet.line("switched off", "what no rule decides is normal");
        return;
    };
    for (kind, Thresholds { urgent_at, low_at }) in [("mail", scale.mail), ("chat", scale.chat)] {
        sheet.line(kind, format!("urgent from {urgent_at} points on, low from {low_at} down"));
    }
    let own = scale.weights.iter().map(|(signal, weight)| (*signal, *weight, shipped(*signal)));
    for (index, (signal, weight, shipped)) in own.filter(|(_, weight, shipped)| weight != shipped).enumerate() {
        let key = if index == 0 { "weights" } else { "" };
        sheet.line(key, format!("{} {weight} instead of {shipped}", signal.name()));
    }
}

fn describe_digest(sheet: &mut Sheet, plan: &Plan) {
    sheet.title(&format!("digest {:?}", plan.letter.name.as_str()));
    let never = if plan.schedule.never_runs() { " (never runs)" } else { "" };
    sheet.line("schedule", format!("{}{never}", plan.schedule.as_str()));
    let days = plan.schedule.days();
    if let Some(weeks) = days.weeks {
        sheet.line("weeks", weeks.as_str());
    }
    if let Some(of_month) = &days.of_month {
        sheet.line("days of month", of_month.as_str());
    }
    if days.but.is_some() {
        sheet.line("holidays", "not sent");
    }
    sheet.line("to", plan.letter.to.join(", "));
    let takes: Vec<&str> = plan.takes.iter().map(|level| level.as_str()).collect();
    sheet.line("takes", if takes.is_empty() { "what rules send there".to_owned() } else { takes.join(", ") });
    sheet.line("sources", condition::any_of(&plan.sources));
    sheet.line("subject", &plan.letter.subject);
    for (template, form) in [(&plan.letter.templates.html, "HTML"), (&plan.letter.templates.text, "text")] {
        if let Some(template) = template {
            let file = shown(&template.file);
            sheet.line("template", format!("{file} for {form}; config/templates.md says what it can use"));
        }
    }
    if plan.letter.attach {
        sheet.line("originals", "attached");
    }
    if plan.letter.format == Format::Rfc1153 {
        sheet.line("format", "plain text as in RFC 1153");
    }
    let early = plan.flush_at.map(|at| format!(", sent early at {at}")).unwrap_or_default();
    sheet.line("items", format!("{} to {} a part{early}", plan.min_items, plan.letter.max_items));
}

fn host(host: &str, port: u16, security: Security) -> String {
    let security = match security {
        Security::Tls => "TLS",
        Security::StartTls => "STARTTLS",
        Security::Plain => "in the clear",
    };
    if host.contains(':') { format!("[{host}]:{port} ({security})") } else { format!("{host}:{port} ({security})") }
}

fn trust_anchor(sheet: &mut Sheet, ca_file: Option<&Path>) {
    if let Some(path) = ca_file {
        sheet.line("trust anchor", shown(path));
    }
}

fn what(auth: Auth) -> &'static str {
    match auth {
        Auth::Password => "password",
        Auth::Token => "access token",
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
