//! A person's own templates: rendered within bounds, and only into what may be sent.

use std::io::{self, Write};
use std::path::PathBuf;

use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind};

use super::context::Page;
use super::{clean, harmless};
use crate::limits;

/// A template of the person's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The file that it was read from.
    pub file: PathBuf,
    /// What stood in it.
    pub source: String,
}

/// The person's own templates of a digest; `None`: ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Templates {
    /// `template`: the HTML.
    pub html: Option<Template>,
    /// `text_template`: the text.
    pub text: Option<Template>,
}

impl Templates {
    /// Whether each shows the second channel by which something came: those of before do not.
    pub fn show_twins(&self) -> bool {
        self.html.iter().chain(&self.text).all(|own| own.source.contains("also"))
    }
}

/// What a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// HTML: every word of a message is escaped.
    Html,
    /// Text.
    Text,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Html => "own.html",
            Self::Text => "own.txt",
        }
    }
}

/// Renders a page by a template that anybody may have written.
///
/// # Errors
/// What is wrong with it, as `FILE:LINE: WHAT` where there is a line: a syntax error, a name that is not there, endless work,
/// far too much text, or what no letter may contain.
pub fn render(
    environment: &Environment<'_>,
    (template, form): (&Template, Form),
    page: &Page,
) -> Result<String, String> {
    let mut out = Bounded(Vec::new());
    let compiled = environment.template_from_named_str(form.name(), &template.source);
    compiled.and_then(|compiled| compiled.render_captured_to(Serde(page), &mut out).map(|_| ())).map_err(|error| {
        let line = error.line().filter(|line| *line > 0);
        located(template, line, &words(template, &error))
    })?;
    let text = String::from_utf8(out.0).map_err(|_| located(template, None, "gives no UTF-8"))?;
    let sound = match form {
        Form::Html => harmless::check(&text),
        Form::Text if text.chars().any(|c| c.is_control() && c != '\n' && c != '\r') => {
            Err("gives a tab or another control character; write blanks".to_owned())
        }
        Form::Text => Ok(()),
    };
    sound.map_err(|fault| located(template, None, &fault))?;
    if text.trim().is_empty() {
        return Err(located(template, None, "gives no text; write at least {{ title }}"));
    }
    Ok(text)
}

fn located(template: &Template, line: Option<usize>, what: &str) -> String {
    let file = template.file.display();
    match line {
        Some(line) => format!("{file}:{line}: {what}"),
        None => format!("{file}: {what}"),
    }
}

fn words(template: &Template, error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "does not come to an end; write a shorter loop".to_owned(),
        (ErrorKind::WriteFailure, _) => {
            format!("gives more than {} octets; write a shorter loop", limits::judgement::DIGEST_OWN_OCTETS)
        }
        (ErrorKind::UndefinedError, detail) => {
            let line = error.line().and_then(|line| template.source.lines().nth(line.checked_sub(1)?));
            let line = clean::line(line.unwrap_or_default(), limits::judgement::DIGEST_OWN_LINE);
            let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("{line:?} names what is not there{detail}; config/templates.md says what is")
        }
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

/// Takes what a letter can hold, so that a loop does not fill the memory before it runs out of fuel.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > limits::judgement::DIGEST_OWN_OCTETS {
            return Err(io::Error::other("too much"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
