//! Turns pages into HTML and text by our own templates or the person's, and a subject's template into a subject.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, syntax::SyntaxConfig};

use super::context::{Page, Subject};
use super::own::{self, Form, Template, Templates};
use super::{clean, columns};
use crate::limits;

const HTML: &str = include_str!("digest.html.j2");
const TEXT: &str = include_str!("digest.txt.j2");

/// Templates, ready to be used.
pub struct Renderer<'a> {
    ours: Environment<'static>,
    own: &'a Templates,
}

/// A page as text and HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// What is wrong with the person's own templates; ours were used instead.
    pub faults: Vec<String>,
}

/// Our templates, and what any template may use.
///
/// # Errors
/// A fault in them, which is ours.
pub fn ours() -> Result<Environment<'static>, Error> {
    let mut environment = environment(limits::judgement::DIGEST_PAGE_FUEL);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("wrap", |text: &str, first: &str, prefix: &str| {
        columns::wrap(text, first, prefix, limits::judgement::DIGEST_COLUMNS)
    });
    environment.add_filter("isolate", |text: &str| clean::isolate(text));
    environment.add_filter("ruler", |text: &str, with: &str| {
        with.repeat(columns::of(text).min(limits::judgement::DIGEST_COLUMNS))
    });
    environment.add_template("digest.html", HTML)?;
    environment.add_template("digest.txt", TEXT)?;
    Ok(environment)
}

impl<'a> Renderer<'a> {
    /// Reads our templates; `own` are the person's.
    ///
    /// # Errors
    /// A fault in ours.
    pub fn new(own: &'a Templates) -> Result<Self, Error> {
        Ok(Self { ours: ours()?, own })
    }

    /// A page by the person's own templates; by ours where there are none, or one of them fails: mail does not wait because of
    /// a template.
    ///
    /// # Errors
    /// Out of fuel, or a fault in our template.
    pub fn page(&self, page: &Page) -> Result<Rendered, Error> {
        let mut faults = Vec::new();
        let mut by_own = |template: Option<&Template>, form| match own::render(&self.ours, (template?, form), page) {
            Ok(text) => Some(text),
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let (text, html) = (by_own(self.own.text.as_ref(), Form::Text), by_own(self.own.html.as_ref(), Form::Html));
        let text = text.map_or_else(|| self.text(page), Ok)?;
        let html = html.map_or_else(|| self.html(page), Ok)?;
        Ok(Rendered { text, html, faults })
    }

    /// The HTML of a page: our tags and attributes only, every word of a message escaped.
    ///
    /// # Errors
    /// Out of fuel, or a fault in our template.
    fn html(&self, page: &Page) -> Result<String, Error> {
        self.ours.get_template("digest.html")?.render(Serde(page))
    }

    /// The text of a page: nothing escaped, lines of at most 72 columns but for words that are longer.
    ///
    /// # Errors
    /// As for [`Renderer::html`].
    fn text(&self, page: &Page) -> Result<String, Error> {
        self.ours.get_template("digest.txt")?.render(Serde(page))
    }
}

/// The subject that a template gives, on one clean line, at most 200 characters; nothing in it is escaped.
///
/// # Errors
/// What the template does wrong, in words for whoever wrote it: a syntax error, a name that is not there, endless work, or
/// no text at all.
pub fn subject(template: &str, context: &Subject) -> Result<String, String> {
    let environment = environment(limits::judgement::DIGEST_SUBJECT_FUEL);
    let text = environment.render_str(template, Serde(context)).map_err(|error| words(&error))?;
    let text = clean::line(&text, limits::judgement::DIGEST_FIELD);
    if text.is_empty() { Err("it gives no text".to_owned()) } else { Ok(text) }
}

fn words(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it does not come to an end".to_owned(),
        (ErrorKind::UndefinedError, _) => {
            "it names what is not there; there are count, things, top, day, name and person".to_owned()
        }
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

fn environment(fuel: u64) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(fuel));
    environment
        .set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    environment.set_formatter(format);
    environment
}

/// Escapes for HTML what HTML needs: minijinja's own formatter writes `/` as an entity too, which doubles the size of a date
/// and makes text that is searched for in the source hard to find.
fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match (state.auto_escape(), value.as_str()) {
        (AutoEscape::Html, Some(text)) if !value.is_safe() => {
            let mut escaped = String::with_capacity(text.len() + 8);
            for c in text.chars() {
                match c {
                    '&' => escaped.push_str("&amp;"),
                    '<' => escaped.push_str("&lt;"),
                    '>' => escaped.push_str("&gt;"),
                    '"' => escaped.push_str("&quot;"),
                    '\'' => escaped.push_str("&#39;"),
                    c => escaped.push(c),
                }
            }
            out.write_str(&escaped).map_err(Error::from)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

#[cfg(test)]
mod tests {
    use super::subject;
    use crate::digest::context::Subject;

    fn context() -> Subject {
        let (things, top) = ("7 things".to_owned(), "Ben: Lunch?".to_owned());
        Subject {
            count: 7,
            things,
            top,
            day: "Wednesday 13 January".to_owned(),
            name: "daily".to_owned(),
            person: String::new(),
        }
    }

    #[track_caller]
    fn check(template: &str, expected: Result<&str, &str>) {
        let given = subject(template, &context());
        assert_eq!(given.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_subject_is_as_typed() {
        check("{{ count }} things for {{ day }}", Ok("7 things for Wednesday 13 January"));
        check("{{ count }} & more: \"today\" <all>", Ok("7 & more: \"today\" <all>"));
        check("{% if count == 1 %}one{% else %}{{ count }}{% endif %}\r\nBcc: x", Ok("7 Bcc: x"));
    }

    #[test]
    fn a_bad_template_says_why() {
        check("{{ cuont }}", Err("it names what is not there; there are count, things, top, day, name and person"));
        check(
            "{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}",
            Err("it does not come to an end"),
        );
        check("  {{ '' }} ", Err("it gives no text"));
        assert!(subject("{{ count", &context()).is_err());
    }
}
