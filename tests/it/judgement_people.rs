//! What people write when they need me now, and when they do not, in six languages, by mail and by chat.

use crate::judgement_rig::{Case, Draft, Wanted, chat, check};

/// Each text as a mail that is read a minute after it was written.
fn mails<'t>(subject: &'t str, texts: &'t [&'t str], wanted: Wanted) -> impl Iterator<Item = Case> + 't {
    let draft = move |body| Draft { subject, body, ..Draft::default() };
    texts.iter().map(move |body| draft(body).case("mail", "2027-01-13T10:01:00Z", wanted))
}

/// Each text as a chat message to me alone.
fn chats<'t>(texts: &'t [&'t str], wanted: Wanted) -> impl Iterator<Item = Case> + 't {
    texts.iter().map(move |text| chat(text, wanted))
}

/// Written at 10:00 of a Wednesday.
const NOW: &[&str] = &[
    // Running late, where are you, at the door, call me now, server down, ill at school, moved, before noon.
    "Running 15 min late, sorry!",
    "Where are you? We are all here.",
    "I'm at your door, can you let me in?",
    "Call me now please.",
    "The server is down, nobody can log in.",
    "Your son had an accident at school, please call me immediately.",
    "Our meeting moved to 3 pm today.",
    "Can you send it before noon?",
    "Ich verspäte mich um 15 Minuten, sorry!",
    "Wo bleibst du? Wir sind alle schon da.",
    "Ich stehe vor der Tür, machst du auf?",
    "Ruf mich bitte sofort an.",
    "Der Server ist ausgefallen, niemand kann sich anmelden.",
    "Ihr Kind hat Fieber und muss abgeholt werden.",
    "Unsere Besprechung wurde auf heute 15 Uhr verschoben.",
    "Kannst du es mir vor 12 Uhr schicken?",
    "Je suis en retard de 15 minutes, désolé !",
    "T'es où ? On t'attend.",
    "Je suis devant la porte, tu peux m'ouvrir ?",
    "Appelle-moi tout de suite.",
    "Le serveur est tombé, plus personne ne peut se connecter.",
    "Votre fille est malade, il faut venir la chercher à l'école.",
    "La réunion est avancée à 15h aujourd'hui.",
    "Peux-tu me l'envoyer avant midi ?",
    "Voy a llegar 15 minutos tarde, perdón.",
    "¿Dónde estás? Te estamos esperando.",
    "Estoy en la puerta, ¿me abres?",
    "Llámame ahora mismo.",
    "Se ha caído el servidor, nadie puede entrar.",
    "Su hijo tiene fiebre, hay que venir a recogerlo al colegio.",
    "La reunión se pasa a las 15:00 de hoy.",
    "¿Puedes enviármelo antes del mediodía?",
    "Vou chegar 15 minutos atrasado, desculpa.",
    "Onde estás? Estamos à tua espera.",
    "Estou à porta, podes abrir?",
    "Liga-me já, por favor.",
    "O servidor caiu, ninguém consegue entrar.",
    "O seu filho está com febre, é preciso vir buscá-lo à escola.",
    "A reunião passou para as 15h de hoje.",
    "Podes enviar-me isso antes do meio-dia?",
    "Sono in ritardo di 15 minuti, scusa!",
    "Dove sei? Ti stiamo aspettando.",
    "Sono alla porta, mi apri?",
    "Chiamami subito.",
    "Il server è giù, nessuno riesce ad accedere.",
    "Sua figlia ha la febbre, bisogna venire a prenderla a scuola.",
    "La riunione è stata spostata alle 15 di oggi.",
    "Puoi mandarmelo prima di mezzogiorno?",
];

const LATER: &[&str] = &[
    // Thanks, for information, no rush, see you next week, minutes.
    "Thanks a lot, that looks good!",
    "FYI, no reply needed.",
    "No rush, whenever you have time.",
    "See you next week!",
    "Attached are the minutes of yesterday's meeting.",
    "Vielen Dank, sieht gut aus!",
    "Nur zur Info, keine Antwort nötig.",
    "Eilt nicht, wenn du Zeit hast.",
    "Bis nächste Woche!",
    "Anbei das Protokoll der gestrigen Besprechung.",
    "Merci beaucoup, c'est parfait !",
    "Pour information, pas besoin de répondre.",
    "Rien ne presse, quand tu as le temps.",
    "À la semaine prochaine !",
    "Ci-joint le compte-rendu de la réunion d'hier.",
    "¡Muchas gracias, quedó muy bien!",
    "Para tu información, no hace falta responder.",
    "Sin prisa, cuando tengas tiempo.",
    "¡Nos vemos la semana que viene!",
    "Adjunto el acta de la reunión de ayer.",
    "Muito obrigada, ficou ótimo!",
    "Para tua informação, não é preciso responder.",
    "Sem pressa, quando tiveres tempo.",
    "Até para a semana!",
    "Em anexo a ata da reunião de ontem.",
    "Grazie mille, è perfetto!",
    "Per conoscenza, non serve rispondere.",
    "Senza fretta, quando hai tempo.",
    "Ci vediamo la prossima settimana!",
    "In allegato il verbale della riunione di ieri.",
];

/// The same needs in other words: formal ones, those of other countries, those typed in haste.
const NOW_ELSEWHERE: &[&str] = &[
    "Bitte rufen Sie mich sofort zurück, es ist dringend.",
    "Wo sind Sie? Wir warten auf Sie im Besprechungsraum.",
    "Ihr Besuch ist da und wartet am Empfang.",
    "Unser Sohn ist im Spital, ruf mich bitte jetzt an.",
    "Bin in 10 Minuten da.",
    "Steh schon unten, kommst du runter?",
    "Die Sitzung heute um 14 Uhr ist abgesagt.",
    "Rappelez-moi immédiatement, c'est urgent.",
    "Où êtes-vous ? Nous vous attendons à la réception.",
    "J'arrive, je suis coincé dans les bouchons.",
    "t ou? on t'attend depuis 10 min",
    "Le site est en panne, les clients ne peuvent plus commander.",
    "La visio de 14h aujourd'hui est annulée.",
    "Llámeme de inmediato, es urgente.",
    "¿Dónde está usted? Le esperan en recepción.",
    "ya llegue, estoy afuera",
    "El sistema está caído, los clientes no pueden pagar.",
    "La junta de hoy a las 14:00 se canceló.",
    "voy en camino, llego en 10 min",
    "Me liga agora, é urgente.",
    "Cadê você? Tá todo mundo te esperando.",
    "to na porta, abre aí",
    "O site está fora do ar, os clientes não conseguem pagar.",
    "A reunião de hoje às 14h foi cancelada.",
    "Estou preso no trânsito, chego atrasado.",
    "Mi chiami subito, è urgente.",
    "Dove siete? Vi stiamo aspettando in sala riunioni.",
    "sono sotto casa, scendi?",
    "Il sito è fuori uso, i clienti non riescono a pagare.",
    "La riunione di oggi alle 14 è annullata.",
    "Sto arrivando, sono bloccata nel traffico.",
];

/// What is over, what is far, what only tells.
const LATER_ELSEWHERE: &[&str] = &[
    "Hat sich erledigt, danke trotzdem.",
    "Habe den Schlüssel gefunden, alles gut.",
    "Die Sitzung am 3. März ist abgesagt.",
    "Wir waren letzte Woche in Rom, es war wunderbar.",
    "Wie besprochen die Unterlagen, zur Kenntnis.",
    "Laisse tomber, c'est réglé.",
    "J'ai trouvé les clés, tout va bien.",
    "La réunion du 3 mars est annulée.",
    "Nous étions à Rome la semaine dernière, c'était magnifique.",
    "Comme convenu, voici les documents pour information.",
    "Olvídalo, ya está solucionado.",
    "Ya encontré las llaves, todo bien.",
    "La reunión del 3 de marzo se ha cancelado.",
    "La semana pasada estuvimos en Roma, fue precioso.",
    "Como acordamos, te mando los documentos para tu información.",
    "Esquece isso, já está resolvido.",
    "Já encontrei as chaves, tudo bem.",
    "A reunião de 3 de março foi cancelada.",
    "Na semana passada estivemos em Roma, foi maravilhoso.",
    "Conforme combinado, seguem os documentos, para sua informação.",
    "Lascia stare, ho risolto.",
    "Ho trovato le chiavi, tutto a posto.",
    "La riunione del 3 marzo è annullata.",
    "La settimana scorsa siamo stati a Roma, è stato bellissimo.",
    "Come da accordi, ecco i documenti, per conoscenza.",
];

/// Stories, offices that are empty, phrases of arriving in another meaning.
const TALES: &[&str] = &[
    "Ich bin da ganz anderer Meinung, aber das können wir in Ruhe besprechen.",
    "Gestern stand ich zwei Stunden im Stau, und am Ende war das Konzert abgesagt.",
    "Die Details kommen später, die neuen Modelle sind jetzt da.",
    "Je suis là pour t'aider si un jour tu en as besoin.",
    "Hier le train était en retard et le concert a été annulé.",
    "Un beau programme vous attend cette année.",
    "Estoy fuera de la oficina hasta el lunes, responderé a la vuelta.",
    "Ayer perdí el tren y al final se canceló el concierto.",
    "Estamos aquí para ayudarte cuando lo necesites.",
    "Estou fora do escritório até segunda-feira, respondo quando voltar.",
    "Ontem perdi o comboio e afinal o concerto foi cancelado.",
    "Sono fuori ufficio fino a lunedì, rispondo al mio ritorno.",
    "Ieri ho perso il treno e alla fine il concerto è stato annullato.",
    "Siamo qui per aiutarti quando ne avrai bisogno.",
];

#[test]
fn tales_wait() {
    check(mails("hi", TALES, Wanted::Later));
}

/// What companies and machines write, with the words of haste among them.
const TOLD: &[(&str, &str)] = &[
    ("Ihre Rechnung", "Ihre Rechnung vom Jänner liegt bei. Diese E-Mail wurde automatisch erstellt."),
    (
        "Newsletter Februar",
        "Im Notfall rufen Sie 112. So bleiben Sie gesund: unsere Tipps. Im Browser ansehen. Abmelden.",
    ),
    ("Wochenbericht", "Ihre wöchentliche Zusammenfassung: 12 Besucher, 3 Kommentare."),
    ("Votre facture", "Votre facture de janvier est disponible. Ne répondez pas à cet e-mail."),
    ("Infolettre", "En cas d'urgence, composez le 112. Nos conseils santé. Voir dans votre navigateur. Se désabonner."),
    ("Rapport hebdomadaire", "Votre résumé hebdomadaire : 12 visiteurs, 3 commentaires."),
    ("Su factura", "Su factura de enero ya está disponible. No responda a este correo."),
    ("Boletín", "En caso de emergencia, llame al 112. Nuestros consejos. Ver en el navegador. Darse de baja."),
    ("Informe semanal", "Tu resumen semanal: 12 visitas, 3 comentarios."),
    ("A sua fatura", "A sua fatura de janeiro está disponível. Não responda a este e-mail."),
    ("Newsletter", "Em caso de emergência, ligue 112. Os nossos conselhos. Ver no navegador. Cancelar a subscrição."),
    ("Relatório semanal", "O seu resumo semanal: 12 visitas, 3 comentários."),
    ("La tua fattura", "La tua fattura di gennaio è disponibile. Non rispondere a questa email."),
    (
        "Newsletter",
        "In caso di emergenza chiama il 112. I nostri consigli. Visualizza nel browser. Annulla iscrizione.",
    ),
    ("Report settimanale", "Il tuo riepilogo settimanale: 12 visite, 3 commenti."),
];

#[test]
fn need_is_heard_in_other_words() {
    check(mails("hi", NOW_ELSEWHERE, Wanted::Now).chain(chats(NOW_ELSEWHERE, Wanted::Now)));
}

#[test]
fn what_is_over_or_far_waits() {
    check(mails("hi", LATER_ELSEWHERE, Wanted::Later).chain(chats(LATER_ELSEWHERE, Wanted::Later)));
}

#[test]
fn what_companies_tell_waits() {
    check(TOLD.iter().map(|(subject, body)| {
        let from = "Info <info@company.example>";
        Draft { from, subject, body, ..Draft::default() }.case("told", "2027-01-13T10:01:00Z", Wanted::Later)
    }));
}

#[test]
fn people_who_need_me_now_pass_by_mail() {
    check(mails("hi", NOW, Wanted::Now));
}

#[test]
fn people_who_need_me_now_pass_by_chat() {
    check(chats(NOW, Wanted::Now));
}

#[test]
fn people_who_can_wait_wait_by_mail() {
    check(mails("hi", LATER, Wanted::Later));
}

#[test]
fn people_who_can_wait_wait_by_chat() {
    check(chats(LATER, Wanted::Later));
}

/// Who comes late or not at all tonight has others who wait.
const NOT_COMING: &[&str] = &[
    "Will b a bit late, start already",
    "ill be a few mins late",
    "Might be a little late, sorry",
    "im not comin 2nite, sorry",
    "I'm not coming tonight, tell the others please",
    "we're not going tonight after all",
    "Ich komme etwas später, fangt schon an",
    "Ich komme heute Abend nicht, sorry",
    "J'aurai un peu de retard, commencez sans moi",
    "Je ne viens pas ce soir, désolé",
    "Llego un poco tarde, empezad sin mí",
    "Esta noche no voy, lo siento",
    "Vou chegar um pouco atrasado, comecem sem mim",
    "Não vou hoje à noite, desculpa",
    "Arrivo un po' in ritardo, iniziate senza di me",
    "Stasera non vengo, scusa",
];

/// Words of haste that want nothing.
const ELATED: &[&str] = &[
    "I can't wait to meet the baby, he is so cute.",
    "We cannot wait for the summer holidays.",
    "Lena has left the company, effective immediately. Please join me in wishing her well.",
    "Mit sofortiger Wirkung hat Lena die Firma verlassen. Wir wünschen ihr alles Gute.",
    "Lena a quitté l'entreprise avec effet immédiat. Nous lui souhaitons bonne chance.",
    "Lena deja la empresa con efecto inmediato. Le deseamos mucha suerte.",
    "A Lena deixa a empresa com efeito imediato. Desejamos-lhe boa sorte.",
    "Lena lascia l'azienda con effetto immediato. Le auguriamo buona fortuna.",
];

#[test]
fn who_does_not_come_tonight_is_waited_for() {
    check(chats(NOT_COMING, Wanted::Now));
}

#[test]
fn joy_is_no_haste() {
    check(mails("News", ELATED, Wanted::Later));
}

/// Offers that end today, and feeds that are turned into mails.
#[test]
fn offers_and_feeds_wait() {
    let offers = [
        "Free garden set - just today",
        "Today only: a garden set for you",
        "Nur heute: das Gartenset",
        "Seulement aujourd'hui : le salon de jardin",
        "Solo hoy: el conjunto de jardín",
        "Só hoje: o conjunto de jardim",
        "Solo oggi: il set da giardino",
    ];
    let body = "Pick it up here: https://shop.example/garden";
    let offer = |subject| Draft { from: "Garden team <team@shop.example>", subject, body, ..Draft::default() };
    check(offers.map(|subject| offer(subject).case("offer", "2027-01-13T10:01:00Z", Wanted::Later)));
    let story = "URL: https://blog.example/7\n\nI am on TV tonight at 21:30, tune in.";
    let feed = |from, headers| Draft { from, headers, subject: "On TV tonight", body: story, ..Draft::default() };
    check([
        feed("A blog <rssfeeds@mail.example>", "").case("feed", "2027-01-13T10:01:00Z", Wanted::Later),
        feed("A blog <me@mail.example>", "X-RSS-Feed: https://blog.example/feed\n").case(
            "feed",
            "2027-01-13T10:01:00Z",
            Wanted::Later,
        ),
    ]);
}

/// Until then it lasts: nothing begins.
const LASTING: [&str; 6] = [
    "Severe Storm Warning until Wed Jan 13, 10:45 am",
    "Road closed until 11:00 today",
    "Sturmwarnung bis heute 10:45 Uhr",
    "Alerte orage jusqu'à 10h45 aujourd'hui",
    "Aviso de tormenta hasta las 10:45 de hoy",
    "Avviso di temporale fino alle 10:45 di oggi",
];

#[test]
fn what_lasts_until_then_does_not_begin_then() {
    let told =
        |subject: &'static str| {
            let headers = "Auto-Submitted: auto-generated\n";
            Draft { from: "alerts@weather.example.net", subject, headers, body: "See the map.", ..Draft::default() }
                .case(subject, "2027-01-13T10:01:00Z", Wanted::Later)
        };
    check(LASTING.map(told));
}
