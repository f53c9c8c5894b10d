//! Chat messages whose text is empty: it stands in blocks, attachments or cards, or a file is all there is.

use serde_json::{Value, json};
use tidings::chat::teams_graph;

use crate::chat_rig::{Call, POST, hook, told};

const FORM: Call<'_> = Call { headers: &[("Content-Type", "application/x-www-form-urlencoded")], ..POST };

fn shown(kind: &str, body: &Value) -> String {
    let hook = hook(kind, &[], &["U1"]);
    let events = POST.json(&hook, body);
    assert_eq!(events.len(), 1, "{kind}: {body}");
    told(&hook, &events[0]).own_text
}

fn check(kind: &str, body: &Value, expected: &str) {
    assert_eq!(shown(kind, body), expected, "{kind}: {body}");
}

fn slack(parts: &Value) -> Value {
    let mut event = json!({"type": "message", "channel": "C1", "user": "U2", "ts": "1799834399.000100", "text": ""});
    event.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    json!({"type": "event_callback", "event_id": "E1", "event": event})
}

#[test]
fn slack_blocks_and_attachments() {
    let check = |parts: Value, expected: &str| check("slack", &slack(&parts), expected);
    let section = |text: &str| json!({"type": "section", "text": {"type": "mrkdwn", "text": text}});
    check(json!({"blocks": [section("oven &amp; hob off")]}), "oven & hob off");
    let fields = json!({"type": "section", "fields": [{"type": "mrkdwn", "text": "heat"}, {"type": "plain_text", "text": "<9>"}]});
    let head = json!({"type": "header", "text": {"type": "plain_text", "text": "Oven"}});
    check(json!({"blocks": [head, fields]}), "Oven\nheat\n<9>");
    let context = json!({"type": "context", "elements": [{"type": "mrkdwn", "text": "by the cook"}]});
    check(json!({"attachments": [{"fallback": "x", "blocks": [context]}]}), "by the cook");
    check(json!({"attachments": [{"fallback": "oven: off"}]}), "oven: off");
    let old = json!({"fallback": "x", "pretext": "Look:", "title": "Oven", "text": "off", "fields": [{"title": "heat", "value": "9"}]});
    check(json!({"attachments": [old]}), "Look:\nOven\noff\nheat\n9");
    let rich = json!({"type": "rich_text", "elements": [
        {"type": "rich_text_quote", "elements": [{"type": "user", "user_id": "U1"}, {"type": "text", "text": " is it off?"}]},
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "yes & "}, {"type": "link", "url": "https://o.example"}]},
    ]});
    check(json!({"blocks": [rich]}), "yes & https://o.example");
    let share = json!({"is_share": true, "text": "<@U1> the oven"});
    check(json!({"attachments": [share]}), "@U1 the oven");
    let events = POST.json(&hook("slack", &[], &[]), &slack(&json!({"attachments": [share]})));
    assert!(events[0].mentions.users.is_empty(), "who shares names nobody");
    check(json!({"files": [{"id": "F1"}], "subtype": "file_share"}), "A file was sent.");
    let placed = json!({"text": "This content can't be displayed.", "blocks": [section("oven off")]});
    check(placed, "oven off");
    // Programs add to a text; previews of links do not.
    let both = json!({"text": "Look:", "attachments": [{"text": "oven off"}, {"from_url": "https://o.example", "text": "About ovens"}]});
    check(both, "Look:\noven off");
}

#[test]
fn a_program_without_a_user_has_its_name() {
    let card = json!({"subtype": "bot_message", "bot_id": "B1", "username": "oven", "user": null, "blocks": []});
    let event = POST.json(&hook("slack", &[], &[]), &slack(&card)).remove(0);
    assert_eq!((event.sender.id.as_deref(), event.sender.name.as_deref()), (Some("B1"), Some("oven")));
}

