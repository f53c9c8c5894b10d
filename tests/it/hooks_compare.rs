//! That secrets are compared in constant time: in the code of the services only `sign` compares, and `Secret` has no `==`
//! (a test beside it does not compile with one).

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// The one file that may compare.
const SIGN: &str = "sign.rs";
/// Files whose answer to a handshake is an HMAC; it is sent, and compared with nothing.
const ANSWER: [&str; 2] = ["x.rs", "zoom.rs"];

/// What must not stand in a statement, nor in a file, and why.
static BANS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let operator = r"[^=!<>](?:==|!=)[^=]";
    let method = r"\.\s*(?:eq|ne|cmp|partial_cmp|eq_ignore_ascii_case|contains|ends_with|find)\(";
    let secret = r"\breveal\(\)|\bis_same\b|\bhook\.secrets\b|\.secrets\(|\bpushkeys\b";
    [
        (format!(r"(?s)(?:{secret}).*{operator}|{operator}.*(?:{secret})"), "compares a secret by an operator"),
        (format!(r"(?s)\breveal\(\)(?:\s*\.\s*as_bytes\(\))?\s*{method}"), "compares a secret by a method"),
        (format!(r"(?s){method}[^;]*\breveal\(\)"), "compares with a secret by a method"),
        (r"\buse\s+ring::[^;]*\bhmac\b|\bhmac::|\bconstant_time\b|\bsubtle\b".to_owned(), "compares by itself"),
        (r"\bsign::hmac\(".to_owned(), "makes an HMAC, which is then compared"),
    ]
    .into_iter()
    .map(|(pattern, why)| (Regex::new(&pattern).unwrap(), why))
    .collect()
});

/// What is wrong with the code of a service, a line each.
fn faults(name: &str, code: &str) -> Vec<String> {
    let shipped = code.split("#[cfg(test)]").next().unwrap();
    let lines = shipped.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    // A closure or an arm of a match ends where a block does; a chain of calls does not.
    let statements = code.split([';', '{', '}']);
    let of_file = BANS.iter().filter(|(_, why)| why.ends_with("itself")).map(|ban| (code.as_str(), ban));
    let found = statements.flat_map(|statement| BANS.iter().map(move |ban| (statement, ban))).chain(of_file);
    let found = found.filter(|(statement, (pattern, why))| {
        let is_answer = ANSWER.contains(&name) && why.starts_with("makes");
        !is_answer && pattern.is_match(statement)
    });
    found
        .map(|(statement, (_, why))| {
            format!("{name}: {why}; let `sign` do it: {}", statement.trim().lines().next().unwrap_or_default())
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, files),
            false => {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
}

#[test]
fn no_service_compares_a_secret_by_itself() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/chat"), &mut files);
    assert!(files.len() > 40 && files.iter().any(|(name, _)| name == SIGN));
    let faults: Vec<String> =
        files.iter().filter(|(name, _)| name != SIGN).flat_map(|(name, code)| faults(name, code)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_comparison_is_found() {
    for bad in [
        "if secret.reveal() == token { Ok(()) }",
        "let is = token\n    != hook.secrets[0].reveal();",
        "hook.secrets.iter().any(|secret| secret.reveal().eq(token));",
        "secrets.iter().any(|secret| token.eq_ignore_ascii_case(secret.reveal()));",
        "hook.secrets.iter().map(Secret::reveal).any(|known| known == token);",
        "hook.settings.list(\"pushkeys\").iter().any(|known| known == key);",
        "hook.settings.secrets(\"client_state\").iter().any(|known| known.as_bytes() == b);",
        "secret.reveal().as_bytes().cmp(token.as_bytes());",
        "let tag = sign::hmac(Hash::Sha256, key, &[body]);",
        "use ring::{digest, hmac};",
        "hmac::verify(&key, body, tag);",
    ] {
        assert!(!faults("slack.rs", bad).is_empty(), "{bad}");
    }
    for good in [
        "if sign::is_token(&hook.secrets, token) { Ok(()) }",
        "// secret.reveal() == token",
        "let kind = field::text(told, \"/type\") == Some(\"message\");\nsign::is_same(known.reveal(), token);",
        "#[cfg(test)]\nmod tests { fn f() { assert!(secret.reveal() == \"x\"); } }",
        "let is_signing = |secret: &&Secret| secret.reveal().starts_with(\"whsec_\");",
    ] {
        assert_eq!(faults("slack.rs", good), Vec::<String>::new(), "{good}");
    }
    assert!(faults("zoom.rs", "let tag = sign::hmac(Hash::Sha256, key, &[token]);").is_empty());
}
