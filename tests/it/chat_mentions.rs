//! Whom a chat message calls: nobody who is named in silence, in code, or in words of others that it quotes.

use serde_json::{Value, json};
use tidings::model::message::{Kind, Mention};

use crate::chat_rig::{Call, POST, hook, told};

/// A call with the header fields that some services need to be read.
const CALL: Call<'_> =
    Call { headers: &[("Content-Type", "application/json"), ("X-GitHub-Event", "issue_comment")], ..POST };
const MATRIX: Call<'_> = Call { method: "PUT", below: "/_matrix/app/v1/transactions/t1", ..POST };

/// Whom one message mentions, as its one reader sees it, and what its text is.
fn seen(kind: &str, me: &str, body: &Value) -> (Mention, String) {
    let hook = hook(kind, &[], &[me]);
    let call = if kind == "matrix" { MATRIX } else { CALL };
    let events = call.json(&hook, body);
    assert_eq!(events.len(), 1, "{kind}: {body}");
    let message = told(&hook, &events[0]);
    let Kind::Chat(chat) = message.kind else { panic!("no chat message") };
    (chat.mention, message.own_text)
}

fn check(kind: &str, me: &str, body: &Value, (mention, text): (Mention, &str)) {
    assert_eq!(seen(kind, me, body), (mention, text.to_owned()), "{kind}: {body}");
}

/// Services that name people by an at sign in a text of Markdown.
fn in_markdown(kind: &str, text: &str) -> Value {
    match kind {
        "mattermost" => json!({"post_id": "p1", "text": text}),
        "rocketchat" => json!({"message_id": "m1", "channel_name": "yard", "text": text}),
        "trello" => json!({"action": {"id": "a1", "type": "commentCard", "data": {"text": text}}}),
        "github" => json!({"action": "created", "comment": {"id": 1, "body": text}}),
        "gitlab" => json!({"object_kind": "note", "object_attributes": {"id": 1, "note": text}}),
        "linear" => json!({"action": "create", "type": "Comment", "data": {"id": "l1", "body": text}}),
        _ => panic!("{kind}"),
    }
}

#[test]
fn at_signs_in_markdown() {
    for kind in ["mattermost", "rocketchat", "trello", "github", "gitlab", "linear"] {
        let check = |text: &str, expected| check(kind, "ada", &in_markdown(kind, text), expected);
        check("@ada the hinge is loose", (Mention::Me, "@ada the hinge is loose"));
        check("> @ada the hinge is loose\noil helps", (Mention::Nobody, "oil helps"));
        check("> @ada is asked\n\n@ada, well?", (Mention::Me, "@ada, well?"));
        check("run `@ada` twice", (Mention::Nobody, "run  twice"));
        check("```\n@ada\n```\nis a log", (Mention::Nobody, "is a log"));
        check("write to ada@yard.example", (Mention::Nobody, "write to ada@yard.example"));
        check("> @ada the hinge is loose", (Mention::Nobody, "@ada the hinge is loose"));
    }
    for (kind, all) in [("mattermost", "channel"), ("rocketchat", "all"), ("trello", "board"), ("gitlab", "all")] {
        let of = |text: &str| seen(kind, "ada", &in_markdown(kind, text)).0;
        assert_eq!(of(&format!("@{all} soup is ready")), Mention::Everyone, "{kind}");
        assert_eq!(of(&format!("> @{all} soup is ready\nthanks")), Mention::Nobody, "{kind}");
    }
}

#[test]
fn slack_quotes_behind_an_escaped_mark() {
    let slack = |event: Value| json!({"type": "event_callback", "event_id": "E1", "event": event});
    let said = |text: &str| {
        slack(json!({"type": "message", "channel": "C1", "user": "U2", "ts": "1799834399.000100", "text": text}))
    };
    let check = |text: &str, expected| check("slack", "U1", &said(text), expected);
    check("<@U1> the kiln is hot", (Mention::Me, "@U1 the kiln is hot"));
    check("&gt; <@U1> the kiln is hot\nlet it cool", (Mention::Nobody, "let it cool"));
    check("let it cool\n&gt;&gt;&gt; <@U1> it is hot\n<@U1> still", (Mention::Nobody, "let it cool\n"));
    check("&gt; <!channel> is hot\n<!here> cool", (Mention::Everyone, "here cool"));
    check("&lt;@U1&gt; is how it is written", (Mention::Nobody, "<@U1> is how it is written"));
    let join =
        json!({"type": "message", "subtype": "channel_join", "channel": "C1", "ts": "1.0", "text": "<@U1> has joined"});
    assert!(CALL.json(&hook("slack", &[], &[]), &slack(join)).is_empty());
}

