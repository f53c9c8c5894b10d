//! Digests: when they run, what they take, and the subject of their letters.

use super::address::recipients;
use super::bench::{Bench, Choice};
use super::groups::Groups;
use super::{template, timetable, unique};
use crate::civil::WeeklyRange;
use crate::config::fault::meant;
use crate::config::file::digest::Digest as Written;
use crate::config::reader::{At, shortened};
use crate::digest;
use crate::digest::settings::{Format, Settings};
use crate::intake::desk::Plan;
use crate::limits;
use crate::model::name::DigestName;
use crate::model::verdict::Urgency;
use crate::pattern::{Field, Pattern};

/// The subject when none is written.
const SUBJECT: &str = "{{ things }} for {{ day }}{% if top %}: {{ top }}{% endif %}";
/// What a subject may name.
const VARIABLES: [&str; 6] = ["count", "things", "top", "day", "name", "person"];
const MAX_ITEMS: usize = 200;

/// What digests are read beside.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The groups that sources may name.
    pub groups: &'a Groups<'a>,
    /// The first of my addresses, where that is right.
    pub me: Option<&'a str>,
    /// My working hours, where there are any.
    pub working: Option<&'a WeeklyRange>,
}

/// `[[digest]]`, all of them.
pub fn digests(bench: &mut Bench<'_>, written: &[Written], around: &Around<'_>) -> Option<Vec<Plan>> {
    unique::names(bench, "digest", written.iter().map(|digest| digest.name.as_ref()));
    let takes: Vec<_> = written.iter().map(|digest| takes(bench, digest)).collect();
    let named: Vec<Urgency> = takes.iter().flatten().flatten().flatten().copied().collect();
    let rest: Vec<Urgency> =
        [Urgency::Low, Urgency::Normal].into_iter().filter(|level| !named.contains(level)).collect();
    let plans: Vec<_> = written
        .iter()
        .zip(takes)
        .map(|(digest, takes)| {
            let plan = one(bench, digest, around);
            Some(Plan { takes: takes?.unwrap_or_else(|| rest.clone()), ..plan? })
        })
        .collect();
    plans.into_iter().collect()
}

/// The levels that a digest names; `Some(None)`: it names none.
fn takes(bench: &mut Bench<'_>, written: &Written) -> Option<Option<Vec<Urgency>>> {
    let Some(names) = &written.takes else { return Some(None) };
    let mut levels = Vec::new();
    let mut whole = true;
    for name in names {
        if name.value == "urgent" || name.value == "critical" {
            let text = format!(
                "{}{:?} never waits for a digest; write \"low\", \"normal\" or both",
                written.prefix, name.value
            );
            bench.faults.error(name.offset, text);
            whole = false;
            continue;
        }
        let words = [("low", Urgency::Low), ("normal", Urgency::Normal)];
        match bench.word(&written.prefix, Some(name), &Choice { key: "takes", words: &words, default: None }) {
            Some(level) if !levels.contains(&level) => levels.push(level),
            Some(_) => {}
            None => whole = false,
        }
    }
    levels.sort_unstable();
    whole.then_some(Some(levels))
}

/// Everything of a digest but what it takes.
fn one(bench: &mut Bench<'_>, written: &Written, around: &Around<'_>) -> Option<Plan> {
    let Around { groups, me, .. } = *around;
    let prefix = written.prefix.as_str();
    let name = written.name.as_ref().and_then(|name| bench.name(prefix, name)).map(DigestName::new);
    let schedule = timetable::timetable(bench, written, around.working);
    let to = match &written.to {
        Some(to) => recipients(bench, prefix, to),
        None => me.map(|me| vec![me.to_owned()]),
    };
    let sources = match &written.sources {
        Some(texts) => groups.patterns(bench, prefix, (texts, Field::Value)),
        None => Pattern::parse("*", Field::Value, &|_| None).ok().map(|all| vec![all]),
    };
    let subject = match &written.subject {
        Some(text) => subject(bench, prefix, text),
        None => Some(SUBJECT.to_owned()),
    };
    let mut number =
        |key, written: &Option<At<i64>>, most| written.as_ref().map(|n| bench.number(prefix, n, (key, 1, most)));
    let max_items =
        number("max_items", &written.max_items, limits::front::CONFIG_DIGEST_ITEMS).unwrap_or(Some(MAX_ITEMS));
    let flush_at = number("flush_at", &written.flush_at, limits::front::CONFIG_DIGEST_WAITING);
    let min_items = number("min_items", &written.min_items, limits::front::CONFIG_DIGEST_WAITING).unwrap_or(Some(1));
    let flush_at = match flush_at {
        Some(flush_at) => flush_at.map(Some)?,
        None => None,
    };
    if let (Some(flush_at), Some(min_items), Some(place)) = (flush_at, min_items, &written.flush_at)
        && flush_at < min_items
    {
        let text = format!(
            "{prefix}\"flush_at\" is less than \"min_items\", so that what is sent early may not be sent; write at least {min_items}"
        );
        bench.faults.error(place.offset, text);
        return None;
    }
    let templates = template::templates(bench, prefix, (written.template.as_ref(), written.text_template.as_ref()));
    let format = format(bench, written);
    let (name, to, subject) = (name?, to?, subject?);
    let attach = originals(bench, written);
    let (max_items, attach, format, templates) = (max_items?, attach?, format?, templates?);
    let letter = Settings { name, to, subject, max_items, attach, format, templates };
    Some(Plan { letter, schedule: schedule?, takes: Vec::new(), sources: sources?, flush_at, min_items: min_items? })
}

