//! A manual page: what the program knows of a command, and what only people say.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::model::signal::Signal;
use crate::urgency::scale;

const DESCRIPTION: &str = "\
Tidings watches mailboxes over IMAP or in Maildirs. Each new mail is judged by the rules of its reader, and where none \
decides by built-in signals: what is urgent passes at once, what can wait is filed aside and named in a digest at the \
times that the reader has set. Nothing is deleted, nothing is kept longer than [hold] max, and in doubt mail passes.

One configuration says who the reader is, what is watched, and what is urgent; `tidings generate config` prints one in \
which every key is explained. `tidings check` names every error in it, `tidings check --connect` tries every server, and \
`tidings replay` says what its rules would have done with mail that is there already.";

const SIGNALS: &str = "\
Where no rule decides, each signal that fires adds points or takes some. At or above urgent_at of [signals.mail] or \
[signals.chat] a message is urgent, at or below low_at it is low, and else normal. [signals.weights] sets what each is \
worth (deadline = 5; 0 silences it), a rule with score adds points of its own, a rule with signal asks whether one fired, \
and enabled = false in [signals] switches them off. `tidings explain` says of any message which fired, by which words, and \
what would turn the outcome. These are the signals, with what they are worth as shipped:";

const FILES: &[(&str, &str)] = &[
    ("/etc/tidings/tidings.toml", "The configuration, unless --config or $TIDINGS_CONFIG names another."),
    ("/var/lib/tidings", "The state of the system's daemon: records, letters, and the key of our letters' mark."),
    ("~/.local/state/tidings", "The state of a person's own daemon."),
    ("/run/tidings/control.sock", "Where the system's daemon takes commands: its group \"tidings\" may speak to it."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("TIDINGS_CONFIG", "The configuration, where --config names none."),
    (
        "TIDINGS_LOG",
        "What is logged by `tidings run`, as tracing filters write it; \"tidings=info\" when it is not set.",
    ),
    (
        "STATE_DIRECTORY, XDG_STATE_HOME",
        "Where the state lies, unless state_dir says so. Set by systemd; by the session.",
    ),
    ("RUNTIME_DIRECTORY, XDG_RUNTIME_DIR", "Where the control socket lies. Set by systemd; by the session."),
    ("CREDENTIALS_DIRECTORY", "Where secrets of the form { credential = \"NAME\" } lie. Set by systemd."),
];

/// Of every command.
const EXIT: &[(&str, &str)] = &[
    ("0", "Done."),
    ("1", "Refused, or not found."),
    ("2", "Usage, or configuration."),
    ("3", "The daemon is not running."),
];

/// Of some commands.
const EXIT_ALSO: &[(&str, &str, &str)] = &[
    ("tidings-check", "1", "With --strict: something is probably not meant. With --connect: something does not work."),
    ("tidings-run", "70", "A fault of its own."),
    ("tidings-run", "75", "Try again: the state is in use, or the disk is full."),
    ("tidings-run", "78", "The configuration is wrong, or a newer version wrote the state."),
    ("tidings-backup", "78", "A newer version wrote the state."),
    ("tidings-restore", "78", "A newer version wrote the backup."),
];

const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "tidings",
        &[
            ("tidings demo", "See it work, without an account or a server."),
            ("tidings generate config > tidings.toml", "Begin a configuration."),
            ("tidings --config tidings.toml check --connect", "Name every error, then try every server."),
            ("tidings --config tidings.toml replay ~/Maildir", "Try the rules on mail that is there."),
            ("systemctl enable --now tidings", "Start the system's daemon."),
            ("tidings status", "See how it is."),
        ],
    ),
    (
        "tidings-check",
        &[
            ("tidings check --strict && systemctl reload tidings", "Reload only what is right."),
            ("tidings check --connect --json | jq '.connections[] | select(.good | not)'", "What cannot be reached."),
        ],
    ),
    (
        "tidings-explain",
        &[
            ("tidings explain mail.eml", "Say how a mail would be judged, and why."),
            ("tidings explain --at 2027-01-13T16:00:00Z - < mail.eml", "The same as of another time."),
            ("tidings explain 3f", "Say why the item whose id begins with 3f was judged as it was."),
        ],
    ),
    ("tidings-replay", &[("tidings replay ~/Maildir", "Say what the rules would have done with a Maildir.")]),
    ("tidings-schedule", &[("tidings schedule --next 3", "Print the next three slots of each digest.")]),
    ("tidings-held", &[("tidings held release --from '*@example.org'", "Let all mail of a domain pass now.")]),
    ("tidings-outbox", &[("tidings outbox retry 3f", "Try the letter whose id begins with 3f again now.")]),
    ("tidings-digest", &[("tidings digest now --wait", "Send the first digest, and return when it is sent.")]),
    (
        "tidings-pause",
        &[
            ("tidings pause --until 14:00", "Be left alone until two; only critical mail passes."),
            (
                "tidings pause --until 2027-01-10 --reason vacation",
                "Nothing but critical mail until that day, then one digest of everything.",
            ),
        ],
    ),
    ("tidings-backup", &[("tidings backup /srv/backup/tidings", "Back up the running daemon, from a timer as well.")]),
    (
        "tidings-restore",
        &[
            ("systemctl stop tidings", "No daemon may run."),
            ("tidings restore /srv/backup/tidings", "Make the state of the backup."),
            ("systemctl start tidings", "Find out what has happened since."),
        ],
    ),
    ("tidings-forget", &[("tidings forget ada@example.org", "Forget everything from an address.")]),
    (
        "tidings-generate",
        &[
            ("tidings generate man /usr/share/man/man1", "Install the manual pages."),
            (
                "tidings generate completions bash > ~/.local/share/bash-completion/completions/tidings",
                "Complete words.",
            ),
        ],
    ),
];

