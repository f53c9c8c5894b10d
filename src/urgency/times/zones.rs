//! Zones as people write them beside an hour.

use super::word::Table;
use super::word::Word;

/// In any language: folded, as whole words. An abbreviation means the clock of its place: people write "CET" in summer, too.
pub const TABLE: Table = &[
    (Word::Zone("UTC"), &["utc", "gmt", "zulu", "z"]),
    (Word::Zone("America/Sao_Paulo"), &["brt", "horário de brasília", "são paulo time"]),
    (Word::Zone("Europe/Berlin"), &["cet", "cest", "mez", "mesz", "berlin time", "central european time"]),
    (Word::Zone("Europe/Paris"), &["paris time", "heure de paris"]),
    (Word::Zone("Europe/Madrid"), &["hora peninsular", "madrid time"]),
    (Word::Zone("Europe/Lisbon"), &["hora de lisboa", "lisbon time"]),
    (Word::Zone("Europe/Rome"), &["ora italiana", "rome time"]),
    (Word::Zone("Europe/Athens"), &["eet", "eest"]),
    (Word::Zone("Asia/Tokyo"), &["jst", "tokyo time"]),
    (Word::Zone("Australia/Sydney"), &["aest", "aedt", "sydney time"]),
];

/// In English: elsewhere "est" and "et" are other words. "EST" in summer is New York's clock. What is a common word in
/// English ("ist", "wet") stands with "time" only.
pub const ENGLISH: Table = &[
    (Word::Zone("America/New_York"), &["est", "edt", "et", "eastern", "eastern time", "new york time", "ny time"]),
    (Word::Zone("America/New_York"), &["eastern standard time", "eastern daylight time", "us eastern"]),
    (
        Word::Zone("America/Chicago"),
        &["cst", "cdt", "ct", "central", "central time", "chicago time", "cpt", "us central"],
    ),
    (Word::Zone("America/Chicago"), &["central standard time", "central daylight time", "houston time", "dallas time"]),
    (Word::Zone("America/Denver"), &["mst", "mdt", "mountain", "mountain time", "denver time"]),
    (
        Word::Zone("America/Los_Angeles"),
        &["pst", "pdt", "pt", "pacific", "pacific time", "la time", "us pacific", "ppt"],
    ),
    (Word::Zone("America/Los_Angeles"), &["pacific standard time", "pacific daylight time", "san francisco time"]),
    (Word::Zone("Europe/London"), &["bst", "london time", "uk time"]),
    (Word::Zone("Europe/Moscow"), &["msk", "moscow time"]),
    (Word::Zone("Asia/Kolkata"), &["ist time", "india time", "indian time", "indian standard time"]),
    (Word::Zone("Asia/Singapore"), &["sgt", "singapore time"]),
    (Word::Zone("Asia/Hong_Kong"), &["hkt", "hong kong time"]),
];
