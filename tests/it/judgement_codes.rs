//! One-time codes, and the many numbers and words that are none, in six languages.

use crate::judgement_rig::{Case, Draft, Proof, Wanted, check};

/// Numbers that are to be typed in nowhere: subject, text.
const NO_CODES: &[(&str, &str)] = &[
    ("Card payment", "Your card ending 4417 was charged 18.20 GBP at CORNER SHOP. Authorisation 771204."),
    ("Your parcel", "Order number 840213 left our warehouse. Tracking code 5529017733."),
    ("Your booking", "Booking reference K7QF2M, ticket 220915. The gate opens 45 minutes before departure."),
    ("Annual report 2026", "Turnover grew from 2024 to 2026 by 1200 million. See page 3141."),
    ("Save now", "Enter coupon code WINTER27 at checkout, or 445566 in our shops."),
    ("Ihre Zahlung", "Ihre Karte mit den Endziffern 8841 wurde mit 19,90 EUR belastet. Transaktionscode 661903."),
    ("Ihre Bestellung", "Bestellnummer 559120, Kundennummer 100443. Fragen? Hotline 0800 442211."),
    ("Gutschein", "Mit dem Gutscheincode SOMMER24 oder 889900 sparen Sie an der Kasse 10 Euro."),
    ("Protokoll", "Im Jahr 2025 waren es 4800, im Jahr 2026 schon 5120 Besucher. Die Postleitzahl ist 1030."),
    (
        "Paiement par carte",
        "Votre carte se terminant par 3307 a été débitée de 45,00 EUR. Numéro de transaction 118824.",
    ),
    ("Votre colis", "Numéro de commande 702214, numéro de suivi 6618230. Code postal 75011."),
    ("Bon plan", "Avec le code promo NEIGE15 ou 151515, moins 15 % à la caisse."),
    ("Compra con tarjeta", "Compra de 32,10 EUR con la tarjeta terminada en 9917. Código de operación 440182."),
    ("Tu pedido", "Número de pedido 330415, número de seguimiento 99120044. Código postal 28013."),
    ("Rebajas", "Usa el código promocional FIESTA30 o 303030 al finalizar la compra."),
    ("Compra com cartão", "Compra de 12,50 EUR com o cartão terminado em 6620. Número da transação 905511."),
    ("A sua encomenda", "Número da encomenda 118290. Código de rastreio 4410093. Código postal 1000-205."),
    ("Desconto", "Com o código promocional PRAIA10 ou 101010 tem desconto no carrinho."),
    ("Pagamento con carta", "Pagamento di 21,00 EUR con carta che termina con 5518. Codice operazione 337719."),
    ("Il tuo ordine", "Numero d'ordine 664120, codice di spedizione 7710254. Codice postale 20121."),
    ("Saldi", "Con il codice sconto ESTATE20 o 202020 risparmi alla cassa."),
    ("Codice fiscale", "Il codice fiscale dell'associazione è 97103880585, l'IBAN è sul sito."),
];

/// Codes that let somebody in: sender, subject, text.
const CODES: &[(&str, &str, &str)] = &[
    ("sign-in@service.example", "Your sign-in code", "Your verification code is QXTR. It expires in 10 minutes."),
    ("no-reply@service.example", "Confirm it is you", "Enter the code J4K9-PZ to log in. It is valid for 10 minutes."),
    ("sicherheit@bank.example", "Anmeldung", "Ihr Bestätigungscode lautet WKLM. Er ist 10 Minuten gültig."),
    (
        "konto@dienst.example",
        "Dein Anmeldecode",
        "Gib den Code 7HT2Q ein, um dich anzumelden. Er läuft in 10 Minuten ab.",
    ),
    ("login@dienst.example", "Ihr Einmalpasswort", "Einmalpasswort: R8ZK4. Gültig für 10 Minuten."),
    (
        "connexion@service.example",
        "Code de connexion",
        "Votre code de vérification est BVDE. Il expire dans 10 minutes.",
    ),
    ("securite@banque.example", "Code de sécurité", "Saisissez le code P3XN8 pour vous connecter. Valable 10 minutes."),
    ("avisos@banco.example", "Clave de acceso", "Tu código de verificación es TRLA. Caduca en 10 minutos."),
    (
        "seguridad@servicio.example",
        "Inicio de sesión",
        "Introduce el código 5MNQ8 para iniciar sesión. Vence en 10 minutos.",
    ),
    ("seguranca@banco.example", "Código de acesso", "O seu código de verificação é HQPL. É válido durante 10 minutos."),
    ("conta@servico.example", "Seu código", "Use o código 9TX4B para entrar na sua conta. Expira em 10 minutos."),
    ("accessi@servizio.example", "Codice di accesso", "Il tuo codice di verifica è MZRU. Scade tra 10 minuti."),
    ("sicurezza@banca.example", "Accesso", "Inserisci il codice 6LD3W per accedere. È valido per 10 minuti."),
];

#[test]
fn other_numbers_are_no_codes() {
    let cases = NO_CODES.iter().map(|(subject, body)| {
        let from = "Info <info@company.example>";
        Draft { from, subject, body, proof: Proof::Passed, ..Draft::default() }.case(
            "number",
            "2027-01-13T10:01:00Z",
            Wanted::NoCode,
        )
    });
    check(cases);
}

fn code(&(from, subject, body): &(&str, &str, &str), proof: Proof, (when, wanted): (&str, Wanted)) -> Case {
    Draft { from, subject, body, proof, ..Draft::default() }.case("code", when, wanted)
}

#[test]
fn codes_of_letters_are_codes() {
    check(CODES.iter().map(|one| code(one, Proof::Passed, ("2027-01-13T10:02:00Z", Wanted::Critical))));
}

#[test]
fn codes_of_digits_are_codes() {
    let digits = |body: &str| {
        let word = |word: &str| {
            let is_code =
                word.trim_matches(['.', ',']).chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
                    && word.trim_matches(['.', ',']).len() >= 4;
            if is_code { "481 902".to_owned() } else { word.to_owned() }
        };
        body.split(' ').map(word).collect::<Vec<_>>().join(" ")
    };
    let cases = CODES.iter().map(|(from, subject, body)| {
        let body = digits(body);
        assert!(body.contains("481 902"), "{body}");
        code(&(from, subject, &body), Proof::Passed, ("2027-01-13T10:02:00Z", Wanted::Critical))
    });
    check(cases);
}

#[test]
fn an_expired_code_waits() {
    check(CODES.iter().map(|one| code(one, Proof::Passed, ("2027-01-13T13:00:00Z", Wanted::Later))));
}
