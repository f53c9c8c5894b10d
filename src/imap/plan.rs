//! What must be fetched: the stored cursor and the reply to SELECT, turned into a plan.

use super::session::Selected;
use crate::model::mailbox::{Cursor, Uid, UidValidity};

/// What is to be done with a mailbox that was just selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The mailbox was never taken.
    First,
    /// Nothing is new.
    Nothing,
    /// Everything from this UID on, without a gap.
    From(Uid),
    /// The cursor means nothing any more: every message is looked at again and found by its identity. This is never a first
    /// run: what lay there before the last sync stays unheld.
    Reset(Reset),
}

/// Why a cursor means nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Another UIDVALIDITY: recreated, restored, or its index was lost (RFC 2683 section 3.4.3).
    Renumbered,
    /// UIDNEXT went back under the same UIDVALIDITY, which it must not (RFC 3501 section 2.3.1.1).
    Lowered,
    /// The server gives no UIDVALIDITY: no UID outlives a session.
    Unnumbered,
}

/// What to fetch. UIDs below the cursor's `uid_next` have been taken; those from it on have not.
pub fn plan(cursor: Option<&Cursor>, selected: &Selected) -> Plan {
    let Some(cursor) = cursor else { return Plan::First };
    match selected.uid_validity {
        None => return Plan::Reset(Reset::Unnumbered),
        Some(validity) if validity != cursor.uid_validity => return Plan::Reset(Reset::Renumbered),
        Some(_) => {}
    }
    match selected.uid_next {
        Some(next) if next < cursor.uid_next => Plan::Reset(Reset::Lowered),
        Some(next) if next == cursor.uid_next => Plan::Nothing,
        _ if selected.exists == 0 => Plan::Nothing,
        // Without UIDNEXT only a look can tell.
        Some(_) | None => Plan::From(cursor.uid_next),
    }
}

/// How far the cursor may go once everything that was fetched is durable, the highest UID among it being `highest`: beyond
/// that UID, and to the UIDNEXT of the SELECT before the fetch, below which all there is was there to be fetched.
pub fn reach(cursor: Option<&Cursor>, selected: &Selected, highest: Option<Uid>) -> (UidValidity, Uid) {
    let validity = selected.uid_validity.unwrap_or(UidValidity(0));
    let taken = cursor.filter(|cursor| cursor.uid_validity == validity).map(|cursor| cursor.uid_next);
    let lowered = matches!(plan(cursor, selected), Plan::Reset(_));
    let beyond = highest.map(|Uid(uid)| Uid(uid.saturating_add(1)));
    let next = [taken.filter(|_| !lowered), selected.uid_next, beyond].into_iter().flatten().max();
    (validity, next.unwrap_or(Uid(1)))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Plan, Reset, plan, reach};
    use crate::imap::session::Selected;
    use crate::model::mailbox::{Cursor, Uid, UidValidity};

    fn cursor(validity: u32, next: u32) -> Cursor {
        Cursor { uid_validity: UidValidity(validity), uid_next: Uid(next), last_sync: Timestamp::UNIX_EPOCH }
    }

    fn selected(validity: u32, next: u32) -> Selected {
        Selected {
            uid_validity: Some(validity).filter(|&v| v > 0).map(UidValidity),
            uid_next: Some(next).filter(|&n| n > 0).map(Uid),
            exists: 3,
            read_only: false,
            keeps_keywords: true,
        }
    }

    fn check(validity: u32, next: u32, expected: Plan) {
        assert_eq!(plan(Some(&cursor(7, 10)), &selected(validity, next)), expected);
    }

    #[test]
    fn every_reply_has_its_plan() {
        assert_eq!(plan(None, &selected(7, 10)), Plan::First);
        check(7, 10, Plan::Nothing);
        check(7, 12, Plan::From(Uid(10)));
        check(7, 0, Plan::From(Uid(10)));
        check(7, 9, Plan::Reset(Reset::Lowered));
        check(8, 10, Plan::Reset(Reset::Renumbered));
        check(0, 10, Plan::Reset(Reset::Unnumbered));
        let empty = Selected { exists: 0, ..selected(7, 0) };
        assert_eq!(plan(Some(&cursor(7, 10)), &empty), Plan::Nothing);
    }

    #[test]
    fn the_cursor_goes_no_further_than_what_was_seen() {
        let go = |cursor: Option<&Cursor>, selected: &Selected, highest: Option<u32>| {
            reach(cursor, selected, highest.map(Uid)).1.0
        };
        let old = cursor(7, 10);
        assert_eq!(go(Some(&old), &selected(7, 12), Some(15)), 16);
        assert_eq!(go(Some(&old), &selected(7, 12), Some(10)), 12);
        assert_eq!(go(Some(&old), &selected(7, 0), None), 10);
        assert_eq!(go(Some(&old), &selected(7, 5), Some(3)), 5);
        assert_eq!(go(Some(&old), &selected(8, 2), Some(1)), 2);
        assert_eq!(go(None, &selected(7, 0), None), 1);
        assert_eq!(go(None, &selected(7, 0), Some(u32::MAX)), u32::MAX);
    }
}
