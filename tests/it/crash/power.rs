//! The power is cut: of the state folder only what was fsynced is left.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::mails::{Digests, FILING, Mail, Mailboxes, RULES, with_lf};
use super::stage::{Drive, HURRY};
use super::{HandOver, MAILDIR_ACCOUNT, way_out};
use crate::rig::daemon::{Home, PERSON};
use crate::rig::dice::{Dice, times};
use crate::rig::power_cut::{restore, shim};
use crate::rig::smtp_server::{Setup, SmtpServer};

const WORKERS: usize = 3;
const DIGEST: &str = "[[digest]]\nname = \"all\"\nschedule = \"0 3 1 1 *\"\nflush_at = 8\n";

/// Each time in a home of its own, with mail coming all the while: nothing that was acknowledged is lost, the store opens
/// or is rescued, and all mail ends in its place and, where it was held, in a digest.
#[test]
fn a_power_cut_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let Some(shim) = shim(folder.path()) else { return };
    let (dice, cuts) = (Dice::new("power cuts"), times("TIDINGS_CUTS", 12));
    let runtime = Runtime::new().unwrap();
    let (next, said, rescued) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let wrong = Mutex::new(Vec::new());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let cut = next.fetch_add(1, Ordering::SeqCst);
                    if cut >= cuts {
                        return;
                    }
                    match one(&runtime, &shim, dice.nth(cut as u64)) {
                        Ok(done) => {
                            said.fetch_add(done.acknowledged, Ordering::SeqCst);
                            rescued.fetch_add(usize::from(done.rescued), Ordering::SeqCst);
                        }
                        Err(why) => wrong.lock().unwrap().push(format!("cut {cut}: {why}")),
                    }
                }
            });
        }
    });
    let (wrong, said) = (wrong.into_inner().unwrap(), said.into_inner());
    let (rescued, took) = (rescued.into_inner(), begun.elapsed());
    println!(
        "{cuts} power cuts in {took:?}: {said} acknowledged items, {rescued} stores rescued, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(said > cuts, "the daemon did not get to work: {said} items");
}

struct Done {
    acknowledged: usize,
    rescued: bool,
}

fn one(runtime: &Runtime, shim: &Path, mut dice: Dice) -> Result<Done, String> {
    let home = Home::new().with_variable(HURRY.0, HURRY.1);
    let shadow = home.path().join("shadow");
    std::fs::create_dir(&shadow).unwrap();
    let mailboxes = Mailboxes::make(home.path().join("Mail"));
    let smtp = runtime.block_on(SmtpServer::start(Setup::default()));
    home.configure(&[PERSON, &way_out(smtp.port), MAILDIR_ACCOUNT, FILING, RULES, DIGEST]);
    let mails = Mail::some(40);
    let mut hand_over = HandOver { smtp: &smtp, given: 0 };
    let mut beside = || hand_over.next(|n, bytes| mailboxes.deliver(&format!("letter{n}"), &with_lf(bytes)));

    let (state, shadow_name) = (home.state().display().to_string(), shadow.display().to_string());
    let daemon = home.spawn_with(&[
        ("LD_PRELOAD", &shim.display().to_string()),
        ("PL_BASE", &state),
        ("PL_SHADOW", &shadow_name),
    ]);
    let life = Duration::from_millis(100 + dice.below(3_500));
    let begun = Instant::now();
    for mail in &mails {
        mailboxes.deliver(&mail.word, &mail.bytes);
        beside();
        if begun.elapsed() < life {
            std::thread::sleep(life / 40);
        }
    }
    daemon.kill();
    let log = home.log();
    let acknowledged: Vec<String> = log.lines().filter_map(acknowledged).collect();
    std::fs::remove_dir_all(home.state()).unwrap();
    restore(&shadow, &home.state());

    let mut drive = Drive { home: &home, mailboxes: &mailboxes, mails: &mails, beside: &mut beside };
    drive.run_to_the_end(|| home.spawn())?;
    let rescued = home.log().contains("is rebuilt from the mailboxes");
    // Only a store that was lost says again what it has said.
    drive.check(if rescued { Digests::AtLeast } else { Digests::Exact })?;
    let known = known(runtime, &home, &acknowledged);
    if known < acknowledged.len() && !rescued {
        return Err(format!("{known} of {} acknowledged items are known\n{}", acknowledged.len(), home.log()));
    }
    Ok(Done { acknowledged: acknowledged.len(), rescued })
}

/// The id of a line that says what becomes of a message.
fn acknowledged(line: &str) -> Option<String> {
    let line = strip_colours(line);
    let words = line.contains(" is held ") || line.contains(" passes ");
    let (_, rest) = line.split_once("id=").filter(|_| words)?;
    Some(rest.chars().take_while(char::is_ascii_hexdigit).collect())
}

fn strip_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

fn known(runtime: &Runtime, home: &Home, ids: &[String]) -> usize {
    runtime.block_on(async {
        let store = tidings::store::handle::Store::open(&home.state(), jiff::Timestamp::now()).unwrap().store;
        let known = ids.iter().filter(|id| !store.identities(id).is_empty()).count();
        store.close().await.unwrap();
        known
    })
}