/// The name of a command's page: `tidings-held-list`.
pub fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The page of a command, in section 1. It bears no date: the same program gives the same page.
///
/// # Errors
/// None in practice.
pub fn text(command: &Command) -> io::Result<String> {
    let name = name(command);
    let source = concat!("tidings ", env!("CARGO_PKG_VERSION"));
    // An empty date would be left out, and the words behind it would stand in its place.
    let man = Man::new(command.clone()).title(name.to_uppercase()).date(" ").source(source).manual("Tidings");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    let is_whole = name == "tidings";
    if is_whole {
        paragraphs("DESCRIPTION", DESCRIPTION).to_writer(&mut page)?;
    } else {
        man.render_description_section(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    if is_whole {
        signals().to_writer(&mut page)?;
        list("FILES", FILES).to_writer(&mut page)?;
        list("ENVIRONMENT", ENVIRONMENT).to_writer(&mut page)?;
    } else if let Some(notes) = command.get_after_help() {
        paragraphs("NOTES", &notes.to_string()).to_writer(&mut page)?;
    }
    list("EXIT STATUS", &exit(name)).to_writer(&mut page)?;
    if let Some((_, examples)) = EXAMPLES.iter().find(|(of, _)| *of == name) {
        list("EXAMPLES", examples).to_writer(&mut page)?;
    }
    if !is_whole {
        let mut also = Roff::new();
        also.control("SH", ["SEE ALSO"]).text([bold("tidings"), roman("(1)")]);
        also.to_writer(&mut page)?;
    }
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Every signal, what it is worth and what it says.
fn signals() -> Roff {
    let mut roff = paragraphs("SIGNALS", SIGNALS);
    for signal in Signal::ALL {
        let weight = format!(" ({})", scale::shipped(signal));
        roff.control("TP", []).text([bold(signal.name()), roman(weight)]).text([roman(signal.meaning())]);
    }
    roff
}

/// How a command may end; the whole program's page says it of all.
fn exit(name: &str) -> Vec<(&'static str, String)> {
    let mut codes: Vec<(&str, String)> = EXIT.iter().map(|(code, meaning)| (*code, (*meaning).to_owned())).collect();
    for (of, code, meaning) in EXIT_ALSO {
        if *of == name {
            codes.push((code, (*meaning).to_owned()));
        } else if name == "tidings" {
            codes.push((code, format!("{}: {meaning}", of.replace('-', " "))));
        }
    }
    codes
}

/// A section of paragraphs, parted by empty lines.
fn paragraphs(heading: &str, text: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (index, paragraph) in text.split("\n\n").enumerate() {
        if index > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(paragraph.replace('\n', " "))]);
    }
    roff
}

/// A section of words, each with what they mean.
fn list(heading: &str, entries: &[(&str, impl AsRef<str>)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (word, meaning) in entries {
        roff.control("TP", []).text([bold(*word)]).text([roman(meaning.as_ref())]);
    }
    roff
}
