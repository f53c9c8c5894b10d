//! False alarms over the shared corpus: what share of a kind of mail that nobody waits for is let through.
//!
//! Nobody has labelled these mails. `tests/calibrate/alarms.py` names those of any kind that are let through.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::rig::daemon::{Home, INTO_FOLDER, YEARLY};

/// Less than this share of a kind may pass, codes aside.
const BARS: [(&str, f64); 3] = [("list", 0.02), ("newsletter", 0.02), ("spam", 0.005)];
/// A code is waited for, whoever sends it.
const CODE: &str = "one_time_code";

#[test]
fn mail_that_nobody_waits_for_is_held() {
    let shared = std::env::var_os("TIDINGS_SHARED").unwrap_or_else(|| "../shared".into());
    let corpus = Path::new(&shared).join("corpus");
    if !corpus.is_dir() {
        println!("not run: no folder \"{}\"", corpus.display());
        return;
    }
    // Its reader is nobody of these mails, and has no rules.
    let home = Home::new();
    let account = "[[account]]\nname = \"local\"\nmaildir = \"Mail\"\n";
    home.configure(&[
        "timezone = \"Etc/UTC\"\n[me]\naddresses = [\"reader@test.example\"]\n",
        INTO_FOLDER,
        account,
        YEARLY,
    ]);
    for (kind, bar) in BARS {
        let mails = mails(&corpus.canonicalize().unwrap().join(kind));
        let through: Vec<String> = judged(&home, &mails).iter().filter(|item| passes(item)).map(told).collect();
        let (passing, all) = (through.len() as f64, mails.len() as f64);
        assert!(all > 20.0, "there is hardly any {kind}");
        assert!(passing < bar * all, "{passing} of {all} {kind} pass:\n{}", through.join("\n"));
    }
}

fn mails(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|end| end == "eml")).collect()
}

fn judged(home: &Home, mails: &[PathBuf]) -> Vec<Value> {
    let words = ["replay", "--json", "--items"].into_iter().chain(mails.iter().map(|mail| mail.to_str().unwrap()));
    let (code, out, err) = home.run(&words.collect::<Vec<_>>());
    assert_eq!(code, 0, "{err}");
    let told: Value = serde_json::from_str(&out).unwrap();
    let items = told["items"].as_array().unwrap().clone();
    assert_eq!((items.len(), &told["unreadable"]), (mails.len(), &Value::from(0)));
    items
}

fn passes(item: &Value) -> bool {
    let is_code = item["signals"].as_array().unwrap().iter().any(|signal| signal["name"] == CODE);
    !is_code && ["urgent", "critical"].iter().any(|level| item["urgency"] == *level)
}

/// Its id and signals: of whom it is stays where it is.
fn told(item: &Value) -> String {
    format!("{}: {}", item["id"], item["signals"])
}
