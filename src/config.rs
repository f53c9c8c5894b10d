//! The configuration: what stands in its files, and what is meant by it.

pub mod description;
pub mod environment;
pub mod fault;
pub mod file;
pub mod hooks;
pub mod lint;
pub mod lower;
pub mod paper;
pub mod people;
pub mod reader;
pub mod ready;
pub mod salvage;
pub mod syntax;

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;

use crate::chat::proof::{self, Origin};
use crate::chat::registry;
use crate::limits;
use crate::secret::{Secret, SecretSource};
use environment::Environment;
use fault::{Fault, Weight};
use file::File;
use hooks::{Everybody, Main, Noted, Numbered, Somebody};
use lower::Lowered;
use lower::bench::Named;
use lower::claims::{self, Claim};
use paper::Paper;
use reader::At;
use ready::{Config, Declared, Person, Proves};

/// Reads and understands a configuration: the file, and those that its `people` names. Blocking.
///
/// # Errors
/// Every error of all files at once, each file's in its order: of one with errors of syntax those alone, since the rest may
/// be misread. Or the one reason why the main file cannot be read.
pub fn load(path: &Path, environment: &Environment) -> Result<Config, Vec<Fault>> {
    let mut main = Paper::open(path).map_err(|fault| vec![fault])?;
    let Some(mut file) = main.table(file::read) else { return Err(main.sorted(Weight::Error)) };
    let mut bench = main.bench(environment);
    let service = lower::service(&mut bench, &mut file);
    let shared = lower::hooks(&mut bench, std::mem::take(&mut file.chat));
    let first = file.person.take().map(|person| lower::person(&mut bench, person, (None, &[])));
    let secrets = std::mem::take(&mut bench.secrets);
    let mut read = Read { papers: vec![main], ..Read::default() };
    read.hooks.extend(shared.into_iter().map(|hook| (0, hook)));
    read.secrets(0, secrets);
    first.into_iter().for_each(|first| read.person(0, first));
    if let Some(pattern) = &file.people {
        read.people(path, pattern, environment);
    }
    read.names();
    read.claims();
    read.readers(&file, service.as_ref().and_then(|service| service.public_url.as_deref()));
    read.config(path, service)
}

/// The files as far as they are read.
#[derive(Default)]
struct Read {
    /// The main file, then those of people.
    papers: Vec<Paper>,
    /// Each person with the number of their file.
    people: Vec<(usize, Lowered)>,
    /// Each hook with the number of its file, in the order of the files.
    hooks: Vec<Numbered>,
    /// The names of the files of people, be they right or wrong.
    stems: Vec<String>,
    secrets: Vec<Declared>,
    unreadable: Vec<Fault>,
}

impl Read {
    fn secrets(&mut self, file: usize, secrets: Vec<Named>) {
        let Some(Paper { text, .. }) = self.papers.get(file) else { return };
        let declared = |Named { prefix, offset, source, proves }| {
            let (file, position) = (text.file.clone(), text.position(offset));
            Declared { prefix, file, position, source, proves }
        };
        self.secrets.extend(secrets.into_iter().map(declared));
    }

    fn person(&mut self, file: usize, mut person: Lowered) {
        self.hooks.extend(std::mem::take(&mut person.hooks).into_iter().map(|hook| (file, hook)));
        self.people.push((file, person));
    }

    /// Reads the files of people, one after the other.
    fn people(&mut self, main: &Path, pattern: &At<String>, environment: &Environment) {
        let Some(first) = self.papers.first_mut() else { return };
        let mut bytes = 0_usize;
        let shared: Vec<_> = self.hooks.iter().map(|(_, hook)| hook.clone()).collect();
        for named in people::files(main, pattern, &mut first.faults) {
            self.stems.push(named.stem.clone());
            let mut paper = match Paper::open(&named.path) {
                Ok(paper) => paper,
                Err(fault) => {
                    self.unreadable.push(fault);
                    continue;
                }
            };
            bytes = bytes.saturating_add(paper.text.source.len());
            if bytes > limits::front::CONFIG_PEOPLE_BYTES {
                let most = limits::front::CONFIG_PEOPLE_BYTES;
                self.error(0, pattern.offset, format!("\"people\" names files of more than {most} bytes together"));
                return;
            }
            let number = self.papers.len();
            let mut secrets = Vec::new();
            if let Some(file) = paper.table(file::read_person) {
                let mut bench = paper.bench(environment);
                let person = lower::person(&mut bench, file, (Some(&named.stem), &shared));
                secrets = bench.secrets;
                self.person(number, person);
            }
            self.papers.push(paper);
            self.secrets(number, secrets);
        }
    }

