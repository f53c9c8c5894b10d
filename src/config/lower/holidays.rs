//! `holidays`: files of days off. One that cannot be read is warned of, and its days count as ordinary ones.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::bench::Bench;
use crate::civil::holidays::{Almanac, Calendar, Holidays};
use crate::config::reader::At;
use crate::limits;
use crate::mail::holidays::{self, HolidaysError};

/// Reads the files. Blocking.
pub fn almanac(bench: &mut Bench<'_>, written: &[At<String>]) -> Almanac {
    let most = limits::front::CONFIG_HOLIDAY_FILES;
    if let Some(beyond) = written.get(most) {
        bench.faults.error(beyond.offset, format!("\"holidays\" names {} files; write at most {most}", written.len()));
        return Almanac::default();
    }
    let mut calendars = Vec::with_capacity(written.len());
    for file in written {
        let Some(path) = bench.path("\"holidays\": ", file) else { continue };
        let (days, unread) = match read(&path) {
            Ok(days) => (days, None),
            Err(why) => (Holidays::default(), Some(why)),
        };
        if let Some(why) = &unread {
            let text = format!("\"holidays\": {:?}: {why}; until then its days count as ordinary ones", file.value);
            bench.faults.warn(file.offset, text);
        }
        calendars.push(Calendar { path, days, unread });
    }
    Almanac::new(calendars)
}

fn read(path: &Path) -> Result<Holidays, String> {
    // One more than is taken, so that what is too long is seen to be.
    let most = limits::mail::HOLIDAYS_BYTES as u64;
    let mut octets = Vec::new();
    let taken = File::open(path).and_then(|file| {
        // A device or a pipe may have no end, or never begin.
        if !file.metadata()?.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        file.take(most.saturating_add(1)).read_to_end(&mut octets)
    });
    taken.map_err(|cause| format!("cannot read it: {cause}"))?;
    if octets.len() as u64 > most {
        return Err(format!("it is longer than {most} bytes; name a file of holidays alone"));
    }
    holidays::read(&octets).map(Holidays::new).map_err(|error: HolidaysError| error.to_string())
}
