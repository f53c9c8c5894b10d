//! How a store opens: locks, formats, losses, and every kind of damage; never a hang, never a panic, never a silent loss.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;
use tidings::model::edition::SpoolName;
use tidings::store::change::Accepted;
use tidings::store::engine::contract::Batch;
use tidings::store::engine::local;
use tidings::store::fault::OpenError;
use tidings::store::folder::{self, has_room};
use tidings::store::handle::Store;
use tidings::store::key::Key;
use tidings::store::open::Found;
use tidings::store::record;

use crate::store_rig::*;

/// How many items the sample store holds.
const ITEMS: u32 = 300;

/// A closed store with items, errands, an open edition and a letter.
async fn sample() -> TempDir {
    let (folder, store) = fresh();
    let all = (0..ITEMS).map(|n| store.accept(item(n), vec![file(n, "Held")]));
    for accepted in futures_util::future::join_all(all).await {
        assert_eq!(*accepted.unwrap().get(), Accepted::New);
    }
    let (sealed, letters) = edition(&store, 1_000, &[1, 2, 3], 1).await;
    assert!(done(store.seal(vec![(sealed, letters)]).await));
    store.close().await.unwrap();
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_name() != "reserve" {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Opens in a thread of its own, which must end.
fn open_in_time(state: &Path) -> Result<(Store, Found), OpenError> {
    let (done, wait) = mpsc::channel();
    let state = state.to_owned();
    std::thread::spawn(move || done.send(Store::open(&state, at(0)).map(|opened| (opened.store, opened.found))));
    wait.recv_timeout(Duration::from_secs(60)).expect("open hangs or panics")
}

#[tokio::test]
async fn is_locked_while_it_is_open() {
    let (folder, store) = fresh();
    assert!(matches!(Store::open(folder.path(), at(0)), Err(OpenError::Locked(_))));
    store.close().await.unwrap();
    let (store, found) = open(folder.path());
    assert_eq!(found, Found::Kept);
    store.close().await.unwrap();
}

#[tokio::test]
async fn belongs_to_its_owner_only() {
    let outer = tempfile::tempdir().unwrap();
    let state = outer.path().join("a/state");
    let (store, _) = open(&state);
    store.spool(b"body".to_vec()).await.unwrap();
    store.close().await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    for name in ["began", "reserve", "lock"] {
        assert_eq!(mode(&state.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&state.join("spool")), 0o700);
    assert!(has_room(&state).unwrap());
}

#[tokio::test]
async fn leaves_a_newer_store_alone() {
    let folder = sample().await;
    let engine = local::open(&folder.path().join("store")).unwrap();
    let key = Key::Format.bytes();
    let value = record::frame(&key, &record::small::write_format(record::FORMAT + 1));
    let mut batch = Batch::default();
    batch.push(key, value);
    engine.apply(&batch).unwrap();
    drop(engine);
    assert!(
        matches!(Store::open(folder.path(), at(0)), Err(OpenError::Newer { format, .. }) if format == record::FORMAT + 1)
    );
    assert!(folder.path().join("store/db").exists());
}

#[tokio::test]
async fn says_lost_until_it_is_rescued() {
    let folder = sample().await;
    fs::remove_dir_all(folder.path().join("store")).unwrap();
    for _ in 0..2 {
        let (store, found) = open(folder.path());
        assert_eq!((found, store.counts().held), (Found::Lost, 0));
        store.close().await.unwrap();
    }
    let (store, _) = open(folder.path());
    store.rescued().await.unwrap();
    let store = again(folder.path(), store).await;
    store.close().await.unwrap();
}

#[tokio::test]
async fn moves_aside_what_an_earlier_run_found_damaged() {
    let folder = sample().await;
    folder::write(folder.path(), folder::DAMAGED, b"a page").unwrap();
    let (store, found) = open(folder.path());
    let Found::MovedAside(aside) = found else { panic!("{found:?}") };
    assert!(aside.join("db").exists());
    assert_eq!(aside, folder.path().join("store.damaged-20270115T080000Z"));
    assert_eq!(accept(&store, item(1), vec![]).await, Accepted::New);
    store.close().await.unwrap();
    let (store, found) = open(folder.path());
    assert_eq!(found, Found::MovedAside(aside), "nobody has read the mailboxes again");
    assert_eq!(store.counts().held, 1);
    store.close().await.unwrap();
}

/// Writes a value behind the store's back.
fn put(state: &Path, key: &Key, value: Option<Vec<u8>>) {
    let engine = local::open(&state.join("store")).unwrap();
    let mut batch = Batch::default();
    batch.push(key.bytes(), value);
    engine.apply(&batch).unwrap();
}

#[tokio::test]
async fn believes_no_record_that_is_not_whole() {
    let key = Key::Item(me(), identity(1));
    let bytes = key.bytes();
    let whole = record::frame(&bytes, &record::item::write(1, &item(1))).unwrap();
    let mut flipped = whole.clone();
    flipped[40] ^= 1;
    let of_another = record::frame(&Key::Item(me(), identity(2)).bytes(), &record::item::write(1, &item(1)));
    let too_short = record::frame(&bytes, &record::item::write(1, &item(1))[..20]);
    for value in [Some(Vec::new()), Some(whole[..50].to_vec()), Some(flipped), of_another, too_short] {
        let folder = sample().await;
        put(folder.path(), &key, value);
        let (store, found) = open_in_time(folder.path()).unwrap();
        assert!(matches!(found, Found::MovedAside(_)), "{found:?}");
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn moves_aside_a_store_whose_edition_cannot_be_known() {
    let spooled = |state: &Path| -> Vec<PathBuf> {
        let folders = fs::read_dir(state.join("spool")).unwrap();
        folders
            .flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap().map(|file| file.unwrap().path()))
            .collect()
    };
    let mut outcomes = Vec::new();
    for nth in 0..2 {
        let folder = sample().await;
        let mut files = spooled(folder.path());
        files.sort_by_key(|path| fs::metadata(path).unwrap().len());
        fs::write(&files[nth], b"something else").unwrap();
        let (store, found) = open_in_time(folder.path()).unwrap();
        if found == Found::Kept {
            // The letter's file: only that letter is spoiled.
            let letters = store.letters().await.unwrap();
            assert!(store.unspool(&letters[0].body).await.is_err());
            assert_eq!(store.counts().held + store.counts().sealed, ITEMS as usize);
        }
        outcomes.push(found == Found::Kept);
        store.close().await.unwrap();
    }
    outcomes.sort();
    assert_eq!(outcomes, [false, true], "one of the two files is the list of items");
}

#[tokio::test]
async fn removes_old_orphans_of_the_spool_only() {
    let folder = sample().await;
    let (store, _) = open(folder.path());
    let orphan = store.spool(b"orphan".to_vec()).await.unwrap();
    store.close().await.unwrap();
    let path = |name: &SpoolName| folder.path().join("spool").join(&name.as_str()[..2]).join(name.as_str());
    let now = fs::metadata(path(&orphan)).unwrap().modified().unwrap();
    let store = Store::open(folder.path(), now.try_into().unwrap()).unwrap().store;
    store.close().await.unwrap();
    assert!(path(&orphan).exists(), "it is young");
    fs::File::options()
        .write(true)
        .open(path(&orphan))
        .unwrap()
        .set_modified(now - Duration::from_secs(900_000_000))
        .unwrap();
    let store = Store::open(folder.path(), now.try_into().unwrap()).unwrap().store;
    assert!(!path(&orphan).exists());
    let letters = store.letters().await.unwrap();
    assert!(store.unspool(&letters[0].body).await.is_ok());
    store.close().await.unwrap();
}

/// What is done to a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// One bit at the n-th of 64 places that hold data.
    Flip(usize),
    /// 16 bytes there.
    Overwrite(usize),
    /// A page of zeros there.
    Zero(usize),
    /// Cut off there.
    Truncate(usize),
}

/// Damages a copy of the sample, and opens it.
async fn check_damaged(sample: &Path, name: &str, damage: Damage) -> bool {
    let folder = tempfile::tempdir().unwrap();
    copy(sample, folder.path());
    let path = folder.path().join("store").join(name);
    let mut bytes = fs::read(&path).unwrap();
    let data: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let place = |n: usize| data[(data.len() - 1) * n / 64];
    match damage {
        Damage::Flip(n) => bytes[place(n)] ^= 1 << (n % 8),
        Damage::Overwrite(n) => bytes.iter_mut().skip(place(n)).take(16).for_each(|byte| *byte = 0xa5),
        Damage::Zero(n) => bytes.iter_mut().skip(place(n)).take(4096).for_each(|byte| *byte = 0),
        Damage::Truncate(n) => bytes.truncate(place(n)),
    }
    fs::write(&path, bytes).unwrap();
    let (store, found) = open_in_time(folder.path()).unwrap_or_else(|error| panic!("{name} {damage:?}: {error}"));
    let counts = store.counts();
    match &found {
        Found::Kept => {
            assert_eq!(counts.held + counts.sealed, ITEMS as usize, "{name} {damage:?}: a silent loss");
            assert_eq!((counts.errands, counts.outbox), (ITEMS as usize, 1), "{name} {damage:?}: a silent loss");
            assert!(store.audit().await.unwrap().agrees());
        }
        Found::MovedAside(aside) => {
            assert!(aside.is_dir());
            assert_eq!(counts.held, 0);
        }
        other => panic!("{name} {damage:?}: {other:?}"),
    }
    assert_eq!(accept(&store, item(9_999), vec![]).await, Accepted::New);
    store.close().await.unwrap();
    matches!(found, Found::MovedAside(_))
}

#[tokio::test]
async fn survives_damage_of_every_kind() {
    let folder = sample().await;
    let mut aside = 0;
    let mut cases = Vec::new();
    for n in 0..16 {
        cases.extend([
            Damage::Flip(n * 4),
            Damage::Overwrite(n * 4 + 1),
            Damage::Zero(n * 4 + 2),
            Damage::Truncate(n * 4),
        ]);
    }
    for case in &cases {
        aside += usize::from(check_damaged(folder.path(), "db", *case).await);
    }
    println!("{aside} of {} damaged stores were moved aside", cases.len());
    assert!(aside > 0, "the damage did not reach the store");
}

#[tokio::test]
async fn survives_missing_empty_and_foreign_files() {
    let sample = sample().await;
    type Harm = fn(&Path);
    let damages: [(&str, Harm); 6] = [
        ("db gone", |store| fs::remove_file(store.join("db")).unwrap()),
        ("db empty", |store| fs::write(store.join("db"), b"").unwrap()),
        ("db foreign", |store| fs::write(store.join("db"), b"not a store").unwrap()),
        ("conf foreign", |store| fs::write(store.join("conf"), b"segment_size: x").unwrap()),
        ("conf empty", |store| fs::write(store.join("conf"), b"").unwrap()),
        ("snapshot torn", |store| fs::write(store.join("snap.00000000000000FF.generating"), b"torn").unwrap()),
    ];
    for (name, damage) in damages {
        let folder = tempfile::tempdir().unwrap();
        copy(sample.path(), folder.path());
        damage(&folder.path().join("store"));
        let (store, found) = open_in_time(folder.path()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kept = store.counts().held + store.counts().sealed == ITEMS as usize;
        println!("{name}: {found:?}, kept {kept}");
        assert_eq!(found == Found::Kept, kept, "{name}: {found:?}");
        assert!(kept || !name.starts_with("snapshot"), "{name}");
        store.close().await.unwrap();
    }
}

/// Needs a filesystem of 400 to 1,000 MB of its own to fill: `mount -t tmpfs -o size=400m x DIR`, then
/// `TIDINGS_SMALL_DISK=DIR`.
#[tokio::test]
async fn opens_on_a_full_disk_by_its_reserve() {
    let Ok(disk) = std::env::var("TIDINGS_SMALL_DISK") else {
        println!("not run: no TIDINGS_SMALL_DISK");
        return;
    };
    let state = Path::new(&disk).join("state");
    let (store, found) = open(&state);
    assert_eq!(found, Found::New);
    accept(&store, item(1), vec![]).await;
    store.close().await.unwrap();
    assert!(state.join("reserve").exists());
    let filler = Path::new(&disk).join("filler");
    let mut full = fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut full, &[1; 1 << 12]).is_ok() {}
    drop(full);
    assert!(!has_room(&state).unwrap());
    let (store, found) = open(&state);
    assert_eq!((found, store.counts().held), (Found::Kept, 1));
    println!("the reserve is {}", if state.join("reserve").exists() { "kept" } else { "given up" });
    // It fails sooner or later, and says so; nothing acknowledged is lost.
    let mut acknowledged = 1;
    while acknowledged < 100_000 && store.accept(item(acknowledged + 1), vec![]).await.is_ok() {
        acknowledged += 1;
    }
    assert!(store.accept(item(200_000), vec![]).await.is_err(), "nothing is proven any more");
    let _ = store.close().await;
    fs::remove_file(&filler).unwrap();
    let (store, found) = open(&state);
    println!("{acknowledged} acknowledged, {} there, {found:?}", store.counts().held);
    assert_eq!(found, Found::Kept);
    assert!(store.counts().held >= acknowledged as usize);
    assert!(state.join("reserve").exists(), "there is room again");
    store.close().await.unwrap();
}
