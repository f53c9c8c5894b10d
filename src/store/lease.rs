//! The lease: when the daemon was last alive, by the machine's awake time; readable with the store closed or gone.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use super::folder;
use crate::clock;
use crate::limits;

const LEASE: &str = "lease";
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// How long the daemon has been silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// It has never been alive here.
    Never,
    /// So long, in awake time of this boot.
    Since(Duration),
    /// It was last alive before this boot: at least so long, in awake time.
    BeforeBoot(Duration),
}

/// How long the daemon may be holding mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// As the configuration says.
    AsConfigured,
    /// Until the end of somebody's vacation, if that is later.
    Vacation,
}

impl Holding {
    /// The longest that mail may have waited, where this is as long as the configuration lets it.
    pub fn longest(self, configured: Duration) -> Duration {
        match self {
            Self::AsConfigured => configured,
            Self::Vacation => configured.max(limits::hands::VACATION_MAX),
        }
    }
}

/// What the lease of a vacation ends with.
const VACATION: &str = " vacation";

/// Notes that the daemon is alive now. A lost note is written again a moment later: there is no barrier.
///
/// # Errors
/// As the system says.
pub fn touch_lease(state: &Path, holding: Holding) -> io::Result<()> {
    write(state, (&boot_id(), holding), clock::awake())
}

/// How long it may have been holding mail when it was last alive.
///
/// # Errors
/// As the system says.
pub fn read_holding(state: &Path) -> io::Result<Holding> {
    let bytes = folder::read(state, LEASE)?.unwrap_or_default();
    let is_vacation = String::from_utf8_lossy(&bytes).trim_end().ends_with(VACATION);
    Ok(if is_vacation { Holding::Vacation } else { Holding::AsConfigured })
}

/// How long the daemon has been silent.
///
/// # Errors
/// As the system says; a file that cannot be understood is `Never`.
pub fn read_lease(state: &Path) -> io::Result<Silence> {
    let Some(bytes) = folder::read(state, LEASE)? else { return Ok(Silence::Never) };
    Ok(silence(&String::from_utf8_lossy(&bytes), &boot_id(), clock::awake()))
}

fn write(state: &Path, (boot, holding): (&str, Holding), awake: Duration) -> io::Result<()> {
    let part = state.join("lease.tmp");
    let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    let vacation = if holding == Holding::Vacation { VACATION } else { "" };
    writeln!(file, "{} {boot}{vacation}", awake.as_secs())?;
    fs::rename(part, state.join(LEASE))
}

fn silence(text: &str, boot: &str, awake: Duration) -> Silence {
    let text = text.trim_end();
    let text = text.strip_suffix(VACATION).unwrap_or(text);
    let (seconds, then) = text.split_once(' ').unwrap_or((text, ""));
    let Ok(seconds) = seconds.parse().map(Duration::from_secs) else { return Silence::Never };
    // Under `ProcSubset=pid` neither side may know its boot: then an awake time above ours is of an earlier one.
    let other = !then.is_empty() && !boot.is_empty() && then != boot;
    match awake.checked_sub(seconds) {
        Some(silent) if !other => Silence::Since(silent),
        _ => Silence::BeforeBoot(awake),
    }
}

fn boot_id() -> String {
    fs::read_to_string(BOOT_ID).map(|id| id.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::{Holding, Silence, read_holding, read_lease, silence, touch_lease};

    fn check(text: &str, boot: &str, awake: u64, expected: Silence) {
        assert_eq!(silence(text, boot, Duration::from_secs(awake)), expected, "{text:?} {boot:?} {awake}");
    }

    #[test]
    fn counts_awake_time() {
        let since = |seconds| Silence::Since(Duration::from_secs(seconds));
        let before = |seconds| Silence::BeforeBoot(Duration::from_secs(seconds));
        check("100 a\n", "a", 160, since(60));
        check("100 a\n", "b", 160, before(160));
        check("100 \n", "b", 160, since(60));
        check("100 a\n", "", 160, since(60));
        check("100 a\n", "", 90, before(90));
        check("100\n", "", 100, since(0));
        check("100 a vacation\n", "a", 160, since(60));
        check("100  vacation\n", "", 160, since(60));
        check("nonsense", "a", 1, Silence::Never);
        check("", "a", 1, Silence::Never);
    }

    #[test]
    fn reads_what_it_writes() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(read_lease(state.path()).unwrap(), Silence::Never);
        assert_eq!(read_holding(state.path()).unwrap(), Holding::AsConfigured);
        for holding in [Holding::Vacation, Holding::AsConfigured] {
            touch_lease(state.path(), holding).unwrap();
            let silence = read_lease(state.path()).unwrap();
            assert!(matches!(silence, Silence::Since(silent) if silent < Duration::from_secs(60)), "{silence:?}");
            assert_eq!(read_holding(state.path()).unwrap(), holding);
        }
    }
}
