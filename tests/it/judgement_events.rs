//! Single meetings of a series: cancelled, moved or added, today and far.

use crate::judgement_rig::{Case, Draft, Wanted, check};

/// An event as a calendar program sends it: the method, the lines of its VEVENT.
fn event(what: &str, (method, lines): (&str, &str), wanted: Wanted) -> Case {
    let calendar = format!(
        "BEGIN:VCALENDAR\nMETHOD:{method}\nPRODID:-//Calendar//EN\nVERSION:2.0\nBEGIN:VEVENT\nORGANIZER;CN=Kim:mailto:kim@example.com\nATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ada@example.org\nUID:series4@example.com\nSUMMARY:Weekly\nDTSTAMP:20270113T095900Z\n{lines}\nEND:VEVENT\nEND:VCALENDAR"
    );
    let body = format!(
        "--cal\nContent-Type: text/plain; charset=utf-8\n\n{what}\n--cal\nContent-Type: text/calendar; charset=utf-8; method={method}\n\n{calendar}\n--cal--"
    );
    let draft = Draft {
        subject: what,
        headers: "Content-Type: multipart/alternative; boundary=\"cal\"\n",
        body: &body,
        ..Draft::default()
    };
    let case = draft.case(what, "2027-01-13T13:00:00Z", wanted);
    Case { what: format!("{what}: {method} {lines}"), ..case }
}

/// A VEVENT of one occurrence: its old time, its new one.
fn occurrence(was: &str, begins: &str, ends: &str, status: &str) -> String {
    format!("RECURRENCE-ID{was}\nDTSTART{begins}\nDTEND{ends}\nSEQUENCE:3\nSTATUS:{status}")
}

#[test]
fn a_change_of_today_passes() {
    let lisbon = ";TZID=Europe/Lisbon:20270113T150000";
    let cancelled = occurrence(lisbon, lisbon, ";TZID=Europe/Lisbon:20270113T160000", "CANCELLED");
    let moved =
        occurrence(lisbon, ";TZID=Europe/Lisbon:20270113T143000", ";TZID=Europe/Lisbon:20270113T153000", "CONFIRMED");
    let added = "DTSTART:20270113T141500Z\nDTEND:20270113T144500Z\nSEQUENCE:0\nSTATUS:CONFIRMED";
    let utc = occurrence(":20270113T150000Z", ":20270113T150000Z", ":20270113T160000Z", "CANCELLED");
    let tokyo = occurrence(
        ";TZID=Asia/Tokyo:20270114T000000",
        ";TZID=Asia/Tokyo:20270114T000000",
        ";TZID=Asia/Tokyo:20270114T010000",
        "CANCELLED",
    );
    let outlook = occurrence(
        ";TZID=W. Europe Standard Time:20270113T160000",
        ";TZID=W. Europe Standard Time:20270113T160000",
        ";TZID=W. Europe Standard Time:20270113T170000",
        "CANCELLED",
    );
    let outlook_moved = occurrence(
        ";TZID=GMT Standard Time:20270113T170000",
        ";TZID=GMT Standard Time:20270113T143000",
        ";TZID=GMT Standard Time:20270113T153000",
        "CONFIRMED",
    );
    let new_york = occurrence(
        ";TZID=America/New_York:20270113T100000",
        ";TZID=America/New_York:20270113T093000",
        ";TZID=America/New_York:20270113T103000",
        "CONFIRMED",
    );
    check([
        event("Canceled: Weekly", ("CANCEL", &cancelled), Wanted::Now),
        event("Abgesagt: Weekly", ("CANCEL", &utc), Wanted::Now),
        event("Annulé : Weekly", ("CANCEL", &tokyo), Wanted::Now),
        event("Cancelado: Weekly", ("CANCEL", &outlook), Wanted::Now),
        event("Updated invitation: Weekly", ("REQUEST", &moved), Wanted::Now),
        event("Aktualisiert: Weekly", ("REQUEST", &outlook_moved), Wanted::Now),
        event("Aggiornato: Weekly", ("REQUEST", &new_york), Wanted::Now),
        event("Invitation: Weekly, extra", ("REQUEST", added), Wanted::Now),
    ]);
}

#[test]
fn a_change_of_a_far_day_waits() {
    let far = |day: &str, status: &str| {
        let zone = ";TZID=Europe/Lisbon:";
        occurrence(
            &format!("{zone}{day}T150000"),
            &format!("{zone}{day}T150000"),
            &format!("{zone}{day}T160000"),
            status,
        )
    };
    let outlook = occurrence(
        ";TZID=W. Europe Standard Time:20270217T160000",
        ";TZID=W. Europe Standard Time:20270217T110000",
        ";TZID=W. Europe Standard Time:20270217T120000",
        "CONFIRMED",
    );
    let all_day =
        "RECURRENCE-ID;VALUE=DATE:20270210\nDTSTART;VALUE=DATE:20270210\nDTEND;VALUE=DATE:20270211\nSTATUS:CANCELLED";
    let past = far("20270106", "CANCELLED");
    check([
        event("Canceled: Weekly", ("CANCEL", &far("20270203", "CANCELLED")), Wanted::Later),
        event("Abgesagt: Weekly", ("CANCEL", &far("20270120", "CANCELLED")), Wanted::Later),
        event("Cancelado: Weekly", ("CANCEL", &far("20270303", "CANCELLED")), Wanted::Later),
        event("Aggiornato: Weekly", ("REQUEST", &far("20270127", "CONFIRMED")), Wanted::Later),
        event("Actualisé : Weekly", ("REQUEST", &outlook), Wanted::Later),
        event("Annulé : Weekly", ("CANCEL", all_day), Wanted::Later),
        event("Canceled: Weekly", ("CANCEL", &past), Wanted::Later),
        event("Invitation: Weekly", ("REQUEST", "DTSTART:20270301T141500Z\nDTEND:20270301T144500Z"), Wanted::Later),
    ]);
}

/// A change of today's meeting that is said in words only, without a calendar part.
#[test]
fn a_change_in_words_passes_today_and_waits_when_far() {
    let said = [
        (
            "Today's standup is cancelled",
            "Today's standup at 2 pm is cancelled.",
            "The standup on 10 March is cancelled.",
        ),
        ("Besprechung", "Die Besprechung heute um 14 Uhr entfällt.", "Die Besprechung am 10. März entfällt."),
        ("réunion", "La réunion d'aujourd'hui à 14h est annulée.", "La réunion du 10 mars est annulée."),
        ("reunión", "La reunión de hoy a las 14:00 queda cancelada.", "La reunión del 10 de marzo queda cancelada."),
        ("reunião", "A reunião de hoje às 14h foi adiada.", "A reunião de 10 de março foi adiada."),
        ("riunione", "La riunione di oggi alle 14 è rinviata.", "La riunione del 10 marzo è rinviata."),
    ];
    let mut cases = Vec::new();
    for (subject, today, far) in said {
        let draft = |body| Draft { subject: "news", body, ..Draft::default() };
        cases.push(draft(today).case(subject, "2027-01-13T12:00:00Z", Wanted::Now));
        cases.push(draft(far).case(subject, "2027-01-13T12:00:00Z", Wanted::Later));
    }
    check(cases);
}