#[test]
fn cards_of_other_services() {
    let discord = |data: Value| {
        let mut all = json!({"id": "7", "channel_id": "c", "content": ""});
        all.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
        json!({"type": 1, "event": {"type": "LOBBY_MESSAGE_CREATE", "data": all}})
    };
    let embed = json!({"title": "Oven", "description": "off", "fields": [{"name": "heat", "value": "9"}], "url": "https://o.example"});
    check("discord", &discord(json!({"embeds": [embed]})), "Oven\noff\nheat\n9");
    let both = json!({"content": "Look:", "embeds": [{"type": "rich", "title": "oven off"}, {"type": "link", "title": "Ovens"}]});
    check("discord", &discord(both), "Look:\noven off");
    check("discord", &discord(json!({"attachments": [{"id": "1"}]})), "A file was sent.");
    check("discord", &discord(json!({"sticker_items": [{"id": "1"}]})), "A file was sent.");
    check("discord", &discord(json!({"message_snapshots": [{"message": {"content": "off"}}]})), "off");

    let card = json!({"contentType": "application/vnd.microsoft.card.adaptive", "content": {"type": "AdaptiveCard",
        "body": [{"type": "TextBlock", "text": "oven off"}]}});
    let teams = json!({"type": "message", "id": "1", "text": "<at>tidings</at>", "attachments": [card]});
    check("teams", &teams, "oven off");

    let google = json!({"type": "MESSAGE", "message": {"name": "m", "cardsV2": [{"card": {"header": {"title": "Oven"},
        "sections": [{"widgets": [{"textParagraph": {"text": "off"}}]}]}}]}});
    check("google-chat", &google, "Oven\noff");
    let file = json!({"type": "MESSAGE", "message": {"name": "m", "attachment": [{"name": "a"}]}});
    check("google-chat", &file, "A file was sent.");

    let review = json!({"action": "submitted", "review": {"id": 1, "body": null, "state": "changes_requested"}});
    let call = Call { headers: &[("X-GitHub-Event", "pull_request_review")], ..POST };
    assert_eq!(call.json(&hook("github", &[], &[]), &review)[0].plain, "changes requested");
}

#[test]
fn a_card_of_graph_is_json_in_json() {
    let card = json!({"body": [{"text": "oven off"}]}).to_string();
    let said = json!({"id": "1", "body": {"contentType": "html", "content": "<attachment id=\"a\"></attachment>"},
        "attachments": [{"contentType": "messageReference", "content": "{\"text\":\"old\"}"},
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}]});
    let event = teams_graph::message(&said, "created").unwrap();
    assert_eq!((event.plain.as_str(), event.attachments), ("oven off", 1));
}

#[test]
fn what_phones_send_beside_text() {
    let telegram = |part: Value| {
        let mut message = json!({"message_id": 2, "chat": {"id": 3, "type": "private"}});
        message.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        json!({"update_id": 1, "message": message})
    };
    check("telegram", &telegram(json!({"photo": [{}], "caption": "the oven"})), "the oven");
    check("telegram", &telegram(json!({"voice": {}})), "A file was sent.");
    check("telegram", &telegram(json!({"poll": {"question": "soup?"}})), "soup?");
    check("telegram", &telegram(json!({"location": {"latitude": 1.5, "longitude": 2.5}})), "A file was sent.");
    assert!(POST.json(&hook("telegram", &[], &[]), &telegram(json!({"new_chat_title": "x"}))).is_empty());

    let whatsapp = |part: Value| {
        let mut message = json!({"id": "w1", "from": "15550100"});
        message.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        json!({"entry": [{"changes": [{"field": "messages", "value": {"messages": [message]}}]}]})
    };
    check("whatsapp", &whatsapp(json!({"type": "image", "image": {"caption": "the oven"}})), "the oven");
    check("whatsapp", &whatsapp(json!({"type": "audio", "audio": {"id": "1"}})), "A file was sent.");
    check("whatsapp", &whatsapp(json!({"type": "location", "location": {"name": "the yard"}})), "the yard");
    check("whatsapp", &whatsapp(json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Bo"}}]})), "Bo");

    let messenger = json!({"entry": [{"messaging": [{"message": {"mid": "m1", "attachments": [{"type": "image"}]}}]}]});
    check("messenger", &messenger, "A file was sent.");
    let rocket = json!({"message_id": "r1", "text": "", "message": {"file": {"name": "oven.png"}}});
    check("rocketchat", &rocket, "oven.png");
    let hook = hook("twilio", &[], &[]);
    let text = |form: &str| told(&hook, &FORM.read(&hook, form.as_bytes())[0]).own_text;
    assert_eq!(text("MessageSid=S1&From=%2B15550100&Body=&NumMedia=1"), "A file was sent.");
    assert_eq!(text("MessageSid=S1&From=%2B15550100&ButtonText=yes"), "yes");
    let mattermost = crate::chat_rig::hook("mattermost", &[], &[]);
    let event = FORM.read(&mattermost, b"post_id=p1&text=&file_ids=a,b").remove(0);
    assert_eq!((event.attachments, told(&mattermost, &event).own_text.as_str()), (2, "A file was sent."));
}
