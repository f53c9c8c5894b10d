//! Where a secret comes from, in words.

use crate::secret::SecretSource;

/// Where a secret comes from, never the secret; of a command only the program, because arguments may hold secrets.
pub fn from(source: &SecretSource) -> String {
    match source {
        SecretSource::Plain(_) => "from this file".to_owned(),
        SecretSource::Credential { name, .. } => format!("from the credential {name:?}"),
        SecretSource::File(path) => format!("from {}", path.display()),
        SecretSource::Env(name) => format!("from ${name}"),
        SecretSource::Command(line) => format!("from the command {:?}", line.first().map_or("", String::as_str)),
    }
}
