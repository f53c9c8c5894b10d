//! Backups of the running daemon, and forgetting what is done with.

use tracing::info;

use super::kit::{Operator, Trouble, Whom, one_item};
use crate::control::wire::Reply;
use crate::limits;
use crate::model::history::lesson::SenderKey;
use crate::model::message::Address;
use crate::model::name::PersonName;
use crate::store::change::Forgotten;

/// Writes a backup into the state folder, where whoever asked takes it from.
///
/// # Errors
/// When it cannot be written.
pub async fn write(operator: &Operator) -> Result<Reply, Trouble> {
    let written = operator.store.backup(operator.clock.now()).await;
    let written = written.map_err(|error| Trouble::Refused(error.to_string()))?;
    info!("a backup was written");
    Ok(Reply::Backup { path: written.path.display().to_string(), missing: written.missing })
}

/// Forgets an item, by the beginning of its id, or everything from an address.
///
/// # Errors
/// When there is no such item, or something is not delivered yet.
pub async fn forget(operator: &Operator, whom: &Whom, what: &str) -> Result<Reply, Trouble> {
    let done = if what.contains('@') {
        let mut all = Forgotten::default();
        for desk in &whom.desks {
            all.add(from_address(operator, &desk.person, what).await?);
        }
        if all == Forgotten::default() {
            return Err(Trouble::Refused(format!("nothing is known of \"{what}\"")));
        }
        all
    } else {
        let identity = one_item(operator, what)?;
        let item = operator.store.item(identity).await?.filter(|item| whom.includes(&item.person));
        let item = item.ok_or_else(|| Trouble::Refused(format!("no item of theirs has the id \"{what}\"")))?;
        operator.store.forget(&item.person, vec![identity]).await?
    };
    info!(gone = done.gone, waiting = done.waiting, busy = done.busy, "forgot by hand");
    let said = sentence(&done);
    if done.waiting + done.busy > 0 { Err(Trouble::Refused(said)) } else { Ok(Reply::Done { said }) }
}

/// Every trace of a sender: what a person's records keep of them is forgotten here and nowhere else.
async fn from_address(operator: &Operator, person: &PersonName, address: &str) -> Result<Forgotten, Trouble> {
    let mut done = Forgotten::default();
    for some in operator.store.known(person).chunks(limits::memory::VIEW_BATCH) {
        let items = operator.store.items(some.to_vec()).await?;
        let by = |sender: &Address| sender.address.eq_ignore_ascii_case(address);
        let theirs = items.into_iter().filter(|item| item.message.sender.as_ref().is_some_and(by));
        let theirs = theirs.map(|item| item.message.identity).collect();
        done.add(operator.store.forget(person, theirs).await?);
    }
    let sender = SenderKey::of(person, address);
    if operator.store.sender(person, sender).await?.is_some() {
        operator.store.forget_sender(person, sender).await?;
        done.senders += 1;
    }
    Ok(done)
}

fn sentence(done: &Forgotten) -> String {
    let mut said = match done.gone {
        0 if done.senders > 0 => "what was remembered of this sender is forgotten".to_owned(),
        1 => "1 item is forgotten, with the letters that named it".to_owned(),
        gone => format!("{gone} items are forgotten, with the letters that named them"),
    };
    if done.waiting > 0 {
        said.push_str(&format!(
            "; {} not delivered yet, and nothing undelivered is forgotten: `tidings held release` or `tidings held drop` comes first",
            so_many(done.waiting)
        ));
    }
    if done.busy > 0 {
        said.push_str(&format!(
            "; of {} something is still to be done in the mailbox: try again in a while",
            done.busy
        ));
    }
    said
}

fn so_many(count: usize) -> String {
    if count == 1 { "1 is".to_owned() } else { format!("{count} are") }
}
