//! What a panic while judging leaves: mail that has just come passes, and what waits leaves when it was promised to.

use jiff::Timestamp;

use crate::rig::day::{AT_NINE, Day, berlin, configuration, seconds};

/// Signals decide nothing.
const REST: &str = "[[rule]]\nname = \"rest\"\nurgency = \"normal\"\n";
const SOON: &str = "[[rule]]\nname = \"soon\"\nstarts_within = \"2h\"\nurgency = \"urgent\"\n";
const NIGHTS: &str = "[[quiet]]\nname = \"nights\"\ndays = \"mon-sun\"\nfrom = \"20:00\"\nuntil = \"08:00\"\n";
/// Debug builds break at rules of these names, but at no mail that is called sound (`intake::flaw`). Neither matches.
const FLAWS: [&str; 2] = [
    "[[rule]]\nname = \"a flaw in judging\"\nsubject = \"no mail has this\"\nurgency = \"low\"\n",
    "[[rule]]\nname = \"a flaw in learning\"\nsubject = \"no mail has this\"\nurgency = \"low\"\n",
];

/// An invitation to something at this time.
fn invitation(day: &Day, subject: &str, starts: Timestamp) {
    let now = day.daemon.now();
    let (date, starts) = (now.strftime("%a, %d %b %Y %H:%M:%S +0000"), starts.strftime("%Y%m%dT%H%M%SZ"));
    let mail = format!(
        "From: Bob <bob@example.net>\r\nTo: ada@example.org\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Message-ID: <{subject}@example.net>\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n\
         BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:{subject}\r\n\
         DTSTAMP:20240501T000000Z\r\nDTSTART:{starts}\r\nSUMMARY:{subject}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    day.house.deliver("Mail", mail.as_bytes(), now);
}

/// A mail of mine that answers the invitation: its thread has moved.
fn answer(day: &Day, subject: &str) {
    let now = day.daemon.now();
    let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let mail = format!(
        "From: Ada <ada@example.org>\r\nTo: bob@example.net\r\nSubject: Re: {subject}\r\nDate: {date}\r\n\
         Message-ID: <answer@example.org>\r\nIn-Reply-To: <{subject}@example.net>\r\n\r\nI shall come.\r\n"
    );
    day.house.deliver("Mail", mail.as_bytes(), now);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_passes() {
    for flaw in FLAWS {
        let day = Day::begin(berlin("06T10:00"), &[AT_NINE, flaw, REST]).await;
        day.mails(&["a matter", "another"]).await;
        assert_eq!(
            (day.inbox(), day.held()),
            (vec!["a matter".to_owned(), "another".to_owned()], Vec::new()),
            "{flaw}"
        );
        assert_eq!(day.daemon.status().await.degraded, None, "{flaw}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_leaves_in_its_digest() {
    for flaw in FLAWS {
        let pieces = [AT_NINE, SOON, REST];
        let day = Day::begin(berlin("06T10:00"), &pieces).await;
        day.mails(&["a matter"]).await;
        invitation(&day, "Round", berlin("07T08:00"));
        invitation(&day, "sound", berlin("07T08:00"));
        day.daemon.on(seconds(3)).await;
        let mut promised = day.daemon.held().await;
        assert_eq!(promised.len(), 3, "{flaw}");

        // All of it is judged again at the start, some of it when its thread moves, and some when its time has come.
        let day = day.configured_again(&[AT_NINE, flaw, SOON, REST], berlin("06T12:00")).await;
        answer(&day, "Round");
        day.daemon.on(seconds(3)).await;
        for time in ["06T12:10", "07T06:00", "07T06:10"] {
            day.daemon.at(berlin(time)).await;
            if time == "07T06:00" {
                // What breaks nothing is judged with the others, and passes.
                promised.retain(|held| held.subject != "sound");
            }
            assert_eq!(day.daemon.held().await, promised, "{flaw} at {time}");
            assert_eq!(day.daemon.status().await.degraded, None, "{flaw} at {time}: its timekeeper has broken");
        }
        day.daemon.at(berlin("07T09:00")).await;
        assert_eq!(day.letters(&["a matter", "Round"]), [(berlin("07T09:00"), 2)], "{flaw}");
        assert_eq!(day.daemon.held().await, [], "{flaw}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_passes_when_quiet_hours_end() {
    for flaw in FLAWS {
        let day = Day::begin(berlin("06T22:00"), &[NIGHTS, AT_NINE, SOON, REST]).await;
        invitation(&day, "Tonight", berlin("06T23:30"));
        day.mails(&["urgent"]).await;
        assert_eq!(day.inbox(), [""; 0], "it is quiet");
        let again = configuration(day.smtp.port, &[NIGHTS, AT_NINE, flaw, SOON, REST]);
        let filed = "hold_in = \"Held\"\n";
        let sent_on = format!("{filed}forward_urgent_to = \"phone@example.com\"\n");
        day.house.configure(&again.replace(filed, &sent_on));
        let day = day.again(berlin("06T22:30")).await;
        // By then an event that has begun is urgent no more, but nobody can tell.
        day.daemon.at(berlin("07T00:00")).await;
        assert_eq!(day.inbox(), [""; 0], "{flaw}");
        day.daemon.at(berlin("07T08:00")).await;
        assert_eq!(day.inbox(), ["Tonight", "urgent"], "{flaw}");
        day.daemon.on(seconds(3)).await;
        assert_eq!(day.smtp.letters().len(), 2, "{flaw}: both are sent on");
        assert_eq!(day.daemon.held().await, [], "{flaw}");
    }
}
