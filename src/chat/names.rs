//! By which names a service calls the ids that it speaks of: those of the configuration, then those it has told itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::event::Event;
use crate::limits;
use crate::model::identity::Id;
use crate::text;

/// Names that a service has told, by the `key` of their id.
pub type Told = BTreeMap<Id, String>;

/// The names that one hook knows. Cheap to clone.
#[derive(Clone, Default)]
pub struct Names {
    configured: Arc<BTreeMap<String, String>>,
    told: Arc<Told>,
}

/// Somebody's or something's id, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// The service's id of a person or a channel.
    pub id: String,
    /// Its name, as people see it there.
    pub name: String,
}

impl Names {
    /// What an id is called; what the configuration says goes before what the service has told.
    pub fn of(&self, id: &str) -> Option<&str> {
        self.configured.get(id).or_else(|| self.told.get(&key(id))).map(String::as_str)
    }

    /// The same, with what the service has told by now.
    #[must_use]
    pub fn with(&self, told: Arc<Told>) -> Self {
        Self { configured: Arc::clone(&self.configured), told }
    }

    /// The same, with this news.
    #[must_use]
    pub fn knowing(&self, news: &[(Id, String)]) -> Self {
        if news.is_empty() {
            return self.clone();
        }
        let mut told = Told::clone(&self.told);
        told.extend(news.iter().cloned());
        self.with(Arc::new(told))
    }

    /// What of these introductions and events is news, ready to be kept: clean, bounded, the last name of each id. What the
    /// configuration calls otherwise is none.
    pub fn news(&self, introductions: Vec<Introduction>, events: &[Event]) -> Vec<(Id, String)> {
        let pair = |id: &Option<String>, name: &Option<String>| {
            id.clone().zip(name.clone()).map(|(id, name)| Introduction { id, name })
        };
        let told = events.iter().flat_map(|event| {
            let (sender, channel) = (&event.sender, &event.channel);
            [pair(&sender.id, &sender.name), pair(&channel.id, &channel.name)]
        });
        let mut news = Told::new();
        for Introduction { id, name } in introductions.into_iter().chain(told.flatten()) {
            let name = text::excerpt(&name, limits::mail::MAIL_NAME_CHARS);
            let is_known = self.configured.contains_key(&id) || self.told.get(&key(&id)) == Some(&name);
            if name.is_empty() || name == id || is_known {
                news.remove(&key(&id));
            } else if news.len() < limits::judgement::HOOK_LIST {
                news.insert(key(&id), name);
            }
        }
        news.into_iter().collect()
    }
}

impl From<BTreeMap<String, String>> for Names {
    fn from(configured: BTreeMap<String, String>) -> Self {
        Self { configured: Arc::new(configured), told: Arc::default() }
    }
}

/// Prints counts only: the names are those of people.
impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { configured, told } = self;
        f.debug_struct("Names").field("configured", &configured.len()).field("told", &told.len()).finish()
    }
}

/// Under what a name is kept.
fn key(id: &str) -> Id {
    Id::of(&[b"named", id.as_bytes()])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::{Introduction, Names};
    use crate::chat::event::{Channel, Event, Sender};

    fn introduction(id: &str, name: &str) -> Introduction {
        Introduction { id: id.to_owned(), name: name.to_owned() }
    }

    fn said(id: &str, name: Option<&str>) -> Event {
        let sender = Sender { id: Some(id.to_owned()), name: name.map(str::to_owned), ..Sender::default() };
        Event { sender, ..Event::default() }
    }

    fn configured() -> Names {
        Names::from(BTreeMap::from([("U1".to_owned(), "Ada".to_owned())]))
    }

    #[test]
    fn what_was_told_is_known_and_the_configuration_goes_before_it() {
        let told = configured().news(vec![introduction("U2", "ben"), introduction("U1", "countess")], &[]);
        let names = configured().with(Arc::new(told.into_iter().collect()));
        assert_eq!((names.of("U1"), names.of("U2"), names.of("U3")), (Some("Ada"), Some("ben"), None));
    }

    #[test]
    fn events_tell_who_and_where_and_only_news_is_kept() {
        let channel = Channel { id: Some("C1".to_owned()), name: Some("#ops".to_owned()), ..Channel::default() };
        let events = [Event { channel, ..said("U2", Some("ben")) }, said("U3", None), said("U4", Some("U4"))];
        let told = configured().news(Vec::new(), &events);
        assert_eq!(told.len(), 2);
        let names = configured().with(Arc::new(told.into_iter().collect()));
        assert_eq!((names.of("U2"), names.of("C1")), (Some("ben"), Some("#ops")));
        assert!(names.news(Vec::new(), &events).is_empty());
        let other = names.news(vec![introduction("U2", "Benjamin")], &[]);
        assert_eq!(other.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["Benjamin"]);
    }

    #[test]
    fn a_name_is_one_clean_line() {
        let told = configured().news(vec![introduction("U2", "b\u{202e}e\nn\0"), introduction("U3", " \t")], &[]);
        assert_eq!(told.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["be n"]);
    }
}
