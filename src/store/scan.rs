//! Reads the whole store once, record by record, and stops at the first that cannot be believed.

use super::engine::contract::{Engine, EngineError};
use super::fact::Fact;
use super::record;
use super::sum::Sum;
use crate::limits;

/// Shows every record to `visit`, in the order of the keys, and returns their sum.
///
/// # Errors
/// The engine's, a damaged record's, or what `visit` says; nothing is read after the first.
pub fn scan<E: From<EngineError>>(engine: &dyn Engine, mut visit: impl FnMut(Fact) -> Result<(), E>) -> Result<Sum, E> {
    let mut sum = Sum::default();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = engine.scan(&[], after.as_deref(), limits::memory::STORE_SCAN)?;
        for (key, value) in &page {
            let fact = record::fact(key, value).map_err(|damaged| EngineError::Damaged(damaged.to_string()))?;
            if let Some(fact) = fact {
                sum.add(key, value);
                visit(fact)?;
            }
        }
        match page.into_iter().last() {
            // An engine whose order is broken would be read in a circle.
            Some((key, _)) if after.as_ref().is_none_or(|after| *after < key) => after = Some(key),
            Some(_) => return Err(EngineError::Damaged("the records are not in order".to_owned()).into()),
            None => return Ok(sum),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::scan;
    use crate::model::name::{DigestName, PersonName};
    use crate::store::engine::contract::{Batch, Engine, EngineError, Pair};
    use crate::store::key::Key;
    use crate::store::record::{self, small};

    /// Gives the same answer to every scan, for ever, as sled's iterator does over a damaged page.
    #[derive(Debug)]
    struct Stuck(Result<Vec<Pair>, EngineError>, AtomicUsize);

    impl Engine for Stuck {
        fn value(&self, _: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
            Ok(None)
        }

        fn scan(&self, _: &[u8], _: Option<&[u8]>, _: usize) -> Result<Vec<Pair>, EngineError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.clone()
        }

        fn apply(&self, _: &Batch) -> Result<(), EngineError> {
            Ok(())
        }
    }

    fn slot(digest: &str) -> Pair {
        let key = Key::Slot(PersonName::new("me"), DigestName::new(digest)).bytes();
        let value = record::frame(&key, &small::write_instant(jiff::Timestamp::UNIX_EPOCH)).unwrap_or_default();
        (key, value)
    }

    fn check(answer: Result<Vec<Pair>, EngineError>, seen: usize, pages: usize) {
        let engine = Stuck(answer, AtomicUsize::new(0));
        let mut shown = 0;
        let result = scan(&engine, |_| {
            shown += 1;
            Ok::<(), EngineError>(())
        });
        assert!(matches!(result, Err(EngineError::Damaged(_))));
        assert_eq!((shown, engine.1.load(Ordering::Relaxed)), (seen, pages));
    }

    #[test]
    fn stops_at_the_first_error() {
        check(Err(EngineError::Damaged("page".to_owned())), 0, 1);
        let (key, _) = slot("b");
        check(Ok(vec![slot("a"), (key, vec![1, 2, 3]), slot("c")]), 1, 1);
        // A page that comes again and again.
        check(Ok(vec![slot("a"), slot("b")]), 4, 2);
    }
}
