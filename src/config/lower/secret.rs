//! Where each secret comes from, and whether it may come from there.

use super::bench::{Bench, Named, Readers};
use crate::chat::proof::Origin;
use crate::config::file::secret::Written;
use crate::config::reader::At;
use crate::config::ready::Proves;
use crate::secret::SecretSource;

/// The source of a secret, noted among the bench's secrets.
pub fn source(bench: &mut Bench<'_>, prefix: &str, written: At<Written>) -> Option<SecretSource> {
    if matches!(&written.value, Written::Plain(secret) if !secret.reveal().is_empty()) {
        plain(bench, prefix, written.offset);
    }
    from(bench, prefix, written, None)
}

/// The same for what proves requests of a hook. A public key may stand in the file itself.
pub fn of_hook(bench: &mut Bench<'_>, prefix: &str, written: At<Written>, proves: Proves) -> Option<SecretSource> {
    let is_plain = matches!(&written.value, Written::Plain(secret) if !secret.reveal().is_empty());
    if is_plain && proves.origin != Origin::Public {
        plain(bench, prefix, written.offset);
    }
    from(bench, prefix, written, Some(proves))
}

fn from(bench: &mut Bench<'_>, prefix: &str, written: At<Written>, proves: Option<Proves>) -> Option<SecretSource> {
    let offset = written.offset;
    let source = match written.value {
        Written::Plain(secret) => {
            if secret.reveal().is_empty() {
                bench.faults.error(offset, format!("{prefix}the secret is empty; write one of the forms of a secret"));
                return None;
            }
            SecretSource::Plain(secret)
        }
        Written::Credential(name) => credential(bench, prefix, name)?,
        Written::File(path) => SecretSource::File(bench.path(prefix, &path)?),
        Written::Env(name) => {
            let valid = !name.value.is_empty() && !name.value.contains(['=', '\0', '$', ' ']);
            if !valid {
                let text = format!("{prefix}{:?} is no name of a variable; write it without $", name.value);
                bench.faults.error(name.offset, text);
                return None;
            }
            SecretSource::Env(name.value)
        }
        Written::Command(words) => command(bench, prefix, words)?,
    };
    bench.secrets.push(Named { prefix: prefix.to_owned(), offset, source: source.clone(), proves });
    Some(source)
}

fn plain(bench: &mut Bench<'_>, prefix: &str, offset: usize) {
    const BETTER: &str = "write { credential = \"NAME\" } or { file = \"PATH\" } instead";
    match bench.readers {
        Readers::Everybody => {
            let text =
                format!("{prefix}a secret stands in a file that everybody may read; {BETTER}, or run `chmod o= FILE`");
            bench.faults.error(offset, text);
        }
        Readers::Few => bench.faults.warn(offset, format!("{prefix}a secret stands in the file itself; {BETTER}")),
    }
}

/// A credential's name is a file name (systemd.exec(5), LoadCredential=).
fn credential(bench: &mut Bench<'_>, prefix: &str, name: At<String>) -> Option<SecretSource> {
    let text = name.value.as_str();
    let valid = (1..=255).contains(&text.len())
        && text != "."
        && text != ".."
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'/' && b != b':');
    if !valid {
        let advice = "write the name that LoadCredential= gives it, or { file = \"PATH\" } for a path";
        bench.faults.error(name.offset, format!("{prefix}{text:?} is no name of a credential; {advice}"));
        return None;
    }
    Some(SecretSource::Credential { directory: bench.environment.credentials_directory.clone(), name: name.value })
}

/// A program with a slash in its name is a path, relative to the file as all are; without one it is looked for in `$PATH`.
fn command(bench: &mut Bench<'_>, prefix: &str, words: Vec<At<String>>) -> Option<SecretSource> {
    let mut line = Vec::new();
    for (index, word) in words.into_iter().enumerate() {
        if word.value.contains('\0') || (index == 0 && word.value.is_empty()) {
            bench.faults.error(
                word.offset,
                format!("{prefix}{:?} cannot be run; write a program and its arguments", word.value),
            );
            return None;
        }
        let is_path = index == 0 && word.value.contains('/');
        line.push(if is_path { bench.path(prefix, &word)?.display().to_string() } else { word.value });
    }
    Some(SecretSource::Command(line))
}