/// `originals`: the plain form has whole texts already, and is one text.
fn originals(bench: &mut Bench<'_>, written: &Written) -> Option<bool> {
    let words = [("none", false), ("attach", true)];
    let choice = Choice { key: "originals", words: &words, default: Some(false) };
    let attach = bench.word(&written.prefix, written.originals.as_ref(), &choice)?;
    let is_plain = written.format.as_ref().is_some_and(|format| format.value == "rfc1153");
    if let (true, true, Some(place)) = (attach, is_plain, &written.originals) {
        let text = format!(
            "{}\"originals\" cannot be \"attach\" beside format = \"rfc1153\", which is one text; remove one of the two",
            written.prefix
        );
        bench.faults.error(place.offset, text);
        return None;
    }
    Some(attach)
}

/// `format`: the plain one has no use for templates.
fn format(bench: &mut Bench<'_>, written: &Written) -> Option<Format> {
    let words = [("mail", Format::Mail), ("rfc1153", Format::Rfc1153)];
    let choice = Choice { key: "format", words: &words, default: Some(Format::Mail) };
    let format = bench.word(&written.prefix, written.format.as_ref(), &choice)?;
    let template = written.template.as_ref().or(written.text_template.as_ref());
    if let (Format::Rfc1153, Some(template)) = (format, template) {
        let text =
            format!("{}a template has no meaning beside format = \"rfc1153\"; remove one of the two", written.prefix);
        bench.faults.error(template.offset, text);
        return None;
    }
    Some(format)
}

/// A subject's template, tried once with values as they will be.
fn subject(bench: &mut Bench<'_>, prefix: &str, written: &At<String>) -> Option<String> {
    match fault(&written.value) {
        None => Some(written.value.clone()),
        Some(fault) => {
            bench.faults.error(written.offset, format!("{prefix}\"subject\" {fault}"));
            None
        }
    }
}

fn fault(template: &str) -> Option<String> {
    if template.trim().is_empty() {
        return Some("is empty; write a template such as \"{{ things }} for {{ day }}\"".to_owned());
    }
    if template.chars().any(char::is_control) || template.chars().count() > limits::front::CONFIG_SUBJECT_CHARS {
        let most = limits::front::CONFIG_SUBJECT_CHARS;
        return Some(format!("holds a control character or is too long; write one line of at most {most} characters"));
    }
    let engine = minijinja::Environment::new();
    let compiled = match engine.template_from_str(template) {
        Ok(compiled) => compiled,
        Err(error) => return Some(format!("is no template: {}; write {{{{ count }}}} for a value", reason(&error))),
    };
    let mut unknown: Vec<String> = compiled.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| !VARIABLES.contains(&name.as_str()));
    unknown.sort_unstable();
    if let Some(name) = unknown.first() {
        let advice = meant(name, VARIABLES, "the values are count, things, top, day, name and person");
        return Some(format!("names the unknown value {:?}; {advice}", shortened(name)));
    }
    // What letters do, they do here once, so that none fails later.
    let error = digest::check_subject(template).err()?;
    Some(format!("cannot be filled in: {}; write {{{{ count }}}} for a value", shortened(&error)))
}

fn reason(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => shortened(detail),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn subjects() {
        let good = |template: &str| assert_eq!(fault(template), None, "{template:?}");
        good("{{ count }} things for {{ day }}");
        good("{{ count }} & more: \"today\" <all>");
        good("{% if count == 1 %}one thing{% else %}{{ count }} things{% endif %} for {{ name | upper }}");
        let bad = |template: &str, part: &str| {
            let fault = fault(template).unwrap_or_default();
            assert!(fault.contains(part), "{template:?}: {fault}");
        };
        bad("", "is empty");
        bad("a\nb", "control");
        bad(&"x".repeat(501), "too long");
        bad("{{ cuont }}", "did you mean \"count\"?");
        bad("{{ count", "is no template");
        bad("{{ count | uper }}", "uper");
        bad("{{ day.x.y }}", "cannot be filled in");
        bad("{% for i in range(10000) %}x{% endfor %}", "unknown value \"range\"");
        bad(&format!("{{{{ {}1{} }}}}", "(".repeat(200), ")".repeat(200)), "is no template");
    }
}
