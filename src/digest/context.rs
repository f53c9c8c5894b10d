//! What the templates see: ready words, already cleaned; nothing is left for a template to decide but where they stand.

use serde::Serialize;

/// One part of an edition.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Page {
    /// The heading, without a part's number.
    pub title: String,
    /// What kind of letter it is: `Tidings · workdays`.
    pub kind: String,
    /// For whom, when, in which zone.
    pub about: Vec<String>,
    /// What mail programs show of a letter beside its subject: who wants what.
    pub preheader: String,
    /// What is in it, one sentence each.
    pub lead: Vec<String>,
    /// By what is asked.
    pub sections: Vec<Section>,
    /// What is over.
    pub folded: Option<Folded>,
    /// What is to be known beside it, one sentence each.
    pub footer: Vec<String>,
}

/// What is over: counted, and what was settled is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Folded {
    /// How much of what, one sentence.
    pub said: String,
    /// Subjects; the last one may say how many more there are.
    pub names: Vec<String>,
}

/// The groups of one tier.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Section {
    /// `you`, `talk`, `notice` or `rest`: a class of our own style.
    pub class: &'static str,
    /// Its heading; `None` where there is one tier only.
    pub title: Option<&'static str>,
    /// How many messages.
    pub count: String,
    /// In order.
    pub cards: Vec<Card>,
}

/// One group.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Card {
    /// Whether it was urgent, and could not pass.
    pub urgent: bool,
    /// The heading; `None` for one item by itself.
    pub title: Option<String>,
    /// The address behind the heading, for the mail of one sender.
    pub address: Option<String>,
    /// How many messages of what.
    pub count: String,
    /// Why all of them waited, where the reason is one; else each says so.
    pub why: Option<String>,
    /// In order; never empty.
    pub entries: Vec<Entry>,
}

/// One item.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Entry {
    /// The subject; `None` where the group's heading says it.
    pub subject: Option<String>,
    /// A `mid:` URL or an address of the webmail, percent-encoded; `None` where there is no Message-ID. Of chat, where it was said.
    pub href: Option<String>,
    /// The other channel by which it came, too.
    pub also: Option<Also>,
    /// A `mailto:` URL by which it is answered, percent-encoded.
    pub answer: Option<String>,
    /// The sender's name; `None` where it is not known or the heading says it.
    pub name: Option<String>,
    /// The sender's address, likewise.
    pub address: Option<String>,
    /// When it came.
    pub when: String,
    /// The first lines.
    pub excerpt: Option<String>,
    /// Title and time of an invitation.
    pub event: Option<String>,
    /// Names and sizes.
    pub attached: Option<String>,
    /// What to beware of, one sentence each.
    pub marks: Vec<String>,
    /// Why it waited; `None` where the group says it.
    pub why: Option<String>,
}

/// The other of two channels by which one thing came.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Also {
    /// `also by mail`, `also by github`.
    pub words: String,
    /// Where it is seen there, like an entry's.
    pub href: Option<String>,
}

/// What a subject's template sees.
#[derive(Clone, Debug, Serialize)]
pub struct Subject {
    /// Messages that the edition shows; where all is over, the things that settled.
    pub count: usize,
    /// The same in words: `1 thing`, `16 things`, `3 settled things`, `1 expired code`.
    pub things: String,
    /// Who wants what, first of all; nothing where nothing is for the reader.
    pub top: String,
    /// `Wednesday 13 January`.
    pub day: String,
    /// The digest's name.
    pub name: String,
    /// `[me] name`, or nothing.
    pub person: String,
}

impl Entry {
    /// How many lines it has beside its subject and its sender.
    pub fn lines(&self) -> usize {
        let optional = [&self.excerpt, &self.event, &self.attached, &self.why];
        optional.into_iter().flatten().count() + self.marks.len()
    }

    /// All its words, for reckoning how much room they take.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let optional =
            [&self.subject, &self.name, &self.address, &self.excerpt, &self.event, &self.attached, &self.why];
        let also = self.also.iter().map(|also| &also.words);
        optional.into_iter().flatten().chain([&self.when]).chain(also).chain(&self.marks).map(String::as_str)
    }
}