#[test]
fn zulip_says_what_is_silent() {
    let said = |text: &str, html: &str| json!({"message": {"id": 9, "content": text, "rendered_content": html}});
    let check = |text: &str, html: &str, expected| check("zulip", "25", &said(text, html), expected);
    let ada = r#"<span class="user-mention" data-user-id="25">@Ada</span>"#;
    check("@**Ada|25** sing", &format!("<p>{ada} sing</p>"), (Mention::Me, "@**Ada|25** sing"));
    let silent = r#"<p><span class="user-mention silent" data-user-id="25">Ada</span> sang</p>"#;
    check("@_**Ada|25** sang", silent, (Mention::Nobody, "@_**Ada|25** sang"));
    let quoted = format!("<blockquote><p>{ada}</p><blockquote>x</blockquote><p>{ada}</p></blockquote><p>yes</p>");
    check("```quote\n@**Ada|25**\n```\nyes", &quoted, (Mention::Nobody, "yes"));
    let group = r#"<span class="user-group-mention silent" data-user-group-id="25">ops</span>"#;
    check("@_*ops* sang", group, (Mention::Nobody, "@_*ops* sang"));
}

#[test]
fn discord_lists_whom_it_names() {
    let said = |text: &str, more: Value| {
        let mut data = json!({"id": "7", "channel_id": "c", "content": text, "mentions": [{"id": "25"}]});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"type": 1, "event": {"type": "LOBBY_MESSAGE_CREATE", "data": data}})
    };
    let check = |text: &str, more: Value, expected| check("discord", "25", &said(text, more), expected);
    check("<@25> come", json!({}), (Mention::Me, "<@25> come"));
    check("<@!25> come", json!({"flags": 4096}), (Mention::Nobody, "<@!25> come"));
    check("> <@25> come\nno", json!({}), (Mention::Nobody, "no"));
    check("no\n>>> <@25> come\n<@25>", json!({}), (Mention::Nobody, "no"));
    check("> <@25> come\n<@25> no", json!({}), (Mention::Me, "<@25> no"));
    // Who is answered is named by the service alone.
    check("yes", json!({"message_reference": {"message_id": "6"}}), (Mention::Me, "yes"));
    let all = json!({"mentions": [], "mention_everyone": true});
    check("@everyone come", all.clone(), (Mention::Everyone, "@everyone come"));
    check("> @everyone come\nno", all, (Mention::Nobody, "no"));
}

#[test]
fn telegram_marks_what_is_quoted() {
    let said = |text: &str, marks: Value| json!({"update_id": 1, "message": {"message_id": 2, "chat": {"id": -3, "type": "group"}, "text": text, "entities": marks}});
    let mark = |kind: &str, offset: u64, length: u64| json!({"type": kind, "offset": offset, "length": length});
    let check = |text: &str, marks: Value, expected| check("telegram", "ada", &said(text, marks), expected);
    check("@ada 🌧 comes", json!([mark("mention", 0, 4)]), (Mention::Me, "@ada 🌧 comes"));
    let quoted = json!([mark("blockquote", 0, 13), mark("mention", 0, 4)]);
    check("@ada 🌧 comes\nit passed", quoted, (Mention::Nobody, "it passed"));
    check("see @ada", json!([mark("code", 4, 4), mark("mention", 4, 4)]), (Mention::Nobody, "see"));
}

