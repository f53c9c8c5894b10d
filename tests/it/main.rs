//! The integration tests: one binary, a topic a file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    // A test tells a story from its beginning to its end; a configuration of a server is one text.
    clippy::too_many_lines
)]

mod again;
mod alarms_end;
mod attached;
mod backup;
mod bad_input;
mod canary;
mod chat_cards;
mod chat_field;
mod chat_generic;
mod chat_mentions;
mod chat_rig;
mod chat_signed;
mod chat_states;
mod command_line;
mod config;
mod config_hooks;
mod config_hooks_proof;
mod courier;
mod crash;
mod cyrus;
mod digest_forms;
mod digest_week;
mod every_zone;
mod explain;
mod field;
mod field_chat;
mod forward;
mod history;
mod holidays;
mod hooks;
mod hooks_compare;
mod hooks_hostile;
mod hooks_names;
mod hooks_proof;
mod hooks_watched;
mod hostile;
mod imap_door;
mod imap_dovecot;
mod judged_again;
mod judgement_alarms;
mod judgement_codes;
mod judgement_events;
mod judgement_people;
mod judgement_phrases;
mod judgement_rig;
mod judgement_safety;
mod judgement_times;
mod judging_breaks;
mod mail_corpus;
mod maildir_door;
mod operate;
mod people;
mod providers;
mod readme;
mod real_dovecot;
mod real_servers;
mod references;
mod release;
mod reload;
mod replay;
mod rig;
mod simulated_year;
mod smtp_door;
mod store_crash;
mod store_history;
mod store_measure;
mod store_open;
mod store_records;
mod store_rig;
mod store_transitions;
mod time;
mod tokens;
mod two_channels;
mod vacation;
mod vectors;
mod vectors_listened;
mod watching;
