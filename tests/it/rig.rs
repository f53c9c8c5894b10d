//! What the topics share: servers in this process that follow a script, real ones, and certificates for them.

pub mod api;
pub mod certificates;
pub mod cyrus;
pub mod daemon;
pub mod day;
pub mod dialogue;
pub mod dice;
pub mod dovecot;
pub mod gate;
pub mod http;
pub mod imap;
pub mod imap_client;
pub mod imap_server;
pub mod inside;
pub mod maildir;
pub mod mails;
pub mod openmetrics;
pub mod postfix;
pub mod postman;
pub mod power_cut;
pub mod process;
pub mod serving;
pub mod slack;
pub mod smtp_server;
pub mod wait;
