//! How fast the store is and how much it takes: figures, run by hand with `--ignored --nocapture store_measure`.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tidings::model::history::lesson::{By, Lesson, MessageKey, SenderKey};
use tidings::store::handle::Store;

use crate::store_rig::*;

const CHILD: &str = "TIDINGS_TEST_MEASURE";

/// What item `n` teaches: threads of three, 500 senders. With `TIDINGS_LESSONS=none` nothing.
fn lesson(n: u32) -> Option<Lesson> {
    if std::env::var("TIDINGS_LESSONS").is_ok_and(|lessons| lessons == "none") {
        return None;
    }
    let key = |n: u32| MessageKey::of(&me(), &format!("{n}@example.org"));
    let root = n - n % 3;
    let by = By::Sender(SenderKey::of(&me(), &format!("{}@example.org", n % 500)));
    let ancestors = if root == n { Vec::new() } else { vec![key(root)] };
    Some(Lesson { ancestors, ..Lesson::plain(me(), (key(n), at(i64::from(n))), by) })
}

/// Accepts items from so many producers at once, for a time or up to a number; how many a second.
async fn accept_from(store: &Store, producers: u32, next: &Arc<AtomicU32>, (time, end): (Duration, u32)) -> f64 {
    let (begin, first) = (Instant::now(), next.load(Ordering::Relaxed));
    let producers: Vec<_> = (0..producers)
        .map(|_| {
            let (store, next) = (store.clone(), Arc::clone(next));
            tokio::spawn(async move {
                while begin.elapsed() < time {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= end {
                        break;
                    }
                    let _ = store.accept_and_learn(item(n), vec![], lesson(n)).await.unwrap();
                }
            })
        })
        .collect();
    for producer in producers {
        producer.await.unwrap();
    }
    f64::from(next.load(Ordering::Relaxed).min(end) - first) / begin.elapsed().as_secs_f64()
}

/// No test of its own: opens what the measuring process has filled, in a process of its own.
#[tokio::test]
async fn child_opens() {
    let Ok(state) = std::env::var(CHILD) else { return };
    let begin = Instant::now();
    let (store, found) = open(Path::new(&state));
    let opened = begin.elapsed();
    let first = rss();
    let begin = Instant::now();
    let audit = store.audit().await.unwrap();
    println!(
        "opened {found:?} with {} items in {:.2} s, RSS {first}; audit {} in {:.2} s, RSS {}",
        store.counts().held,
        opened.as_secs_f64(),
        audit.agrees(),
        begin.elapsed().as_secs_f64(),
        rss()
    );
    store.close().await.unwrap();
}

fn rss() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    format!("{} MB now, {} MB at most", line("VmRSS:"), line("VmHWM:"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "figures, not a promise"]
async fn figures() {
    let (folder, store) = fresh();
    let next = Arc::new(AtomicU32::new(0));
    for producers in [1, 64] {
        let rate = accept_from(&store, producers, &next, (Duration::from_secs(5), u32::MAX)).await;
        println!("{producers} producers: {rate:.0} accepts/s");
    }
    let sizes = std::env::var("TIDINGS_ITEMS").unwrap_or_else(|_| "100000".to_owned());
    for end in sizes.split(',').map(|size| size.parse().unwrap()) {
        let rate = accept_from(&store, 64, &next, (Duration::from_secs(3_600), end)).await;
        next.store(end, Ordering::Relaxed);
        println!("filled to {end}: {rate:.0} accepts/s; RSS {}", rss());
    }
    store.close().await.unwrap();
    let sizes = std::env::var("TIDINGS_ITEMS").unwrap_or_else(|_| "100000".to_owned());
    for end in sizes.split(',').map(|size| size.parse().unwrap()) {
        let rate = accept_from(&store, 64, &next, (Duration::from_secs(3_600), end)).await;
        next.store(end, Ordering::Relaxed);
        println!("filled to {end}: {rate:.0} accepts/s; RSS {}", rss());
    }
    store.close().await.unwrap();
    if let Ok(keep) = std::env::var("TIDINGS_KEEP") {
        Command::new("cp").args(["-r", folder.path().to_str().unwrap(), &keep]).status().unwrap();
    }
    let size = std::fs::metadata(folder.path().join("store/db")).unwrap().len() >> 20;
    println!("{size} MB on disk");
    for _ in 0..2 {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store_measure::child_opens", "--nocapture"])
            .env(CHILD, folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        println!("{}", text.lines().find(|line| line.contains("opened")).unwrap_or("the child failed"));
    }
}
