//! The line to the running daemon: where it answers, and in whose zone its answers are shown. A configuration that has errors
//! does not cut it, since the daemon goes on with what it read before.

use std::path::PathBuf;

use super::shared::{Common, Ended, config_file, load};
use super::show;
use super::whom::{self, Zones};
use crate::civil::Zone;
use crate::config::environment::Environment;
use crate::config::ready::Config;
use crate::config::salvage::salvage;
use crate::control::client::{self, CallError};
use crate::control::socket;
use crate::control::wire::{Asked, Reply, Request};

/// Where the daemon answers, and what is known of the configuration.
#[derive(Debug)]
pub struct Line<'a> {
    common: &'a Common,
    socket: PathBuf,
    known: Known,
}

#[derive(Debug)]
enum Known {
    /// All of it.
    Whole(Box<Config>),
    /// It has errors, which were said; the zone where it could be read, and how the command ends when no daemon goes on.
    Broken(Option<Zone>, Ended),
}

impl<'a> Line<'a> {
    /// Reads the configuration, and says what is wrong with it.
    ///
    /// # Errors
    /// How the command ends when there is no such person, or nothing says where the daemon answers.
    pub async fn find(common: &'a Common) -> Result<Self, Ended> {
        match load(common).await {
            Ok(config) => {
                whom::all(&config, common)?;
                Ok(Self { common, socket: socket(&config.runtime), known: Known::Whole(Box::new(config)) })
            }
            Err(ended) => {
                let file = config_file(common);
                let found = salvage(&file, &Environment::for_file(&file));
                let runtime = found.runtime.ok_or(ended)?;
                Ok(Self { common, socket: socket(&runtime), known: Known::Broken(found.zone, ended) })
            }
        }
    }

    /// The configuration.
    ///
    /// # Errors
    /// How the command ends when it has errors.
    pub fn config(&self) -> Result<&Config, Ended> {
        match &self.known {
            Known::Whole(config) => Ok(config),
            Known::Broken(_, ended) => Err(*ended),
        }
    }

    /// Whose times are shown in which zone.
    pub fn zones(&self) -> Zones<'_> {
        match &self.known {
            Known::Whole(config) => Zones::of(whom::all(config, self.common).unwrap_or_default()),
            Known::Broken(zone, _) => Zones::of_all(zone.clone()),
        }
    }

    /// Makes sure that the command is about one person, as far as that can be told here: the daemon looks again.
    ///
    /// # Errors
    /// How the command ends when there are several.
    pub fn one(&self) -> Result<(), Ended> {
        match &self.known {
            Known::Whole(config) => whom::one(config, self.common).map(drop),
            Known::Broken(..) => Ok(()),
        }
    }

    /// The zone of the one person that the command is about.
    ///
    /// # Errors
    /// How the command ends when there are several, or the zone cannot be read.
    pub fn zone(&self) -> Result<Zone, Ended> {
        match &self.known {
            Known::Whole(config) => Ok(whom::one(config, self.common)?.desk.zone.clone()),
            Known::Broken(Some(zone), _) => Ok(zone.clone()),
            Known::Broken(None, ended) => Err(*ended),
        }
    }

    /// Asks about the persons that the command is about, without a word.
    ///
    /// # Errors
    /// When the daemon gives no reply.
    pub async fn call(&self, request: Request) -> Result<Reply, CallError> {
        let asked = Asked { person: self.common.person.clone(), request };
        client::ask(&self.socket, &asked).await
    }

    /// The same; where the configuration has errors, says that the daemon goes on all the same.
    ///
    /// # Errors
    /// When the daemon gives no reply.
    pub async fn reach(&self, request: Request) -> Result<Reply, CallError> {
        let reply = self.call(request).await;
        if matches!(self.known, Known::Broken(..))
            && !matches!(reply, Err(CallError::NotRunning(_) | CallError::TooLong(_)))
        {
            show::complain("the configuration has errors; the daemon goes on with what it read before");
        }
        reply
    }

    /// The same; says why there is no answer.
    ///
    /// # Errors
    /// None; `Err` is how the command ends when there is no answer that can be shown.
    pub async fn ask(&self, request: Request) -> Result<Reply, Ended> {
        let reply = self.reach(request).await;
        if let (Known::Broken(_, ended), Err(CallError::NotRunning(_) | CallError::TooLong(_))) = (&self.known, &reply)
        {
            return Err(*ended);
        }
        match reply {
            Ok(Reply::Refused { said }) => {
                show::complain(&said);
                Err(Ended::Refused)
            }
            Ok(reply) => Ok(reply),
            Err(error) => {
                show::complain(&error.to_string());
                Err(match error {
                    CallError::NotRunning(_) => Ended::NotRunning,
                    CallError::TooLong(_) => Ended::Usage,
                    CallError::NotAllowed(_) | CallError::Lost(_) | CallError::Unreadable => Ended::Refused,
                })
            }
        }
    }
}
