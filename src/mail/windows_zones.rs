//! Zone names of Windows and Exchange that calcard 0.3 does not know, or maps to a zone that was split since.

/// Windows name (CLDR windowsZones) and IANA name.
pub const TABLE: &[(&str, &str)] = &[
    ("UTC", "Etc/UTC"),
    ("tzone://Microsoft/Utc", "Etc/UTC"),
    ("Coordinated Universal Time", "Etc/UTC"),
    ("UTC-11", "Etc/GMT+11"),
    ("UTC-09", "Etc/GMT+9"),
    ("UTC-08", "Etc/GMT+8"),
    ("UTC-02", "Etc/GMT+2"),
    ("UTC+12", "Etc/GMT-12"),
    ("UTC+13", "Etc/GMT-13"),
    ("Central Asia Standard Time", "Asia/Bishkek"),
    ("Central Brazilian Standard Time", "America/Cuiaba"),
    ("Kamchatka Standard Time", "Asia/Kamchatka"),
    ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
    ("Mountain Standard Time (Mexico)", "America/Mazatlan"),
    ("Russia Time Zone 3", "Europe/Samara"),
    ("Russia Time Zone 10", "Asia/Srednekolymsk"),
    ("Russia Time Zone 11", "Asia/Kamchatka"),
    ("South Sudan Standard Time", "Africa/Juba"),
    ("Greenland Standard Time", "America/Nuuk"),
];
