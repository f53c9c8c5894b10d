//! A process that is killed, and power that is cut: what was acknowledged is there afterwards.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tidings::model::edition::EditionId;
use tidings::model::identity::Id;
use tidings::store::change::Outcome;
use tidings::store::handle::Store;
use tidings::store::open::Found;

use crate::rig::dice::{Dice, times};
use crate::rig::power_cut::{restore, shim};
use crate::store_rig::*;

const CHILD: &str = "TIDINGS_TEST_CHILD";
const FIRST: &str = "TIDINGS_TEST_FIRST";

/// What the child had acknowledged.
#[derive(Debug, Default)]
struct Acknowledged {
    items: Vec<u32>,
    editions: Vec<EditionId>,
    settled: Vec<EditionId>,
}

/// No test of its own: what the children of the others run until they are killed. Says every proof on its output.
#[test]
fn child_writes_until_killed() {
    let Ok(state) = std::env::var(CHILD) else { return };
    let first = std::env::var(FIRST).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let opened = Store::open(Path::new(&state), at(0)).unwrap();
        println!("found {:?}", opened.found);
        let next = std::sync::Arc::new(AtomicU32::new(first));
        let writers: Vec<_> =
            (0..8).map(|_| tokio::spawn(write(opened.store.clone(), std::sync::Arc::clone(&next)))).collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// Accepts items, ten at a time, and sends an edition of them.
async fn write(store: Store, next: std::sync::Arc<AtomicU32>) {
    loop {
        let numbers: Vec<u32> = (0..10).map(|_| next.fetch_add(1, Ordering::Relaxed)).collect();
        for n in &numbers {
            let _ = store.accept(item(*n), vec![file(*n, "Held")]).await.unwrap();
            println!("accepted {n}");
        }
        let (sealed, letters) = edition(&store, 1_000 + i64::from(numbers[0]), &numbers, 1).await;
        let (id, letter) = (sealed.id, letters[0].id);
        assert!(done(store.seal(vec![(sealed, letters)]).await));
        println!("sealed {id}");
        assert!(done(store.begin(letter).await));
        assert!(done(store.data_sent(letter).await));
        assert!(done(store.settle(letter, Outcome::Accepted, at(1)).await));
        println!("settled {id}");
    }
}

/// Runs a child on this folder and kills it after a while, or when it dies by itself; adds what it acknowledged.
fn run_child(state: &Path, first: u32, life: Duration, more: &[(&str, &str)], said: &mut Acknowledged) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store_crash::child_writes_until_killed", "--nocapture"])
        .env(CHILD, state)
        .env(FIRST, first.to_string())
        .envs(more.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (wish, kill) = std::sync::mpsc::channel::<()>();
    let killer = std::thread::spawn(move || {
        // Until it dies by itself, or its life is over.
        let _ = kill.recv_timeout(life);
        let _ = child.kill();
        child.wait().unwrap()
    });
    let mut opened = false;
    for line in output.lines() {
        let Ok(line) = line else { break };
        let id = |hex: &str| EditionId(Id::parse(hex).unwrap());
        // The harness prints the name of the test before the first line.
        if let Some((_, found)) = line.split_once("found ") {
            assert!(found == "Kept" || found == "New", "{found}");
            opened = true;
        } else if let Some(n) = line.strip_prefix("accepted ") {
            said.items.push(n.parse().unwrap());
        } else if let Some(hex) = line.strip_prefix("sealed ") {
            said.editions.push(id(hex));
        } else if let Some(hex) = line.strip_prefix("settled ") {
            said.settled.push(id(hex));
        }
    }
    drop(wish);
    killer.join().unwrap();
    opened
}

/// Opens what a killed child left, and looks for everything it acknowledged.
async fn check_kept(state: &Path, said: &Acknowledged) {
    let opened = Store::open(state, at(0)).unwrap();
    let (store, found) = (opened.store, opened.found);
    assert!(matches!(found, Found::Kept | Found::New), "{found:?}");
    for n in &said.items {
        assert!(store.item(identity(*n)).await.unwrap().is_some(), "item {n} was acknowledged and is lost");
        assert!(store.is_posted(file(*n, "Held").id), "its errand is lost");
    }
    for id in &said.editions {
        let edition = store.edition(*id).await.unwrap().expect("an edition was acknowledged and is lost");
        assert_eq!(edition.items.len(), 10);
        let letter = store.letter(edition.letters[0]).await.unwrap().expect("a letter was acknowledged and is lost");
        assert!(store.unspool(&letter.body).await.is_ok(), "the letter's bytes are lost");
        if said.settled.contains(id) {
            assert!(letter.stage.is_final(), "that it was accepted was acknowledged and is lost");
        }
    }
    assert!(store.audit().await.unwrap().agrees());
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_kill_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (mut dice, mut said, kills) = (Dice::new("store, kills"), Acknowledged::default(), times("TIDINGS_KILLS", 40));
    for (round, first) in (0..kills).zip((0..).step_by(100_000)) {
        // Some die while they open, some at work.
        let life = Duration::from_millis(if round % 4 == 0 { dice.below(60) } else { dice.below(700) });
        run_child(folder.path(), first, life, &[], &mut said);
        // A look only now and then: most children find what a kill left, not what we did.
        if round % 5 == 4 || round + 1 == kills {
            check_kept(folder.path(), &said).await;
        }
    }
    println!("{kills} kills, {} items, {} editions", said.items.len(), said.editions.len());
    assert!(said.items.len() > 100 && !said.settled.is_empty(), "the children did not get to work");
}

#[tokio::test]
async fn a_crash_at_each_barrier_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Acknowledged::default();
    for barrier in 1..=12 {
        for side in ["before", "after"] {
            let crash = format!("{side}:{barrier}");
            let first = barrier * 1_000_000 + if side == "before" { 0 } else { 500_000 };
            let opened =
                run_child(folder.path(), first, Duration::from_secs(60), &[("TIDINGS_CRASH", &crash)], &mut said);
            assert!(opened, "{crash}: the child did not open the store");
        }
        check_kept(folder.path(), &said).await;
    }
    assert!(said.items.len() > 24);
}

#[tokio::test]
async fn a_power_cut_loses_nothing_acknowledged() {
    let work = tempfile::tempdir().unwrap();
    let Some(shim) = shim(work.path()) else { return };
    let (mut dice, cuts) = (Dice::new("store, cuts"), times("TIDINGS_CUTS", 20));
    let mut items = 0;
    for cut in 0..cuts {
        let [base, shadow, restored] =
            ["base", "shadow", "restored"].map(|name| work.path().join(format!("{cut}-{name}")));
        std::fs::create_dir(&base).unwrap();
        std::fs::create_dir(&shadow).unwrap();
        let mut said = Acknowledged::default();
        let environment = [
            ("LD_PRELOAD", shim.to_str().unwrap()),
            ("PL_BASE", base.to_str().unwrap()),
            ("PL_SHADOW", shadow.to_str().unwrap()),
        ];
        // Twice on the same folder, so that opening is cut off as well.
        run_child(&base, 0, Duration::from_millis(300 + dice.below(1_200)), &environment, &mut said);
        run_child(&base, 1_000_000, Duration::from_millis(dice.below(1_000)), &environment, &mut said);
        restore(&shadow, &restored);
        check_kept(&restored, &said).await;
        items += said.items.len();
        for folder in [base, shadow, restored] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
    println!("{cuts} power cuts, {items} items");
    assert!(items > 50, "the children did not get to work");
}
