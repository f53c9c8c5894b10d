//! Deadlines by the sender's clock, in six languages, from Auckland to Honolulu, before and after.

use crate::judgement_rig::{Draft, Wanted, check};

/// Offsets as in a Date field, and as in RFC 3339.
const ZONES: &[(&str, &str)] = &[
    ("+1300", "+13:00"),
    ("+1000", "+10:00"),
    ("+0900", "+09:00"),
    ("+0530", "+05:30"),
    ("+0300", "+03:00"),
    ("+0100", "+01:00"),
    ("+0000", "+00:00"),
    ("-0300", "-03:00"),
    ("-0500", "-05:00"),
    ("-0700", "-07:00"),
    ("-1000", "-10:00"),
];

const BY_FIVE: &[(&str, &str)] = &[
    ("offer", "Ada, I need your signature by 5pm today, or we lose the contract."),
    ("tender", "Please send me the final figures by 5:00 pm today."),
    ("Angebot", "Kannst du mir die Zahlen bis 17 Uhr heute schicken?"),
    ("Vertrag", "Bitte unterschreiben Sie den Vertrag heute bis 17:00 Uhr."),
    ("devis", "Peux-tu m'envoyer le devis avant 17h aujourd'hui ?"),
    ("oferta", "¿Puedes enviarme la oferta antes de las 17:00 de hoy?"),
    ("proposta", "Podes enviar-me a proposta até às 17h de hoje?"),
    ("offerta", "Puoi mandarmi l'offerta entro le 17 di oggi?"),
];

const TOMORROW_NOON: &[(&str, &str)] = &[
    ("room", "Can you confirm the room by tomorrow noon? Otherwise it is gone."),
    ("Saal", "Bitte bestätigen Sie den Saal bis morgen 12 Uhr."),
    ("salle", "Peux-tu confirmer la salle avant demain midi ? Sinon elle est perdue."),
    ("sala", "¿Puedes confirmar la sala antes de mañana al mediodía? Si no, la perdemos."),
    ("sala", "Podes confirmar a sala até amanhã ao meio-dia? Senão perdemo-la."),
    ("sala", "Puoi confermare la sala entro domani a mezzogiorno? Altrimenti la perdiamo."),
];

#[test]
fn five_o_clock_is_the_senders() {
    let mut cases = Vec::new();
    for (field, offset) in ZONES {
        let date = format!("Wed, 13 Jan 2027 10:02:00 {field}");
        for (subject, body) in BY_FIVE {
            let draft = Draft { subject, body, date: &date, ..Draft::default() };
            let when = |time: &str| format!("2027-01-13T{time}{offset}");
            cases.push(draft.case(field, &when("15:30:00"), Wanted::Now));
            cases.push(draft.case(field, &when("17:31:00"), Wanted::Later));
        }
    }
    check(cases);
}

#[test]
fn tomorrow_is_the_day_after_the_mail() {
    let mut cases = Vec::new();
    for (subject, body) in TOMORROW_NOON {
        let draft = Draft { subject, body, date: "Tue, 12 Jan 2027 09:10:00 +0000", ..Draft::default() };
        cases.push(draft.case("the morning after", "2027-01-13T10:30:00Z", Wanted::Now));
        cases.push(draft.case("too late", "2027-01-13T13:30:00Z", Wanted::Later));
        cases.push(draft.case("weeks later", "2027-02-02T10:30:00Z", Wanted::Later));
    }
    check(cases);
}

#[test]
fn a_deadline_of_next_week_waits() {
    let texts = [
        ("report", "Please send me the report by next Friday."),
        ("Bericht", "Bitte schick mir den Bericht bis nächsten Freitag."),
        ("rapport", "Merci de m'envoyer le rapport avant vendredi prochain."),
        ("informe", "Por favor envíame el informe antes del próximo viernes."),
        ("relatório", "Podes enviar-me o relatório até à próxima sexta-feira?"),
        ("relazione", "Puoi mandarmi la relazione entro venerdì prossimo?"),
    ];
    check(texts.iter().map(|(subject, body)| {
        Draft { subject, body, ..Draft::default() }.case("far", "2027-01-13T10:01:00Z", Wanted::Later)
    }));
}
