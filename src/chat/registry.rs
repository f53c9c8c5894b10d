//! Which service serves which kind.

use super::alertmanager::Alertmanager;
use super::asana::Asana;
use super::basecamp::Basecamp;
use super::confluence::Confluence;
use super::discord::Discord;
use super::generic::Generic;
use super::github::GitHub;
use super::gitlab::GitLab;
use super::google_chat::GoogleChat;
use super::grafana::Grafana;
use super::jira::Jira;
use super::kind::Kind;
use super::linear::Linear;
use super::matrix::Matrix;
use super::matrix_push::MatrixPush;
use super::mattermost::Mattermost;
use super::messenger::MESSENGER;
use super::notion::Notion;
use super::pagerduty::PagerDuty;
use super::rocketchat::RocketChat;
use super::service::Service;
use super::slack::Slack;
use super::standard_webhooks::StandardWebhooks;
use super::teams::Teams;
use super::teams_graph::TeamsGraph;
use super::telegram::Telegram;
use super::trello::Trello;
use super::twilio::Twilio;
use super::whatsapp::WHATSAPP;
use super::x::X;
use super::zoom::Zoom;
use super::zulip::Zulip;

/// The service of a kind.
pub fn service(kind: Kind) -> &'static dyn Service {
    match kind {
        Kind::Slack => &Slack,
        Kind::Mattermost => &Mattermost,
        Kind::RocketChat => &RocketChat,
        Kind::Zulip => &Zulip,
        Kind::Telegram => &Telegram,
        Kind::Teams => &Teams,
        Kind::Discord => &Discord,
        Kind::Matrix => &Matrix,
        Kind::MatrixPush => &MatrixPush,
        Kind::WhatsApp => &WHATSAPP,
        Kind::Messenger => &MESSENGER,
        Kind::X => &X,
        Kind::Twilio => &Twilio,
        Kind::TeamsGraph => &TeamsGraph,
        Kind::GoogleChat => &GoogleChat,
        Kind::Zoom => &Zoom,
        Kind::Asana => &Asana,
        Kind::Trello => &Trello,
        Kind::Basecamp => &Basecamp,
        Kind::Notion => &Notion,
        Kind::Confluence => &Confluence,
        Kind::Jira => &Jira,
        Kind::GitHub => &GitHub,
        Kind::GitLab => &GitLab,
        Kind::Linear => &Linear,
        Kind::PagerDuty => &PagerDuty,
        Kind::Alertmanager => &Alertmanager,
        Kind::Grafana => &Grafana,
        Kind::StandardWebhooks => &StandardWebhooks,
        Kind::Generic => &Generic,
    }
}
