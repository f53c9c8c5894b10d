//! How long each stage may take: RFC 5321 section 4.5.3.2, or scaled down by a test.

use std::time::Duration;

use crate::limits;

/// The time limit of each stage. A limit that is too short makes duplicates: the server has the letter, and we do not
/// know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For the greeting after the connection stands.
    pub greeting: Duration,
    /// For the reply to EHLO.
    pub hello: Duration,
    /// For the reply to STARTTLS, and again for the handshake.
    pub start_tls: Duration,
    /// For each reply within AUTH.
    pub auth: Duration,
    /// For the reply to MAIL, and to RSET before it.
    pub mail: Duration,
    /// For the reply to RCPT.
    pub rcpt: Duration,
    /// For the 354.
    pub data: Duration,
    /// For one block of the letter to be taken by the network.
    pub block: Duration,
    /// For the reply after the final dot.
    pub end_of_data: Duration,
    /// For the reply to QUIT, which changes nothing.
    pub quit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            greeting: limits::doors::SMTP_GREETING,
            hello: limits::doors::SMTP_HELLO,
            start_tls: limits::doors::SMTP_START_TLS,
            auth: limits::doors::SMTP_AUTH,
            mail: limits::doors::SMTP_MAIL,
            rcpt: limits::doors::SMTP_RCPT,
            data: limits::doors::SMTP_DATA,
            block: limits::doors::SMTP_BLOCK,
            end_of_data: limits::doors::SMTP_END_OF_DATA,
            quit: limits::doors::SMTP_QUIT,
        }
    }
}
