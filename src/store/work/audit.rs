//! The conservation check: everything counted anew from the records, and compared with the index.

use crate::model::item::Standing;
use crate::store::engine::contract::EngineError;
use crate::store::fact::{Course, Fact};
use crate::store::house::House;
use crate::store::index::Index;
use crate::store::scan::scan;
use crate::store::sum::Sum;
use crate::store::view::{Audit, Counts};

/// Reads every record. A sum that is not the one written with the last batch is damage, like a record that cannot be read.
pub fn audit(house: &House, index: &Index) -> Result<Audit, EngineError> {
    let mut found = Counts::default();
    let mut strange = 0;
    let sum = scan(&*house.engine, |fact| {
        count(&mut found, &fact, index);
        strange += usize::from(!agrees(&fact, index));
        Ok::<(), EngineError>(())
    })?;
    if !Sum::read(&*house.engine)?.agrees(&sum) {
        return Err(EngineError::Damaged("records are missing".to_owned()));
    }
    Ok(Audit { counts: index.counts(), found, strange })
}

fn count(found: &mut Counts, fact: &Fact, index: &Index) {
    match fact {
        Fact::Item(item) => match item.standing {
            Standing::Waiting if index.items.edition(item.identity) != 0 => found.sealed += 1,
            Standing::Waiting => found.held += 1,
            Standing::Passed { .. } => found.passed += 1,
            Standing::Settled { .. } => found.settled += 1,
        },
        Fact::Errand(_) => found.errands += 1,
        Fact::Letter(letter) => match letter.course {
            Course::Open => found.outbox += 1,
            Course::Uncertain => {
                found.outbox += 1;
                found.uncertain += 1;
            }
            Course::Failed => found.failed += 1,
            Course::Accepted => {}
        },
        Fact::Edition(_) | Fact::Cursor(..) | Fact::Slot(..) | Fact::Pause(..) | Fact::Gone(_) => {}
        Fact::Thread(_) | Fact::Sender(_) | Fact::Study(..) | Fact::Hook(..) | Fact::HookName(..) => {}
    }
}

fn agrees(fact: &Fact, index: &Index) -> bool {
    match fact {
        Fact::Item(item) => index.items.agrees(item),
        Fact::Errand(errand) => index.errands.get(errand.id) == Some(errand),
        Fact::Letter(letter) => index.outbox.letter(letter.id) == Some(letter),
        Fact::Edition(edition) => index.outbox.edition(edition.id).map(|issue| &issue.fact) == Some(edition),
        Fact::Thread(thread) => index.histories.agrees_thread(thread),
        Fact::Sender(sender) => index.histories.agrees_sender(sender),
        Fact::HookName(hook, id, name) => index.hook_names.knows(hook, *id, name),
        Fact::Study(..) | Fact::Cursor(..) | Fact::Slot(..) | Fact::Pause(..) | Fact::Hook(..) | Fact::Gone(_) => true,
    }
}
