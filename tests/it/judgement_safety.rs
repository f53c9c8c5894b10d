//! What text must not buy: loud advertising, false senders, threats of strangers.

use crate::judgement_rig::{Case, Draft, Proof, Wanted, check};

const SOON: &str = "2027-01-13T10:01:00Z";
const BULK: &str = "List-Unsubscribe: <https://shop.example/u>\nPrecedence: bulk\n";

/// Offers that end, in six languages.
const OFFERS: &[(&str, &str)] = &[
    (
        "Ends tonight: 40 % off everything",
        "Last chance! Our sale ends tonight at midnight. Shop now. Unsubscribe here.",
    ),
    ("24 hours only", "Only 24 hours left to save. Don't miss out. View in browser."),
    ("Final hours", "Your exclusive offer expires today. Order before 8pm and get free shipping."),
    (
        "Nur noch heute: 40 % Rabatt",
        "Letzte Chance! Die Aktion endet heute um Mitternacht. Jetzt sichern. Newsletter abmelden.",
    ),
    ("Nur 24 Stunden", "Nur noch 24 Stunden sparen, solange der Vorrat reicht. Im Browser ansehen."),
    ("Dernière chance", "Nos soldes se terminent ce soir à minuit. Profitez-en vite. Se désabonner."),
    ("Plus que 24h", "Plus que 24 heures pour en profiter ! Ne manquez pas nos offres. Voir dans votre navigateur."),
    ("Última oportunidad", "Las rebajas terminan hoy a medianoche. Compra ahora. Darse de baja."),
    ("Solo 24 horas", "Solo 24 horas con envío gratis. No te lo pierdas. Ver en el navegador."),
    ("Última oportunidade", "As ofertas terminam hoje à meia-noite. Aproveite já. Cancelar a subscrição."),
    ("Só hoje", "Apenas 24 horas com portes grátis. Não perca. Ver no navegador."),
    ("Ultima occasione", "I saldi finiscono stasera a mezzanotte. Acquista ora. Annulla iscrizione."),
    ("Solo per 24 ore", "Solo 24 ore con spedizione gratis. Non perdere le nostre offerte. Vedi nel browser."),
];

/// Threats that want a click, in six languages.
const THREATS: &[(&str, &str)] = &[
    (
        "Your account will be closed",
        "Your account will be closed within 24 hours. Act now: https://login.evil.example/v",
    ),
    (
        "Final warning",
        "We could not process your payment. Act immediately or your mailbox will be deleted within 24 hours.",
    ),
    (
        "Ihr Konto wird gesperrt",
        "Ihr Konto wird innerhalb von 24 Stunden gesperrt. Handeln Sie sofort: https://login.evil.example/v",
    ),
    (
        "Votre compte sera fermé",
        "Votre compte sera fermé dans les 24 heures. Agissez immédiatement : https://login.evil.example/v",
    ),
    ("Su cuenta será cerrada", "Su cuenta será cerrada en 24 horas. Actúe de inmediato: https://login.evil.example/v"),
    (
        "A sua conta será encerrada",
        "A sua conta será encerrada em 24 horas. Aja imediatamente: https://login.evil.example/v",
    ),
    (
        "Il suo conto sarà chiuso",
        "Il suo conto sarà chiuso entro 24 ore. Agisca immediatamente: https://login.evil.example/v",
    ),
];

/// Alarms with a sender who is not who they say.
const FORGED: &[(&str, &str, &str)] = &[
    ("Alerts <alerts@monitoring.example>", "[FIRING:1] Database down", "Status: firing. Severity: critical."),
    ("Nagios <nagios@ops.example>", "** PROBLEM Service Alert: db1/disk is CRITICAL **", "State: CRITICAL"),
    (
        "Zabbix <zabbix@ops.example>",
        "Störung: Datenbank nicht erreichbar",
        "Der Server antwortet nicht mehr. Kritischer Alarm.",
    ),
    (
        "Surveillance <alertes@ops.example>",
        "[CRITIQUE] Serveur injoignable",
        "Le serveur ne répond plus. Alarme critique.",
    ),
    ("Monitor <alertas@ops.example>", "[CRÍTICO] Servidor caído", "El servidor no responde. Alerta crítica."),
    ("Monitor <avisos@ops.example>", "[CRÍTICO] Servidor fora do ar", "O servidor não responde. Alerta crítico."),
    (
        "Monitor <allarmi@ops.example>",
        "[CRITICO] Server irraggiungibile",
        "Il server non risponde più. Allarme critico.",
    ),
];

fn bulk(subject: &str, body: &str) -> Case {
    let from = "Shop <news@shop.example>";
    Draft { from, subject, body, headers: BULK, proof: Proof::Passed, ..Draft::default() }.case(
        "bulk",
        SOON,
        Wanted::Later,
    )
}

#[test]
fn offers_that_end_are_not_urgent() {
    check(OFFERS.iter().map(|(subject, body)| bulk(subject, body)));
}

#[test]
fn offers_without_the_fields_of_lists_are_not_urgent() {
    check(OFFERS.iter().map(|(subject, body)| {
        let from = "Shop <news@shop.example>";
        Draft { from, subject, body, ..Draft::default() }.case("offer", SOON, Wanted::Later)
    }));
}

#[test]
fn shouting_in_bulk_mail_is_not_urgent() {
    let shouts = [
        ("URGENT!!!", "URGENT!!! Read this immediately, asap!!!"),
        ("DRINGEND!!!", "Es ist dringend! Sofort handeln, so schnell wie möglich!"),
        ("URGENT !!!", "C'est très urgent, répondez immédiatement, dès que possible !"),
        ("¡¡¡URGENTE!!!", "Es muy urgente, responda de inmediato, lo antes posible."),
        ("URGENTE!!!", "É muito urgente, responda imediatamente, o mais rápido possível."),
        ("URGENTE!!!", "È molto urgente, rispondi subito, il prima possibile."),
    ];
    let loud = format!("{BULK}Importance: high\nX-Priority: 1\n");
    check(shouts.iter().map(|(subject, body)| {
        let from = "Shop <news@shop.example>";
        Draft { from, subject, body, headers: &loud, ..Draft::default() }.case("shout", SOON, Wanted::Later)
    }));
}

#[test]
fn threats_of_strangers_are_not_urgent() {
    for proof in [Proof::None, Proof::Failed] {
        check(THREATS.iter().map(|(subject, body)| {
            let from = "Service <service@evil.example>";
            Draft { from, subject, body, proof, ..Draft::default() }.case("threat", SOON, Wanted::Later)
        }));
    }
}

#[test]
fn a_forged_sender_is_never_critical() {
    check(FORGED.iter().map(|(from, subject, body)| {
        let proof = Proof::Failed;
        Draft { from, subject, body, proof, ..Draft::default() }.case("forged", SOON, Wanted::NotCritical)
    }));
}