    fn error(&mut self, file: usize, offset: usize, text: String) {
        if let Some(paper) = self.papers.get_mut(file) {
            paper.faults.error(offset, text);
        }
    }

    fn place(&self, file: usize, offset: usize) -> String {
        self.papers.get(file).map_or_else(String::new, |paper| paper.place(offset))
    }

    /// Each person has a name of their own. Case does not count: files are named alike on some disks.
    fn names(&mut self) {
        let mut seen: HashMap<String, (usize, usize)> = HashMap::new();
        let mut twice = Vec::new();
        for (file, id) in self.people.iter().filter_map(|(file, person)| Some((*file, person.id.as_ref()?))) {
            match seen.get(&id.value.as_str().to_lowercase()) {
                Some(first) => twice.push((*first, (file, id.clone()))),
                None => drop(seen.insert(id.value.as_str().to_lowercase(), (file, id.offset))),
            }
        }
        for ((other, other_offset), (file, id)) in twice {
            let other = self.place(other, other_offset);
            let text = format!("the person \"{}\" has the name of the one in {other}; give each their own", id.value);
            self.error(file, id.offset, text);
        }
    }

    /// No two accounts work on one mailbox.
    fn claims(&mut self) {
        let claims: Vec<&[Claim]> = self.people.iter().map(|(_, person)| person.claims.as_slice()).collect();
        let clashes = claims::clashes(&claims);
        let file = |person: usize| self.people.get(person).map_or(0, |(file, _)| *file);
        let located: Vec<_> =
            clashes.into_iter().map(|clash| (file(clash.file), file(clash.other_file), clash)).collect();
        for (file, other, clash) in located {
            let place =
                if file == other { String::new() } else { format!(" in {}", self.place(other, clash.other_offset)) };
            self.error(file, clash.offset, format!("{}{place}; {}", clash.text, clash.advice));
        }
    }

    /// Each hook has a name of its own, and is for somebody.
    fn readers(&mut self, main: &File, public_url: Option<&str>) {
        let main_is_somebodys = self.people.iter().any(|(file, _)| *file == 0);
        let people = self.people.iter().filter_map(|(file, person)| {
            let (id, accounts, ids) = (&person.id.as_ref()?.value, &person.accounts, &person.ids);
            Some(Somebody { file: *file, id, accounts, ids })
        });
        let main_file = match (main_is_somebodys, &main.people) {
            (true, None) => Main::OnlyPerson,
            (true, Some(_)) => Main::FirstPerson,
            (false, _) => Main::Nobody,
        };
        let everybody = Everybody { people: people.collect(), stems: &self.stems, main: main_file };
        let mut all = hooks::readers(&mut self.hooks, &everybody);
        all.extend(hooks::listener(&self.hooks, main.given, public_url));
        for Noted { file, offset, weight, text, other, advice } in all {
            let other = other.filter(|(other, _)| *other != file);
            let place = other.map_or_else(String::new, |(other, offset)| format!(" in {}", self.place(other, offset)));
            let text = format!("{text}{place}; {advice}");
            match (weight, self.papers.get_mut(file)) {
                (Weight::Error, _) => self.error(file, offset, text),
                (_, Some(paper)) => paper.faults.warn(offset, text),
                (_, None) => {}
            }
        }
    }

