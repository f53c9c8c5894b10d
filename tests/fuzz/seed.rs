//! Makes a seed corpus of recorded requests: `seed VECTORS CORPUS` writes a folder a kind, a file a request.

#[allow(dead_code, reason = "the targets take the rest")]
mod case;

use std::fs;
use std::path::Path;

use serde_json::Value;
use tidings::chat::kind::KINDS;

/// The folders whose kind has another name.
const FOLDERS: [(&str, &str); 6] = [
    ("teams", "teams_outgoing"),
    ("matrix", "matrix_appservice"),
    ("x", "x_twitter"),
    ("confluence", "confluence_dc"),
    ("google-chat", "google_chat"),
    ("standard-webhooks", "standard_webhooks"),
];

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let [_, vectors, corpus] = words.as_slice() else { panic!("seed VECTORS CORPUS") };
    for (index, (name, _)) in KINDS.iter().enumerate() {
        let folder =
            FOLDERS.iter().find(|(kind, _)| kind == name).map_or(name.replace('-', "_"), |(_, it)| (*it).to_owned());
        let from = Path::new(vectors).join(folder);
        let to = Path::new(corpus).join(name);
        fs::create_dir_all(&to).expect("the corpus cannot be written");
        let all = fs::read(from.join("vectors.json")).expect("there are no vectors of a kind");
        let all: Vec<Value> = serde_json::from_slice(&all).expect("vectors are no JSON");
        for (number, vector) in all.iter().enumerate() {
            for variant in [1, 5, 13, 21] {
                let octets = seed(index, variant, vector, &from);
                fs::write(to.join(format!("{number}-{variant}")), octets).expect("the corpus cannot be written");
            }
        }
    }
}

fn seed(kind: usize, variant: u8, vector: &Value, from: &Path) -> Vec<u8> {
    let text = |key: &str| vector[key].as_str().unwrap_or_default();
    let mut head = format!("{} {}\n", text("method"), text("url"));
    for (name, value) in vector["headers"].as_object().into_iter().flatten() {
        head.push_str(&format!("{name}: {}\n", value.as_str().unwrap_or_default()));
    }
    head.push('\n');
    let body = match vector["body_file"].as_str() {
        Some(name) => fs::read(from.join(name)).expect("a body is missing"),
        None => Vec::new(),
    };
    let octets = [&[kind as u8, variant], head.as_bytes(), &body].concat();
    // The fuzzer's hooks have a secret of their own.
    let config = vector["config"].as_object().into_iter().flatten();
    let own = config.filter(|(key, _)| matches!(key.as_str(), "path_secret" | "verify_token" | "client_state"));
    let own = own.filter_map(|(_, value)| value.as_str()).chain(vector["secret"].as_str());
    own.filter(|secret| !secret.is_empty()).fold(octets, |octets, secret| replaced(&octets, secret.as_bytes()))
}

fn replaced(octets: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some(at) = rest.windows(secret.len()).position(|window| window == secret) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(case::SECRET.as_bytes());
        rest = &rest[at + secret.len()..];
    }
    out.extend_from_slice(rest);
    out
}
