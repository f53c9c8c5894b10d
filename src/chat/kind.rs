//! The kinds of hooks.

/// A kind: a service and the way in which it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Slack, Events API.
    Slack,
    /// Mattermost, outgoing webhooks.
    Mattermost,
    /// Rocket.Chat, outgoing integrations.
    RocketChat,
    /// Zulip, outgoing webhook bots.
    Zulip,
    /// Telegram, bot webhooks.
    Telegram,
    /// Microsoft Teams, outgoing webhooks.
    Teams,
    /// Discord, webhook events.
    Discord,
    /// Matrix, application service.
    Matrix,
    /// Matrix, push gateway.
    MatrixPush,
    /// WhatsApp Business, Cloud API.
    WhatsApp,
    /// Facebook Messenger and Pages.
    Messenger,
    /// X.
    X,
    /// SMS and WhatsApp by Twilio.
    Twilio,
    /// Microsoft Teams through Graph.
    TeamsGraph,
    /// Google Chat.
    GoogleChat,
    /// Zoom: team chat, meetings, calls.
    Zoom,
    /// Asana.
    Asana,
    /// Trello.
    Trello,
    /// Basecamp.
    Basecamp,
    /// Notion.
    Notion,
    /// Confluence Data Center.
    Confluence,
    /// Jira.
    Jira,
    /// GitHub.
    GitHub,
    /// GitLab.
    GitLab,
    /// Linear.
    Linear,
    /// PagerDuty, V3 webhooks.
    PagerDuty,
    /// Prometheus Alertmanager.
    Alertmanager,
    /// Grafana alerting.
    Grafana,
    /// Standard Webhooks.
    StandardWebhooks,
    /// Any other service, by configuration.
    Generic,
}

/// All kinds with the names of the configuration.
pub const KINDS: &[(&str, Kind)] = &[
    ("slack", Kind::Slack),
    ("mattermost", Kind::Mattermost),
    ("rocketchat", Kind::RocketChat),
    ("zulip", Kind::Zulip),
    ("telegram", Kind::Telegram),
    ("teams", Kind::Teams),
    ("discord", Kind::Discord),
    ("matrix", Kind::Matrix),
    ("matrix-push", Kind::MatrixPush),
    ("whatsapp", Kind::WhatsApp),
    ("messenger", Kind::Messenger),
    ("x", Kind::X),
    ("twilio", Kind::Twilio),
    ("teams-graph", Kind::TeamsGraph),
    ("google-chat", Kind::GoogleChat),
    ("zoom", Kind::Zoom),
    ("asana", Kind::Asana),
    ("trello", Kind::Trello),
    ("basecamp", Kind::Basecamp),
    ("notion", Kind::Notion),
    ("confluence", Kind::Confluence),
    ("jira", Kind::Jira),
    ("github", Kind::GitHub),
    ("gitlab", Kind::GitLab),
    ("linear", Kind::Linear),
    ("pagerduty", Kind::PagerDuty),
    ("alertmanager", Kind::Alertmanager),
    ("grafana", Kind::Grafana),
    ("standard-webhooks", Kind::StandardWebhooks),
    ("generic", Kind::Generic),
];

/// Other names for some, under which recorded requests of theirs are known.
const ALSO: &[(&str, Kind)] = &[
    ("teams-outgoing", Kind::Teams),
    ("matrix-appservice", Kind::Matrix),
    ("x-twitter", Kind::X),
    ("confluence-dc", Kind::Confluence),
];

impl Kind {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// The kind of this name, or of another that is in use; `_` is as good as `-`.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.replace('_', "-");
        KINDS.iter().chain(ALSO).find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, Kind};

    #[test]
    fn names_are_found() {
        for (name, kind) in KINDS {
            assert_eq!((kind.name(), Kind::named(name)), (*name, Some(*kind)));
        }
        assert_eq!(Kind::named("matrix_appservice").map(Kind::name), Some("matrix"));
        assert_eq!(Kind::named("matrix_push").map(Kind::name), Some("matrix-push"));
        assert_eq!(Kind::named("slak"), None);
    }
}
