//! The same work on many things, on all processors: answers come in the order of the things, and memory is bounded.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Builder, Scope};

use crate::limits;

/// Some things, and their place in the row.
type Batch<T> = (usize, Vec<T>);

/// Takes what `feed` gives, lets `work` work on it, and shows every answer to `sink`, in order, on the calling thread. At
/// most `limits::front::REPLAY_AHEAD` batches for each thread are under way. What runs here must not panic.
///
/// # Errors
/// When no thread can be had.
pub fn ordered<T: Send, R: Send>(
    threads: usize,
    feed: impl FnOnce(&mut dyn FnMut(T)) + Send,
    work: impl Fn(T) -> R + Sync,
    mut sink: impl FnMut(R),
) -> io::Result<()> {
    let ahead = threads.max(1) * limits::front::REPLAY_AHEAD;
    let (batches, waiting) = sync_channel::<Batch<T>>(ahead);
    let (answers, answered) = sync_channel::<Batch<R>>(ahead);
    // A batch may begin when an earlier one has been shown: what waits for a slow one before it is bounded, too.
    let (shown, begin) = sync_channel::<()>(ahead);
    for _ in 0..ahead {
        let _ = shown.send(());
    }
    let (waiting, work) = (Mutex::new(waiting), &work);
    let waiting = &waiting;
    // What is moved into here is let go of when this ends, however it ends: then no thread waits for another.
    thread::scope(move |scope| {
        for _ in 0..threads.max(1) {
            let answers = answers.clone();
            spawn(scope, move || {
                while let Some((number, things)) = next(waiting) {
                    if answers.send((number, things.into_iter().map(work).collect())).is_err() {
                        break;
                    }
                }
            })?;
        }
        drop(answers);
        spawn(scope, move || give(feed, batches, begin))?;
        let mut early = BTreeMap::new();
        let mut expected = 0;
        for (number, told) in answered {
            early.insert(number, told);
            while let Some(told) = early.remove(&expected) {
                told.into_iter().for_each(&mut sink);
                expected += 1;
                let _ = shown.send(());
            }
        }
        Ok(())
    })
}

/// Cuts what is fed into batches.
fn give<T>(feed: impl FnOnce(&mut dyn FnMut(T)), batches: SyncSender<Batch<T>>, begin: Receiver<()>) {
    let (mut number, mut things) = (0, Vec::new());
    let mut send = |things: &mut Vec<T>| {
        let is_wanted = begin.recv().is_ok();
        if is_wanted && batches.send((number, std::mem::take(things))).is_ok() {
            number += 1;
        }
    };
    feed(&mut |thing| {
        things.push(thing);
        if things.len() == limits::front::REPLAY_BATCH {
            send(&mut things);
        }
    });
    send(&mut things);
}

fn next<T>(waiting: &Mutex<Receiver<Batch<T>>>) -> Option<Batch<T>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Parsers of mail want a stack of their own.
fn spawn<'scope>(scope: &'scope Scope<'scope, '_>, run: impl FnOnce() + Send + 'scope) -> io::Result<()> {
    Builder::new().stack_size(limits::front::THREAD_STACK_BYTES).spawn_scoped(scope, run).map(drop)
}

/// As many threads as this machine runs at once, within reason.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(limits::front::REPLAY_THREADS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::ordered;
    use crate::limits;

    #[test]
    fn answers_come_in_order_whatever_takes_long() {
        for (threads, count) in [(1, 0), (1, 5), (4, 1), (4, 5_000), (8, 16 * 8 * 4 * 3)] {
            let mut told = Vec::new();
            let slow = |n: usize| {
                // The first of each batch of batches works longest.
                let rounds = if n.is_multiple_of(512) { 200_000 } else { n % 7 };
                (0..rounds).fold(n, |sum, more| std::hint::black_box(sum ^ more ^ more))
            };
            ordered(threads, |give| (0..count).for_each(give), slow, |n| told.push(n)).unwrap();
            assert_eq!(told, (0..count).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn few_are_under_way_at_a_time() {
        let (fed, shown) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut most = 0;
        let feed = |give: &mut dyn FnMut(())| {
            (0..20_000).for_each(|_| {
                fed.fetch_add(1, Ordering::SeqCst);
                give(());
            });
        };
        let sink = |()| {
            let under_way = fed.load(Ordering::SeqCst) - shown.fetch_add(1, Ordering::SeqCst);
            most = most.max(under_way);
        };
        ordered(2, feed, |()| (), sink).unwrap();
        let bound = (2 * limits::front::REPLAY_AHEAD + 1) * limits::front::REPLAY_BATCH;
        assert!(most <= bound, "{most} of at most {bound}");
        assert_eq!(shown.into_inner(), 20_000);
    }
}
