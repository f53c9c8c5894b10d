//! Which person a command is about.

use jiff::tz::TimeZone;

use super::shared::{Common, Ended};
use super::show;
use crate::civil::Zone;
use crate::config::fault;
use crate::config::ready::{Config, Person};
use crate::model::name::PersonName;

/// The person that `--person` names, else everybody.
///
/// # Errors
/// How the command ends when there is no such person.
pub fn all<'c>(config: &'c Config, common: &Common) -> Result<Vec<&'c Person>, Ended> {
    let Some(name) = &common.person else { return Ok(config.people.iter().collect()) };
    if let Some(person) = config.person(&PersonName::new(name.as_str())) {
        return Ok(vec![person]);
    }
    let names = names(config);
    let advice = format!("there are: {}", names.join(", "));
    show::complain(&format!("there is no person {name:?}; {}", fault::meant(name, names.iter().copied(), advice)));
    Err(Ended::Usage)
}

/// The one person that the command can be about.
///
/// # Errors
/// How the command ends when there are several, or nobody.
pub fn one<'c>(config: &'c Config, common: &Common) -> Result<&'c Person, Ended> {
    match all(config, common)?.as_slice() {
        [one] => Ok(one),
        [] => {
            show::complain("there is nobody in the configuration");
            Err(Ended::Usage)
        }
        _ => {
            show::complain(&format!("which person: {}? write --person NAME", names(config).join(", ")));
            Err(Ended::Usage)
        }
    }
}

fn names(config: &Config) -> Vec<&str> {
    config.people.iter().map(|person| person.desk.person.as_str()).collect()
}

/// Whose times are shown: each person's in their own zone.
#[derive(Debug)]
pub struct Zones<'c> {
    people: Vec<&'c Person>,
    spare: Zone,
}

impl<'c> Zones<'c> {
    /// The zones of these persons.
    pub fn of(people: Vec<&'c Person>) -> Self {
        Self { people, spare: Zone { name: "UTC".to_owned(), rules: TimeZone::UTC } }
    }

    /// One zone for everybody, where the configuration cannot be read.
    pub fn of_all(zone: Option<Zone>) -> Self {
        let none = Self::of(Vec::new());
        Self { spare: zone.unwrap_or(none.spare), ..none }
    }

    /// The zone of a person; of one who is not in the configuration, that of the first.
    pub fn of_person(&self, name: &str) -> &Zone {
        let theirs = self.people.iter().find(|person| person.desk.person.as_str() == name);
        theirs.or(self.people.first()).map_or(&self.spare, |person| &person.desk.zone)
    }

    /// Whether a list says whose each line is.
    pub fn are_several(&self) -> bool {
        self.people.len() > 1
    }
}
