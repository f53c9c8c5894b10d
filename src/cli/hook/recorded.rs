//! A recorded webhook request: a JSON file that a person writes or a tool has kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::chat::hook::Hook;
use crate::chat::kind::Kind;
use crate::chat::names::Names;
use crate::chat::registry;
use crate::chat::request::{Field, Request};
use crate::chat::setting::{Key, Setting, Settings, Shape};
use crate::civil::duration;
use crate::secret::Secret;

/// The request and what the hook is configured with.
#[derive(Clone, Deserialize)]
pub struct Recorded {
    /// `POST` where it is left out.
    #[serde(default = "post")]
    method: String,
    /// The whole URL.
    url: String,
    /// Header fields.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body as text.
    #[serde(default)]
    body: Option<String>,
    /// Or the file that holds its bytes, beside this one.
    #[serde(default)]
    body_file: Option<String>,
    /// The hook's secret, or a list of them.
    #[serde(default)]
    secret: Option<OneOrMany>,
    /// The keys of its kind.
    #[serde(default)]
    config: Option<BTreeMap<String, Value>>,
    /// When it came, in Unix seconds.
    #[serde(default)]
    now: Option<i64>,
    /// Where the file lies.
    #[serde(skip)]
    folder: PathBuf,
    /// The body's bytes.
    #[serde(skip)]
    bytes: Vec<u8>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn secrets(self) -> Vec<Secret> {
        match self {
            Self::One(secret) => vec![Secret::new(secret)],
            Self::Many(secrets) => secrets.into_iter().map(Secret::new).collect(),
        }
    }
}

fn post() -> String {
    "POST".to_owned()
}

impl Recorded {
    /// Reads the file, and the body beside it.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read \"{}\"", path.display()))?;
        let value = serde_json::from_str(&text);
        let value = value.with_context(|| format!("\"{}\" is no recorded request", path.display()))?;
        Self::of(value, path.parent().unwrap_or(Path::new("")))
    }

    /// Takes a request that was read; files are looked for in `folder`.
    ///
    /// # Errors
    /// When it lacks something, or its body's file cannot be read.
    pub fn of(value: Value, folder: &Path) -> anyhow::Result<Self> {
        let mut recorded: Self = serde_json::from_value(value).context("a recorded request has at least \"url\"")?;
        recorded.folder = folder.to_owned();
        recorded.bytes = match (&recorded.body_file, &recorded.body) {
            (Some(_), Some(_)) => bail!("\"body\" and \"body_file\" stand both there; keep one"),
            (Some(name), None) => recorded.file(name)?,
            (None, body) => body.clone().unwrap_or_default().into_bytes(),
        };
        Ok(recorded)
    }

    fn file(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.folder.join(name);
        fs::read(&path).with_context(|| format!("cannot read \"{}\"", path.display()))
    }

    /// The hook that it came to.
    ///
    /// # Errors
    /// When its settings are none of the kind's.
    pub fn hook(&self, kind: Kind) -> anyhow::Result<Hook> {
        let secrets = self.secret.clone().map(OneOrMany::secrets).unwrap_or_default();
        let mut settings = Settings::default();
        for (name, value) in self.config.iter().flatten().filter(|(_, value)| !value.is_null()) {
            // A recorded request calls `kind` what a configuration, which has such a key already, calls `endpoint`.
            let name = if kind == Kind::Discord && name == "kind" { "endpoint" } else { name };
            let Some(key) = registry::service(kind).keys().iter().find(|key| key.name == name) else {
                bail!("{name:?} is no key of a hook of kind {:?}", kind.name());
            };
            settings.0.insert(name.to_owned(), self.setting(key, value)?);
        }
        let (name, me, names) = (self.name().to_owned(), Vec::new(), Names::default());
        Ok(Hook { name, kind, secrets, me, names, settings })
    }

    fn setting(&self, key: &Key, value: &Value) -> anyhow::Result<Setting> {
        Ok(match (key.shape, value) {
            (Shape::Table | Shape::WordOrTable(_), Value::Object(_)) => Setting::Table(table(value)?),
            (Shape::List, Value::Array(_) | Value::String(_)) => plain(value)?.into_list(),
            (Shape::Text | Shape::Url | Shape::Word(_) | Shape::WordOrTable(_), Value::String(text)) => {
                Setting::Text(text.clone())
            }
            (Shape::Secret, Value::String(text)) => Setting::Secrets(vec![Secret::new(text.clone())]),
            (Shape::Secrets, value) => Setting::Secrets(OneOrMany::deserialize(value)?.secrets()),
            (Shape::File | Shape::SecretFile, Value::String(name)) => Setting::File(self.file(name)?),
            (Shape::Time, Value::String(text)) => {
                Setting::Time(duration::parse(text).map_err(|error| anyhow::anyhow!("{:?}: {error}", key.name))?)
            }
            _ => bail!("{:?} has a value of another type than a hook of this kind wants", key.name),
        })
    }

    /// The header fields.
    pub fn fields(&self) -> Vec<Field> {
        self.headers.iter().map(|(name, value)| Field { name: name.clone(), value: value.clone() }).collect()
    }

    /// When it came, where that is said.
    pub fn now(&self) -> Option<Timestamp> {
        self.now.and_then(|seconds| Timestamp::from_second(seconds).ok())
    }

    fn path(&self) -> &str {
        let path = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let path = path.find('/').and_then(|at| path.get(at..)).unwrap_or("/");
        path.split(['?', '#']).next().unwrap_or("/")
    }

    /// The name of the hook that it called: it may be what proves it.
    fn name(&self) -> &str {
        let rest = self.path().split_once("/hook/").map_or("", |(_, rest)| rest);
        rest.split('/').next().filter(|name| !name.is_empty()).unwrap_or("try")
    }

    /// The request. What follows `/hook/NAME` in its URL is below the hook; a URL without that is one of a service that fixes
    /// its path.
    pub fn request<'a>(&'a self, headers: &'a [Field], now: Timestamp) -> Request<'a> {
        let path = self.path();
        let below = path.strip_prefix("/hook/").map(|rest| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(""));
        let below = below.unwrap_or(path);
        Request { method: &self.method, url: &self.url, below, headers, body: &self.bytes, now }
    }
}

/// A table whose values are texts, lists, and tables of such.
fn table(value: &Value) -> anyhow::Result<Settings> {
    let fields = value.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let read: anyhow::Result<BTreeMap<String, Setting>> =
        fields.map(|(name, value)| Ok((name.clone(), plain(value)?))).collect();
    Ok(Settings(read?))
}

fn plain(value: &Value) -> anyhow::Result<Setting> {
    Ok(match value {
        Value::String(text) => Setting::Text(text.clone()),
        Value::Number(number) => Setting::Text(number.to_string()),
        Value::Bool(truth) => Setting::Text(truth.to_string()),
        Value::Array(list) => {
            let texts = list.iter().map(|one| one.as_str().map(str::to_owned).context("a list holds texts alone"));
            Setting::List(texts.collect::<anyhow::Result<_>>()?)
        }
        Value::Object(_) => Setting::Table(table(value)?),
        Value::Null => bail!("nothing stands there"),
    })
}
