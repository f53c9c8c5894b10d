//! The configuration: what stands in the file, and what is meant by it.

pub mod description;
pub mod environment;
pub mod fault;
pub mod file;
pub mod lint;
pub mod lower;
pub mod reader;
pub mod ready;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use toml::de::DeTable;
use zeroize::Zeroizing;

use crate::limits;
use crate::secret::SecretSource;
use environment::Environment;
use fault::{Fault, Faults, Position, Text, Weight};
use lower::bench::{Bench, Readers};
use reader::Section;
use ready::{Config, Declared};

/// Reads and understands a configuration file. Blocking.
///
/// # Errors
/// Every error of the file at once, in its order: with errors of syntax those alone, since the rest may be misread. Or
/// the one reason why the file cannot be read.
pub fn load(path: &Path, environment: &Environment) -> Result<Config, Vec<Fault>> {
    let unreadable = |cause: &dyn std::fmt::Display| {
        let text = format!("cannot read the configuration: {cause}");
        vec![Fault { file: path.to_owned(), position: None, weight: Weight::Error, text }]
    };
    let (source, readers) = read(path).map_err(|cause| unreadable(&cause))?;
    let folder = std::path::absolute(path).map_err(|cause| unreadable(&cause))?;
    let folder = folder.parent().unwrap_or(Path::new("/"));
    let text = text(path, source)?;
    let mut faults = Faults::default();
    let (root, errors) = DeTable::parse_recoverable(&text.source);
    for error in &errors {
        let offset = error.span().map_or(text.source.len(), |span| span.start);
        faults.error(offset, format!("this is not TOML: {}", error.message()));
    }
    if faults.refuse() {
        return Err(faults.sorted(Weight::Error, &text));
    }
    let file = file::read(Section { table: root.get_ref(), offset: 0 }, &mut faults);
    let mut bench = Bench { folder, environment, readers, faults: &mut faults, secrets: Vec::new() };
    let lowered = lower::lower(&mut bench, file);
    let secrets = bench.secrets;
    if lowered.is_none() && !faults.refuse() {
        faults.error(0, "the configuration cannot be used, and nothing says why: a fault of tidings; please report it");
    }
    let errors = faults.sorted(Weight::Error, &text);
    let Some(lowered) = lowered.filter(|_| errors.is_empty()) else { return Err(errors) };
    let declared = |(prefix, offset, source)| Declared { prefix, position: text.position(offset), source };
    Ok(Config {
        file: path.to_owned(),
        state: lowered.folders.state,
        runtime: lowered.folders.runtime,
        way_out: lowered.way_out,
        from: lowered.from,
        person: lowered.person,
        accounts: lowered.accounts,
        secrets: secrets.into_iter().map(declared).collect(),
        warnings: faults.sorted(Weight::Warning, &text),
    })
}

/// Looks whether each secret can be had: errors for those that cannot, and notes for those that cannot be looked at from
/// here (credentials outside the unit, and commands, which only a connection runs). In the order of the file.
pub async fn check_secrets(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    for declared in &config.secrets {
        let (weight, text) = match &declared.source {
            SecretSource::Credential { directory: None, name } => {
                (Weight::Note, format!("the credential {name:?} is not checked here, outside the unit"))
            }
            SecretSource::Command(_) => {
                (Weight::Note, "the command is not run here; `check --connect` runs it".to_owned())
            }
            source => match source.read().await {
                Ok(_) => continue,
                Err(error) => (Weight::Error, error.to_string()),
            },
        };
        let text = format!("{}{text}", declared.prefix);
        faults.push(Fault { file: config.file.clone(), position: Some(declared.position), weight, text });
    }
    faults
}

/// The configuration as it was understood, for people; no secret is in it.
pub fn describe(config: &Config) -> String {
    description::describe(config)
}

/// The bytes of the file, and who else may read them.
fn read(path: &Path) -> io::Result<(Vec<u8>, Readers)> {
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    let mut bytes = Vec::new();
    // One byte more than allowed, so that too long a file is told from one that fits.
    file.take(limits::front::CONFIG_BYTES.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::front::CONFIG_BYTES {
        return Err(io::Error::other(format!("it is longer than {} bytes", limits::front::CONFIG_BYTES)));
    }
    let readers = if meta.permissions().mode() & 0o004 == 0 { Readers::Few } else { Readers::Everybody };
    Ok((bytes, readers))
}

/// The text of the file, without a byte order mark (editors of Windows write one).
fn text(path: &Path, bytes: Vec<u8>) -> Result<Text, Vec<Fault>> {
    let (source, valid) = match String::from_utf8(bytes) {
        Ok(source) => (source, true),
        Err(error) => {
            let end = error.utf8_error().valid_up_to();
            let valid = error.as_bytes().get(..end).unwrap_or_default();
            (String::from_utf8_lossy(valid).into_owned(), false)
        }
    };
    let source = source.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(source);
    let text = Text { file: path.to_owned(), source: Zeroizing::new(source) };
    if valid {
        return Ok(text);
    }
    let position: Position = text.position(text.source.len());
    let fault = "this is not UTF-8; save the file in that encoding".to_owned();
    Err(vec![Fault { file: path.to_owned(), position: Some(position), weight: Weight::Error, text: fault }])
}
