//! Forgetting: items that are delivered or settled, and every letter that has named them.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::model::identity::Identity;
use crate::model::item::Standing;
use crate::model::name::PersonName;
use crate::store::change::Forgotten;
use crate::store::draft::{Draft, Fault};
use crate::store::fact::{Course, EditionFact};
use crate::store::key::Key;
use crate::store::record::small;

/// Removes these items of a person, and the editions that named them with their letters: their files are then named by
/// nothing. What waits, or has something to be done in its mailbox, stays as it is.
pub fn forget(draft: &mut Draft<'_>, person: &PersonName, items: &[Identity]) -> Result<Forgotten, Fault> {
    let (mut done, mut gone) = (Forgotten::default(), HashSet::new());
    for identity in items {
        let Some((_, item)) = draft.item(*identity)?.filter(|(_, item)| item.person == *person) else { continue };
        if item.standing == Standing::Waiting {
            done.waiting += 1;
        } else if draft.index.items.edition(*identity) != 0 || draft.index.errands.any_about(identity.0) {
            done.busy += 1;
        } else {
            draft.delete(Key::Item(person.clone(), *identity));
            gone.insert(*identity);
            done.gone += 1;
        }
    }
    if !gone.is_empty() {
        for edition in naming(draft, person, &gone)? {
            draft.touch(edition.id.0);
            for letter in &edition.letters {
                draft.touch(letter.0);
                draft.delete(Key::Letter(person.clone(), *letter));
            }
            draft.delete(Key::Edition(person.clone(), edition.id));
        }
    }
    Ok(done)
}

/// The ended editions that name one of these. A letter that is still to be sent keeps its own: what it names waits, or is
/// in other hands by now, and retention ends it.
fn naming(draft: &Draft<'_>, person: &PersonName, gone: &HashSet<Identity>) -> Result<Vec<EditionFact>, Fault> {
    let index = draft.index;
    let open = |fact: &EditionFact| {
        let mut letters = fact.letters.iter().filter_map(|id| index.outbox.letter(*id));
        letters.any(|letter| matches!(letter.course, Course::Open | Course::Uncertain))
    };
    let mut naming = Vec::new();
    for issue in index.outbox.ended(person, Timestamp::MAX).filter(|issue| !open(&issue.fact)) {
        // A list that is damaged says nothing any more, and keeps nothing.
        let Ok(file) = draft.house.spool.read(&issue.fact.manifest) else { continue };
        if small::read_manifest(&file)?.iter().any(|item| gone.contains(item)) {
            naming.push(issue.fact.clone());
        }
    }
    Ok(naming)
}
