//! Alarms of monitoring and paging services, by the grammar of their subjects.

use crate::model::message::{Alarm, Authenticity, Importance};
use crate::model::signal::Signal;
use crate::text;
use crate::urgency::parts::Subject;
use crate::urgency::phrase::quoted;
use crate::urgency::phrases::sense::Sense;
use crate::urgency::signal::found::Found;
use crate::urgency::signal::near::{self, hours};
use crate::urgency::view::{View, Voice};

/// An alarm that has rung for a day is known to somebody.
const RINGS: std::time::Duration = hours(24);
/// What is left of an alarm when its sender is proven to be somebody else.
const FORGED: u8 = 40;

/// How the subject of an alarm reads.
#[derive(Clone, Copy)]
enum Shape {
    /// It begins so.
    Begins(&'static str),
    /// It holds this.
    Holds(&'static str),
    /// It begins and goes on so.
    Both(&'static str, &'static str),
    /// It comes from this domain, and holds this.
    From(&'static str, &'static str),
}

use Shape::{Begins, Both, From, Holds};

/// Of each service how the subject of an alarm reads that rings; folded. The share says how surely somebody is to act.
const RINGING: &[(&str, u8, Shape)] = &[
    ("Nagios", 60, Both("** problem ", " is warning")),
    ("Nagios", 60, Both("** problem ", " is unknown")),
    ("Nagios", 100, Begins("** problem ")),
    ("Icinga", 60, Both("[problem]", " is warning")),
    ("Icinga", 100, Begins("[problem]")),
    ("Checkmk", 100, Both("check_mk: ", "-> crit")),
    ("Checkmk", 100, Both("check_mk: ", "-> down")),
    ("Checkmk", 100, Both("checkmk: ", "-> crit")),
    ("Checkmk", 100, Both("checkmk: ", "-> down")),
    ("Zabbix", 100, Begins("problem: ")),
    ("Zabbix", 100, Begins("problem started: ")),
    ("Alertmanager", 100, Holds("[firing:")),
    ("Grafana", 100, Begins("[alerting] ")),
    ("Grafana", 100, Begins("[firing] ")),
    ("PagerDuty", 100, Both("[pagerduty alert]", "triggered")),
    ("PagerDuty", 100, From("pagerduty.com", "triggered")),
    ("Opsgenie", 100, From("opsgenie.net", "alert")),
    ("Opsgenie", 100, From("opsgenie.com", "alert")),
    ("VictorOps", 100, From("victorops.com", "critical")),
    ("UptimeRobot", 100, Both("monitor is down", "")),
    ("UptimeRobot", 100, From("uptimerobot.com", "down")),
    ("Uptime Kuma", 100, Holds("[🔴 down]")),
    ("Pingdom", 100, Both("down alert", "")),
    ("Pingdom", 100, From("pingdom.com", "down")),
    ("StatusCake", 100, From("statuscake.com", "down")),
    ("Better Stack", 100, From("betteruptime.com", "incident started")),
    ("Better Stack", 100, From("betterstack.com", "incident started")),
    ("Healthchecks", 100, From("healthchecks.io", "down")),
    ("Datadog", 100, Begins("[triggered")),
    ("Datadog", 100, Begins("[monitor alert] triggered")),
    ("Datadog", 60, Begins("[warn] ")),
    ("New Relic", 100, From("newrelic.com", "opened")),
    ("CloudWatch", 100, Both("alarm: \"", "\" in ")),
    ("Azure Monitor", 100, Begins("fired:sev")),
    ("Azure Monitor", 100, Holds("azure: activated severity")),
    ("Google Cloud", 100, Both("[alert", " firing")),
    ("Netdata", 100, Holds(" needs attention, ")),
    ("Netdata", 100, Both("", "critical, netdata")),
    ("Sensu", 100, Both("sensu alert", "critical")),
    ("PRTG", 100, Both("[prtg network monitor", " down")),
    ("PRTG", 100, Both("prtg ", " down ")),
    ("Munin", 100, Both("munin", "critical")),
    ("mdadm", 100, Begins("fail event on ")),
    ("mdadm", 100, Begins("failspare event on ")),
    ("mdadm", 100, Begins("degradedarray event on ")),
    ("mdadm", 100, Begins("devicedisappeared event on ")),
    ("smartd", 100, Begins("smart error ")),
    ("monit", 0, Both("monit alert", "succeeded")),
    ("monit", 0, Both("monit alert", "started")),
    ("monit", 0, Both("monit alert", "stopped")),
    ("monit", 100, Begins("monit alert")),
    ("apcupsd", 100, Both("ups ", "power failure")),
    ("apcupsd", 100, Both("", "power failure !!!")),
    ("ZFS", 100, Both("zfs ", "degraded")),
    ("ZFS", 100, Holds("zfs device fault")),
    ("Statuspage", 90, From("statuspage.io", "major outage")),
    ("Statuspage", 80, From("statuspage.io", "investigating")),
    ("Proxmox", 100, Begins("fencing")),
    ("Proxmox", 80, Both("vzdump backup status ", "backup failed")),
    ("Veeam", 80, Both("[failed] ", "backup")),
    ("Dead man", 100, Begins("[dead man")),
];

/// How the text of an alarm reads, where its subject tells nothing: all of these words stand near its beginning.
const BODIES: &[(&str, u8, &[&str])] = &[
    ("mdadm", 100, &["mdadm", "a fail event had been detected on md device"]),
    ("mdadm", 100, &["mdadm", "a failspare event had been detected on md device"]),
    ("mdadm", 100, &["mdadm", "a degradedarray event had been detected on md device"]),
    ("mdadm", 100, &["mdadm", "a devicedisappeared event had been detected on md device"]),
    ("smartd", 100, &["smartd daemon", "the following warning/error was logged"]),
    ("Nagios", 100, &["notification type: problem", "state: critical"]),
    ("Nagios", 100, &["notification type: problem", "state: down"]),
    ("Nagios", 100, &["notification type: problem", "state: unreachable"]),
    ("Nagios", 60, &["notification type: problem", "state: "]),
    ("Zabbix", 100, &["problem started at ", "problem name: ", "severity: high"]),
    ("Zabbix", 100, &["problem started at ", "problem name: ", "severity: disaster"]),
    ("Zabbix", 60, &["problem started at ", "problem name: "]),
    ("Monit", 100, &["connection failed service ", "action: "]),
    ("Monit", 100, &["does not exist service ", "action: "]),
    ("Monit", 100, &["execution failed service ", "action: "]),
    ("Monit", 80, &["resource limit matched service ", "action: "]),
    ("apcupsd", 100, &["power failure on ups "]),
    ("apcupsd", 100, &["apcupsd", "power failure"]),
    ("apcupsd", 100, &["ups ", "running on batteries"]),
    ("NUT", 100, &["ups ", "@", " on battery"]),
    ("NUT", 100, &["ups ", "@", " battery is low"]),
    ("ZFS", 100, &["zfs has marked the device as"]),
    ("ZFS", 100, &["eid: ", "class: statechange", "state: degraded"]),
    ("ZFS", 100, &["eid: ", "class: statechange", "state: faulted"]),
];

/// Words of the same texts when it is only a test, or over.
const HARMLESS: &[&str] = &["test email from smartd", "notification type: recovery", "this is a test", "on line power"];

/// Octets: an alarm says at once what it is.
const EARLY: usize = 800;

/// How the subject of the same services reads when an alarm ends, or somebody has it in hand.
const ENDED: &[&str] = &[
    "recovery",
    "[resolved",
    "resolved:",
    "[ok]",
    "ok: \"",
    "[recovered",
    "monitor is up",
    "up alert",
    "acknowledge",
    "downtimestart",
    "downtimeend",
    "downtimecancelled",
    "flappingstop",
    "flappingend",
    "-> ok",
    "-> up",
    "[🟢 up]",
    "problem resolved",
    "deactivated severity",
    "resolved:sev",
    "incident resolved",
];

/// `alert_source`: an alarm that rings. That the sender claims a service's domain counts where it is proven; the grammar of
/// the subject is no claim. Where a service says by itself how its alarm stands, nothing is read from words.
pub fn alert_source(view: &View<'_>) -> Option<Found> {
    if let Some((service, alarm)) = told(view) {
        let share = firing(view, alarm)?;
        return Some(Found::part(Signal::AlertSource, share, format!("{service}: it says that the alarm fires")));
    }
    let (service, share) = ringing(view)?;
    let share = if view.message.authenticity == Authenticity::Failed { near::of(share, FORGED) } else { share };
    let evidence = match view.message.subject.trim() {
        "" => format!("{service}: its text is that of an alarm"),
        subject => format!("{service}: subject {}", quoted(subject)),
    };
    (share > 0).then(|| Found::part(Signal::AlertSource, share, evidence))
}

/// Whether an alarm rings, and its sender is proven.
pub fn is_critical(view: &View<'_>) -> bool {
    let share = match told(view) {
        Some((_, alarm)) => firing(view, alarm),
        None => ringing(view).map(|(_, share)| share),
    };
    view.message.authenticity == Authenticity::Passed && share == Some(100)
}

/// The service that says how its alarm stands, and how.
fn told<'v>(view: &View<'v>) -> Option<(&'v str, Alarm)> {
    let post = view.message.post.as_ref()?;
    Some((&post.service, post.alarm?))
}

/// How surely somebody is to act on an alarm of which its service says this; `None`: on none that is over or in hand, that has
/// rung for long, or that the service calls unimportant.
fn firing(view: &View<'_>, alarm: Alarm) -> Option<u8> {
    if alarm != Alarm::Firing || !near::is_fresh(view, RINGS) {
        return None;
    }
    match view.message.importance {
        Some(Importance::High) => Some(100),
        Some(Importance::Low) => None,
        _ => Some(60),
    }
}

fn ringing(view: &View<'_>) -> Option<(&'static str, u8)> {
    let subject = untagged(&view.subject.folded);
    if view.subject_of == Subject::Repeated
        || !near::is_fresh(view, RINGS)
        || ENDED.iter().any(|end| subject.contains(end))
    {
        return None;
    }
    let sender = view.message.sender.as_ref().map(|sender| sender.address.to_lowercase()).unwrap_or_default();
    if let Some(found) = by_body(view) {
        return Some(found);
    }
    let found = RINGING.iter().find(|(_, _, shape)| fits(*shape, subject, &sender));
    let state = || view.body.says(&[Sense::Recovered], &view.body.whole());
    let (service, share, shape) = found?;
    // Statuspage and the like write the state into the text only.
    let is_over = matches!(shape, From(..)) && state();
    let is_forged = matches!(shape, From(..)) && view.message.authenticity == Authenticity::Failed;
    (*share > 0 && !is_over && !is_forged).then_some((*service, *share))
}

fn by_body(view: &View<'_>) -> Option<(&'static str, u8)> {
    let text = text::first_bytes(&view.body.folded, EARLY).replace('\n', " ");
    // Who writes to a list or passes it on speaks of an alarm.
    let is_told = view.voice == Voice::Crowd || HARMLESS.iter().any(|words| text.contains(words));
    let found = BODIES.iter().find(|(.., words)| words.iter().all(|words| text.contains(words)));
    found.filter(|_| !is_told).map(|(service, share, _)| (*service, *share))
}

/// A subject without one tag before it: mailing lists and forwarding addresses put one there.
fn untagged(subject: &str) -> &str {
    match subject.strip_prefix('[').and_then(|tag| tag.split_once("] ")) {
        Some((_, rest)) if rest.starts_with(['*', '[']) => rest,
        _ => subject,
    }
}

fn fits(shape: Shape, subject: &str, sender: &str) -> bool {
    match shape {
        Begins(start) => subject.starts_with(start),
        Holds(words) => subject.contains(words),
        Both(start, words) => subject.strip_prefix(start).is_some_and(|rest| rest.contains(words)),
        From(domain, words) => {
            let (_, host) = sender.rsplit_once('@').unwrap_or_default();
            let is_theirs = host.strip_suffix(domain).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'));
            is_theirs && subject.contains(words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{alert_source, is_critical};
    use crate::model::message::{Address, Alarm, Authenticity, Importance, Message, Post};
    use crate::urgency::signal::probe::{WRITTEN, ask, chat, machine, mail};

    fn share(message: &Message) -> u8 {
        ask(message, WRITTEN, |view| alert_source(view).map_or(0, |found| found.share))
    }

    #[test]
    fn alarms_ring_and_end() {
        let check = |subject: &str, expected: u8| assert_eq!(share(&machine(subject, "")), expected, "{subject}");
        check("** PROBLEM Service Alert: web1/HTTPS is CRITICAL **", 100);
        check("** PROBLEM Service Alert: web1/Load is WARNING **", 60);
        check("** RECOVERY Service Alert: web1/HTTPS is OK **", 0);
        check("** ACKNOWLEDGEMENT Service Alert: web1/HTTPS is CRITICAL **", 0);
        check("[ops] ** PROBLEM Host Alert: web1 is DOWN **", 100);
        check("Problem: High CPU utilization", 100);
        check("Resolved: High CPU utilization", 0);
        check("[FIRING:1] DiskFull (db1 critical)", 100);
        check("[RESOLVED] DiskFull (db1 critical)", 0);
        check("[PagerDuty ALERT] You have 1 triggered incident on Web", 100);
        check("Monitor is DOWN: shop", 100);
        check("Monitor is UP: shop", 0);
        check("ALARM: \"cpu-high\" in EU (Ireland)", 100);
        check("OK: \"cpu-high\" in EU (Ireland)", 0);
        check("Fail event on /dev/md0:backup", 100);
        check("SMART error (CurrentPendingSector) detected on host: backup", 100);
        check("monit alert -- Connection failed nginx", 100);
        check("monit alert -- Connection succeeded nginx", 0);
        check("Re: [FIRING:1] DiskFull", 0);
        check("Cron <root@web1> /usr/local/bin/backup", 0);
        check("[team/app] Run failed: tests - main", 0);
        check("The problem with alerts", 0);
    }

    #[test]
    fn a_service_says_how_its_alarm_stands() {
        let told = |alarm, importance| Message {
            automated: true,
            authenticity: Authenticity::Passed,
            importance,
            post: Some(Post {
                service: "alertmanager".to_owned(),
                channel: String::new(),
                channel_name: None,
                permalink: None,
                edited_at: None,
                alarm: Some(alarm),
                level: None,
            }),
            // Its words say nothing, or what it does not.
            ..Message { subject: "[FIRING:1] DiskFull".to_owned(), ..chat("disk full on beta") }
        };
        let check = |alarm, importance, expected: (u8, bool)| {
            let message = told(alarm, importance);
            assert_eq!((share(&message), ask(&message, WRITTEN, is_critical)), expected, "{alarm:?} {importance:?}");
            let late = ask(&message, "2027-01-20T00:00:00Z", |view| alert_source(view).is_some());
            assert!(!late, "what has rung for days is known");
        };
        check(Alarm::Firing, Some(Importance::High), (100, true));
        check(Alarm::Firing, None, (60, false));
        check(Alarm::Firing, Some(Importance::Low), (0, false));
        check(Alarm::Acknowledged, Some(Importance::High), (0, false));
        check(Alarm::Resolved, Some(Importance::High), (0, false));
    }

    #[test]
    fn a_forged_sender_gets_nothing_for_its_name() {
        let pager = |authenticity| Message {
            sender: Some(Address { name: None, address: "no-reply@pagerduty.com".to_owned() }),
            authenticity,
            ..mail("Incident triggered: database", "")
        };
        assert_eq!(share(&pager(Authenticity::Passed)), 100);
        assert!(ask(&pager(Authenticity::Passed), WRITTEN, is_critical));
        assert!(!ask(&pager(Authenticity::Unknown), WRITTEN, is_critical));
        assert_eq!(share(&pager(Authenticity::Failed)), 0);
        let forged = Message { authenticity: Authenticity::Failed, ..mail("[FIRING:1] x", "") };
        assert!(share(&forged) < 50);
    }
}