#[test]
fn matrix_says_whom_it_names() {
    let said = |content: Value| json!({"events": [{"type": "m.room.message", "event_id": "$1", "room_id": "!r:x.example", "sender": "@bo:x.example", "content": content}]});
    let check = |content: Value, expected| check("matrix", "@ada:x.example", &said(content), expected);
    let me = json!({"user_ids": ["@ada:x.example"]});
    check(json!({"msgtype": "m.text", "body": "ada, look", "m.mentions": me}), (Mention::Me, "ada, look"));
    let answer = json!({"m.in_reply_to": {"event_id": "$0"}});
    let body = "> <@ada:x.example> @ada:x.example and @room, is it on?\n\nit is";
    check(json!({"body": body, "m.mentions": {}, "m.relates_to": answer}), (Mention::Nobody, "it is"));
    // Older clients say nothing: then the text does, but for what it quotes.
    check(json!({"body": body, "m.relates_to": answer}), (Mention::Nobody, "it is"));
    check(json!({"body": "@ada:x.example: look"}), (Mention::Me, "@ada:x.example: look"));
    check(json!({"body": "@room soup"}), (Mention::Everyone, "@room soup"));
    let page =
        r##"<mx-reply><blockquote><a href="https://matrix.to/#/@ada:x.example">Ada</a></blockquote></mx-reply>it is"##;
    check(json!({"body": "it is", "formatted_body": page}), (Mention::Nobody, "it is"));
    let page = r##"<a href="https://matrix.to/#/@ada:x.example">Ada</a>, look"##;
    check(json!({"body": "Ada, look", "formatted_body": page}), (Mention::Me, "Ada, look"));
    // In a thread the relation to the last message is there for older clients only.
    let thread =
        json!({"rel_type": "m.thread", "event_id": "$0", "is_falling_back": true, "m.in_reply_to": {"event_id": "$9"}});
    check(json!({"body": body, "m.relates_to": thread}), (Mention::Nobody, "it is"));
    // An edit says whom it names anew.
    let edit = json!({"body": "* look", "m.new_content": {"body": "look", "m.mentions": me}, "m.mentions": {},
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$0"}});
    check(edit, (Mention::Nobody, "look"));
}

#[test]
fn pages_and_wiki_marks() {
    let jira = |text: &str| json!({"webhookEvent": "comment_created", "comment": {"id": "1", "body": text}});
    let check_jira = |text: &str, expected| check("jira", "ada", &jira(text), expected);
    check_jira("[~ada] the oven", (Mention::Me, "[~ada] the oven"));
    check_jira("{quote}[~ada] the oven{quote}\nis cold", (Mention::Nobody, "is cold"));
    check_jira("bq. [~accountid:ada] the oven\nis cold", (Mention::Nobody, "is cold"));
    check_jira("{code:sh}[~ada]{code}", (Mention::Nobody, "{code:sh}[~ada]{code}"));

    let teams = |text: &str, more: Value| json!({"type": "message", "id": "1", "text": text, "entities": more});
    let quoted = "<blockquote itemscope><at>ada</at> is it on?</blockquote><at>tidings</at> it is";
    check("teams", "ada", &teams(quoted, json!([])), (Mention::Nobody, "it is"));
    let named = json!([{"type": "mention", "mentioned": {"id": "ada"}}]);
    check("teams", "ada", &teams("<at>tidings</at> <at>Ada</at> look", named), (Mention::Me, "Ada look"));

    let basecamp = json!({"id": 5, "kind": "comment_created", "recording": {"id": 6,
        "content": "<blockquote>is it on?</blockquote><div>it is</div>"}});
    check("basecamp", "ada", &basecamp, (Mention::Nobody, "it is"));
}

#[test]
fn graph_marks_by_number() {
    let said = |html: &str| {
        json!({"id": "1", "body": {"contentType": "html", "content": html},
            "mentions": [{"id": 0, "mentioned": {"user": {"id": "ada"}}}]})
    };
    let users = |html: &str| {
        let event = tidings::chat::teams_graph::message(&said(html), "created").unwrap();
        (event.mentions.users.len(), event.plain)
    };
    assert_eq!(users(r#"<at id="0">Ada</at> look"#), (1, "Ada look".to_owned()));
    assert_eq!(users(r#"<blockquote><at id="0">Ada</at> look</blockquote><p>no</p>"#), (0, "no".to_owned()));
}
