//! What the keys of a hook's kind say.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::bench::{Bench, Choice};
use super::times::{Bounds, duration};
use super::{public, secret};
use crate::chat::kind::Kind;
use crate::chat::proof::{Origin, Proof};
use crate::chat::registry;
use crate::chat::setting::{Key, Setting, Settings, Shape};
use crate::config::file::setting::{Table, Written};
use crate::config::reader::At;
use crate::config::ready::Proves;
use crate::limits;
use crate::secret::SecretSource;

/// The keys of a kind, ready.
#[derive(Debug, Default)]
pub struct Own {
    /// Those that are no secrets.
    pub settings: Settings,
    /// Those that are.
    pub secrets: BTreeMap<&'static str, Vec<SecretSource>>,
    /// Where each stands, and each key of a table.
    pub places: BTreeMap<String, usize>,
}

/// Makes the keys of a kind ready. `None`: one of them is wrong and noted, or is missing.
pub fn own(
    bench: &mut Bench<'_>,
    prefix: &str,
    (kind, mut written): (Kind, BTreeMap<&'static str, Written>),
) -> Option<Own> {
    let (mut own, mut whole) = (Own::default(), true);
    for key in registry::service(kind).keys() {
        let Some(written) = written.remove(key.name) else { continue };
        match one(bench, (prefix, kind, key), written, &mut own) {
            Some(Some(setting)) => drop(own.settings.0.insert(key.name.to_owned(), setting)),
            Some(None) => {}
            None => whole = false,
        }
    }
    whole.then_some(own)
}

/// One key; `Some(None)`: it is a secret, and put where those are.
fn one(
    bench: &mut Bench<'_>,
    (prefix, kind, key): (&str, Kind, &'static Key),
    written: Written,
    own: &mut Own,
) -> Option<Option<Setting>> {
    let text = match written {
        Written::Secrets(written) => {
            let prefix = format!("{prefix}{:?}: ", key.name);
            // Without a `secret` this is what proves a request.
            let proves_alone = matches!(registry::service(kind).proof(&own.settings), Proof::Other(_));
            let sources = written.into_iter().map(|written| match proves_alone {
                true => secret::of_hook(bench, &prefix, written, Proves { kind, origin: Origin::User }),
                false => secret::source(bench, &prefix, written),
            });
            let sources: Vec<Option<SecretSource>> = sources.collect();
            own.secrets.insert(key.name, sources.into_iter().collect::<Option<_>>()?);
            return Some(None);
        }
        Written::Table(Table { settings, places }) => {
            own.places.extend(places);
            return Some(Some(Setting::Table(settings)));
        }
        Written::List(texts) => {
            own.places.extend(texts.first().map(|first| (key.name.to_owned(), first.offset)));
            let texts: Option<Vec<String>> = texts.iter().map(|text| line(bench, (prefix, key), text)).collect();
            return Some(Some(Setting::List(texts?)));
        }
        Written::Text(text) => text,
    };
    own.places.insert(key.name.to_owned(), text.offset);
    let setting = match key.shape {
        Shape::Url => Setting::Text(public::address(bench, (prefix, key.name), &text)?),
        Shape::File | Shape::SecretFile => Setting::File(file(bench, (prefix, key), &text)?),
        Shape::Time => {
            let bounds =
                Bounds { key: key.name, least: Duration::from_secs(1), most: limits::front::CONFIG_TOLERANCE_LONGEST };
            Setting::Time(duration(bench, prefix, &text, bounds)?)
        }
        Shape::Word(words) | Shape::WordOrTable(words) => {
            let words: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
            let choice = Choice { key: key.name, words: &words, default: None };
            Setting::Text(bench.word(prefix, Some(&text), &choice)?.to_owned())
        }
        _ => Setting::Text(line(bench, (prefix, key), &text)?),
    };
    Some(Some(setting))
}

fn line(bench: &mut Bench<'_>, (prefix, key): (&str, &Key), text: &At<String>) -> Option<String> {
    if !text.value.is_empty() && text.value.trim() == text.value && !text.value.chars().any(char::is_control) {
        return Some(text.value.clone());
    }
    let text_ =
        format!("{prefix}{:?} cannot be {:?}; write it on one line, without spaces around", key.name, text.value);
    bench.faults.error(text.offset, text_);
    None
}

/// The bits of a mode that let others in.
const OTHERS: u32 = 0o007;

/// The content of a file beside this one. Blocking.
fn file(bench: &mut Bench<'_>, (prefix, key): (&str, &Key), written: &At<String>) -> Option<Vec<u8>> {
    let prefix = format!("{prefix}{:?}: ", key.name);
    let path = bench.path(&prefix, written)?;
    let most = limits::front::CONFIG_HOOK_FILE_BYTES;
    let mut content = Vec::new();
    let read = File::open(&path).and_then(|file| {
        let mode = file.metadata()?.permissions().mode();
        file.take(most.saturating_add(1)).read_to_end(&mut content)?;
        Ok(mode)
    });
    let text = match read {
        Ok(mode) if key.shape == Shape::SecretFile && mode & OTHERS != 0 => {
            format!("others may read the secret in {:?}: run `chmod 600` on it", path.display().to_string())
        }
        Err(cause) => format!("cannot read {:?}: {cause}", path.display().to_string()),
        Ok(_) if content.len() as u64 > most => {
            format!("{:?} is longer than {most} bytes; name the file that holds this alone", path.display().to_string())
        }
        Ok(_) if content.is_empty() => format!("{:?} is empty; write it first", path.display().to_string()),
        Ok(_) => return Some(content),
    };
    bench.faults.error(written.offset, format!("{prefix}{text}"));
    None
}