    fn config(mut self, path: &Path, service: Option<lower::Service>) -> Result<Config, Vec<Fault>> {
        if self.people.is_empty() {
            let nobody = "there is nobody: no file of people, and no [me] here; write one";
            self.papers.iter_mut().take(1).for_each(|paper| paper.faults.warn(0, nobody));
        }
        let of = |weight| self.papers.iter().flat_map(move |paper| paper.sorted(weight)).collect::<Vec<_>>();
        let (mut errors, warnings) = (of(Weight::Error), of(Weight::Warning));
        errors.append(&mut self.unreadable);
        let ready = |(_, person): (usize, Lowered)| Some(Person { desk: person.desk?, accounts: person.accounts });
        let people: Option<Vec<Person>> = self.people.into_iter().map(ready).collect();
        let hooks: Option<Vec<_>> = self.hooks.into_iter().map(|(_, hook)| hook.settings).collect();
        match (errors.is_empty(), service, people.zip(hooks)) {
            (true, Some(service), Some((people, hooks))) => Ok(Config {
                file: path.to_owned(),
                state: service.folders.state,
                runtime: service.folders.runtime,
                listen: service.listen,
                public_url: service.public_url,
                hooks,
                way_out: service.way_out,
                from: service.from,
                people,
                secrets: self.secrets,
                warnings,
            }),
            (true, ..) => {
                let text =
                    "the configuration cannot be used, and nothing says why: a fault of tidings; please report it";
                let fault =
                    Fault { file: path.to_owned(), position: None, weight: Weight::Error, text: text.to_owned() };
                Err(vec![fault])
            }
            (false, ..) => Err(errors),
        }
    }
}

/// How the note about a secret's command ends.
pub const COMMAND_NOT_RUN: &str = "is not run here; `check --connect` runs it";

/// Who asks whether secrets can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// The daemon: what it does not have now it never will.
    Daemon,
    /// A person at a shell, which is given no credentials.
    Shell,
}

/// Looks whether each secret can be had: errors for those that cannot, and notes for those that cannot be looked at from
/// here (credentials outside the unit, and commands, which only a connection runs); warnings of those that prove requests
/// and are too short. In the order of the files.
pub async fn check_secrets(config: &Config, asker: Asker) -> Vec<Fault> {
    let mut faults = Vec::new();
    for declared in &config.secrets {
        let (weight, text) = match &declared.source {
            SecretSource::Credential { directory: None, name } if asker == Asker::Shell => {
                (Weight::Note, format!("the credential {name:?} is not checked here, outside the unit"))
            }
            // No connection needs it, and whoever checks may not be who runs it.
            SecretSource::Command(_) if declared.proves.is_some() => {
                (Weight::Note, "the command is not run here; the daemon runs it at its start".to_owned())
            }
            SecretSource::Command(_) => (Weight::Note, format!("the command {COMMAND_NOT_RUN}")),
            source => match source.read().await {
                Ok(secret) => match judged(declared.proves, &secret) {
                    Some(judged) => judged,
                    None => continue,
                },
                Err(error) => (Weight::Error, error.to_string()),
            },
        };
        let text = format!("{}{text}", declared.prefix);
        faults.push(Fault { file: declared.file.clone(), position: Some(declared.position), weight, text });
    }
    faults
}

/// What is wrong with a secret that proves requests; `None`: nothing that can be seen.
fn judged(proves: Option<Proves>, secret: &Secret) -> Option<(Weight, String)> {
    let Proves { kind, origin } = proves?;
    let in_address = || proof::unfit_for_address(secret.reveal()).filter(|_| origin == Origin::Address);
    let unfit = registry::service(kind).unfit(secret.reveal()).or_else(in_address);
    if let Some(why) = unfit {
        return Some((Weight::Error, format!("the secret {why}")));
    }
    let is_weak = origin.is_ours() && proof::is_weak(secret.reveal());
    let text = "the secret is shorter than 24 random bytes are; give another one, there and here: `openssl rand -hex 24` makes one";
    is_weak.then(|| (Weight::Warning, text.to_owned()))
}

/// What cannot be used any more as time goes by: files of holidays that are all past. In the order of the configuration.
pub fn outdated(config: &Config, now: Timestamp) -> Vec<Fault> {
    let mut faults = Vec::new();
    for desk in config.people.iter().map(|person| &person.desk) {
        let today = desk.zone.local(now).date();
        for calendar in desk.almanac.calendars.iter().filter(|calendar| calendar.unread.is_none()) {
            let Some(why) = calendar.trouble(today) else { continue };
            let text = format!("holidays of {}: {why}; until then its days count as ordinary ones", desk.person);
            faults.push(Fault { file: calendar.path.clone(), position: None, weight: Weight::Warning, text });
        }
    }
    faults
}

/// The configuration as it was understood, for people; no secret is in it. Of holidays, those from `now` on.
pub fn describe(config: &Config, now: Timestamp) -> String {
    description::describe(config, now)
}
