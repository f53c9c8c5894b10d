//! Reads OpenMetrics text, and takes nothing that the standard does not allow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

/// What one scrape showed.
#[derive(Debug, Default)]
pub struct Scrape {
    /// Each series as it stands, `name{label="value"}`, with its value.
    pub series: BTreeMap<String, f64>,
    /// The names of its samples.
    pub names: BTreeSet<String>,
    /// Each label with each value.
    pub labels: BTreeSet<(String, String)>,
}

impl Scrape {
    /// The sum of all series of this name whose labels hold all of these, written `label="value"`.
    ///
    /// # Panics
    /// When there is none.
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let is_meant = |series: &str| {
            let (found, rest) = series.split_once('{').unwrap_or((series, ""));
            found == name && labels.iter().all(|label| rest.contains(label))
        };
        let mut values = self.series.iter().filter(|(series, _)| is_meant(series)).map(|(_, value)| *value).peekable();
        assert!(values.peek().is_some(), "no {name} with {labels:?} in {:#?}", self.series.keys());
        values.sum()
    }
}

/// Reads a whole text.
///
/// # Panics
/// At the first line that is not as the standard says.
pub fn read(text: &str) -> Scrape {
    let sample =
        Regex::new(r#"^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$"#).unwrap();
    let label = Regex::new(r#"([a-z_]+)="((?:[^"\\]|\\.)*)""#).unwrap();
    assert!(text.ends_with("\n# EOF\n"), "it does not end with # EOF");
    let mut scrape = Scrape::default();
    let (mut family, mut kind) = (String::new(), String::new());
    let mut families = BTreeSet::new();
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(about) = line.strip_prefix("# ") {
            let words: Vec<&str> = about.splitn(3, ' ').collect();
            match words[0] {
                "HELP" => {
                    family = words[1].to_owned();
                    assert!(families.insert(family.clone()), "{family} comes twice");
                    assert!(words[2].ends_with('.'), "{line}");
                }
                "TYPE" => kind = words[2].to_owned(),
                "UNIT" => assert!(family.ends_with(&format!("_{}", words[2])), "{line}"),
                _ => panic!("{line}"),
            }
            assert_eq!(words[1], family, "{line}");
            continue;
        }
        let found = sample.captures(line).unwrap_or_else(|| panic!("no sample: {line}"));
        let (name, value) = (&found[1], &found[3]);
        let ends: &[&str] = match kind.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "info" => &["_info"],
            "histogram" => &["_bucket", "_count", "_sum"],
            other => panic!("a family of type {other:?}"),
        };
        assert!(ends.iter().any(|end| name == format!("{family}{end}")), "{name} stands under {family}");
        assert!(matches!(value.parse::<f64>(), Ok(value) if value.is_finite()), "{line}");
        if kind == "counter" || kind == "histogram" {
            assert!(value.parse::<f64>().unwrap() >= 0.0, "{line}");
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(scrape.series.insert(series.to_owned(), value.parse().unwrap()).is_none(), "{series} comes twice");
        scrape.names.insert(name.to_owned());
        let labels = found.get(2).map_or("", |labels| labels.as_str());
        scrape.labels.extend(label.captures_iter(labels).map(|one| (one[1].to_owned(), one[2].to_owned())));
    }
    scrape
}
