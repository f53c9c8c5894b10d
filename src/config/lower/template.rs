//! A digest's own templates: read, and tried before any letter depends on them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::bench::Bench;
use crate::config::reader::At;
use crate::digest;
use crate::digest::own::{Form, Template, Templates};
use crate::limits;

/// `template` and `text_template`. `None`: an error is noted.
pub fn templates(
    bench: &mut Bench<'_>,
    prefix: &str,
    (html, text): (Option<&At<String>>, Option<&At<String>>),
) -> Option<Templates> {
    let html = html.map(|written| template(bench, prefix, (written, Form::Html)));
    let text = text.map(|written| template(bench, prefix, (written, Form::Text)));
    Some(Templates {
        html: html.map_or(Some(None), |html| html.map(Some))?,
        text: text.map_or(Some(None), |text| text.map(Some))?,
    })
}

fn template(bench: &mut Bench<'_>, prefix: &str, (written, form): (&At<String>, Form)) -> Option<Template> {
    let file = bench.path(prefix, written)?;
    let fault = match read(&file) {
        Ok(source) => {
            let template = Template { file, source };
            match digest::check_template(&template, form) {
                Ok(()) => return Some(template),
                Err(fault) => fault,
            }
        }
        Err(error) => {
            format!("{}: cannot be read: {error}; write the path of a template, or remove the key", file.display())
        }
    };
    bench.faults.error(written.offset, format!("{prefix}{fault}"));
    None
}

fn read(path: &Path) -> io::Result<String> {
    // A pipe would be waited for.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut text = String::new();
    let read = File::open(path)?.take(limits::front::CONFIG_TEMPLATE_BYTES.saturating_add(1)).read_to_string(&mut text);
    // Cut short in a character it is no UTF-8 either.
    let is_long = |length: usize| length as u64 > limits::front::CONFIG_TEMPLATE_BYTES;
    if read.as_ref().is_ok_and(|length| is_long(*length))
        || path.metadata()?.len() > limits::front::CONFIG_TEMPLATE_BYTES
    {
        return Err(io::Error::other(format!("it is longer than {} bytes", limits::front::CONFIG_TEMPLATE_BYTES)));
    }
    read.map(|_| text)
}
