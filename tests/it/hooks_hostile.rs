//! Requests to hooks that only want to harm, with the real daemon: malformed, oversized, slow.

use std::time::{Duration, Instant};

use crate::rig::daemon::Daemon;
use crate::rig::http::Caller;
use crate::rig::slack::{JSON, SECRET, at, head, home, message, now, request, says, status};

/// The largest body that is taken.
const LIMIT: usize = 1024 * 1024;
/// By how much no request makes the daemon grow, in octets.
const GROWTH: u64 = 8 * 1024 * 1024;

/// What the daemon has in memory, in octets.
fn memory(daemon: &Daemon<'_>) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// A signed request whose body has a Content-Length.
fn whole(body: &[u8], fields: &[&str]) -> Vec<u8> {
    let length = format!("Content-Length: {}", body.len());
    let fields = [fields, &[&length]].concat();
    [head("POST /hook/team", body, (now(), SECRET), &fields).as_bytes(), body].concat()
}

#[test]
fn bodies_are_read_or_refused_at_once() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let check = |what: &str, body: &[u8], expected: u16| {
        assert_eq!(status(&at, &whole(body, &[JSON]), what), expected, "{what}");
    };
    let filled = |unit: &str, around: [&str; 2]| {
        let count = (LIMIT - 64) / unit.len();
        format!("{}{}{}", around[0], vec![unit; count].join(""), around[1]).into_bytes()
    };
    check("warm", says("canary").as_bytes(), 200);
    // Twice as much at a time as any of these, so that what grows is what is kept.
    check("a large text", says(&"canary ".repeat(LIMIT / 8)).as_bytes(), 200);
    let before = memory(&daemon);
    check("nothing", b"", 400);
    check("deep lists", &filled("[", ["", ""]), 400);
    check("deep objects", &filled("{\"canary\":", ["", ""]), 400);
    let levels = |count: usize| format!("\",\"x\":{}{},\"y\":\"", "[".repeat(count), "]".repeat(count));
    // Two are the event and what holds it.
    check("64 levels", message("1799830806.000100", &format!("canary{}", levels(62)), "").as_bytes(), 200);
    check("65 levels", message("1799830807.000100", &format!("canary{}", levels(63)), "").as_bytes(), 400);
    check("200 levels", says(&format!("\",\"x\":{}{},\"y\":\"", "[".repeat(200), "]".repeat(200))).as_bytes(), 400);
    check("many numbers", &filled("0,", ["[", "0]"]), 400);
    check("many objects", &filled("{\"a\":0},", ["[", "0]"]), 400);
    check("many keys", &filled("\"canary\":0,", ["{", "\"x\":0}"]), 400);
    check("the same key twice", message("1799830801.000100", "canary", r#","text":"canary two""#).as_bytes(), 200);
    check("1e400", message("1799830802.000100", "canary", r#","x":1e400"#).as_bytes(), 400);
    let digits = format!(",\"x\":{}", "9".repeat(4_000));
    check("a huge number", message("1799830803.000100", "canary", &digits).as_bytes(), 400);
    check("a number as ts", br#"{"event":{"type":"message","channel":"C1","ts":18446744073709551616}}"#, 200);
    check("half a surrogate", says(r"canary \ud800").as_bytes(), 400);
    check("the wrong half", says(r"canary \udc00\ud800").as_bytes(), 400);
    check("no UTF-8", &[says("canary").as_bytes(), b"\xff"].concat(), 400);
    check("a control character", says("canary \u{1}").as_bytes(), 400);
    check("overlong UTF-8", &[br#"{"type":""#.as_slice(), b"\xc0\xaf", br#""}"#].concat(), 400);
    check("NUL", says("canary \0").as_bytes(), 400);
    check("NUL, escaped", message("1799830804.000100", r"canary \u0000\u0007\u202e", "").as_bytes(), 200);
    check("a BOM", format!("\u{feff}{}", says("canary")).as_bytes(), 400);
    check("UTF-16", &says("canary").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), 400);
    check("two values", format!("{0}{0}", says("canary")).as_bytes(), 400);
    check("half of it", &says("canary").as_bytes()[..40], 400);
    check("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03canary", 400);
    for odd in ["null", "0", "\"canary\"", "[]", "{}", r#"{"event":[]}"#, r#"{"event":{"type":"message"}}"#] {
        check(odd, odd.as_bytes(), 200);
    }
    let typed = message("1799830805.000100", "canary", "");
    for fields in [["Content-Type: text/html", "Content-Encoding: gzip"], ["Content-Type: ;;", "Content-Type: canary"]]
    {
        assert_eq!(
            status(&at, &whole(typed.as_bytes(), &fields), "wrong fields"),
            200,
            "it is proven by its signature"
        );
    }
    let form = ["Content-Type: application/x-www-form-urlencoded"];
    assert_eq!(status(&at, &whole(b"payload=canary", &form), "a form"), 200, "a command, which is nobody's here");
    let after = memory(&daemon);
    assert!(after < before + GROWTH, "{before} octets before, {after} after");
    // The most that is read at all: as much again, which the allocator may keep.
    check("as many objects as are read", format!("[{}0]", r#"{"a":0},"#.repeat(6_700)).as_bytes(), 200);
    let after = memory(&daemon);
    assert!(after < before + 2 * GROWTH, "{before} octets before, {after} after");
    daemon.until("each message is held once", |status| status["held"] == 5);
    let log = home.log();
    assert!(!log.contains("canary") && !log.contains(SECRET) && !log.contains("C1"), "{log}");
    daemon.stop();
}

/// A megabyte of gzip that is 20 MB of spaces, 165 MB for whoever takes all of it: no body is ever unpacked.
#[test]
fn what_is_packed_stays_packed() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    assert_eq!(status(&at, &whole(says("warm").as_bytes(), &[JSON]), "warm"), 200);
    const HEAD: [u8; 12] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x53, 0x18];
    // Of deflate: the last 258 bytes once more, eight times.
    const AGAIN: [u8; 13] = [0x05, 0xa3, 0x60, 0x14, 0x8c, 0x82, 0x51, 0x30, 0x0a, 0x46, 0xc1, 0x28, 0x18];
    let bomb = [&HEAD[..], &AGAIN.repeat((LIMIT - HEAD.len()) / AGAIN.len())].concat();
    let before = memory(&daemon);
    for coding in ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "identity"] {
        let field = format!("Content-Encoding: {coding}");
        assert_eq!(status(&at, &whole(&bomb, &[JSON, &field]), coding), 400, "{coding}");
    }
    let head = head("POST /hook/team", &bomb, (now(), SECRET), &[JSON, "Transfer-Encoding: gzip, chunked"]);
    let chunk = format!("{:x}\r\n", bomb.len());
    let chunked = [head.as_bytes(), chunk.as_bytes(), &bomb, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(status(&at, &chunked, "packed by transfer"), 400);
    let after = memory(&daemon);
    // The bodies themselves are a megabyte each, and what a thread has freed it may keep.
    assert!(after < before + 2 * GROWTH, "{before} octets before, {after} after");
    daemon.stop();
}

#[test]
fn framing_that_lies_is_refused() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let body = says("canary");
    let chunk = |piece: &str| format!("{:x}\r\n{piece}\r\n", piece.len());
    let (left, right) = body.split_at(20);
    let chunked = |fields: &[&str], rest: &str| {
        let begin = head("POST /hook/team", body.as_bytes(), (now(), SECRET), fields);
        format!("{begin}{rest}").into_bytes()
    };
    const TE: &str = "Transfer-Encoding: chunked";
    let good = format!("{}{}0\r\n", chunk(left), chunk(right));
    let check = |what: &str, bytes: &[u8], expected: u16| assert_eq!(status(&at, bytes, what), expected, "{what}");
    check("in chunks", &chunked(&[TE], &format!("{good}\r\n")), 200);
    check("a trailer", &chunked(&[TE], &format!("{good}X-Slack-Signature: v0=canary\r\n\r\n")), 200);
    check("an extension", &chunked(&[TE], &format!("{}0;canary=\"x\"\r\n\r\n", good.trim_end_matches("0\r\n"))), 200);
    let before = memory(&daemon);
    for size in ["canary", "-1", "+5", "0x5", "", " ", "fffffffffffffffff", "10000000000000000", "5 5", "\u{0}5"] {
        check(&format!("a chunk of {size:?}"), &chunked(&[TE], &format!("{size}\r\n{body}\r\n0\r\n\r\n")), 400);
    }
    check("too short a chunk", &chunked(&[TE], &format!("5\r\n{body}\r\n0\r\n\r\n")), 400);
    check("a long extension", &chunked(&[TE], &format!("5;{}\r\n", "x".repeat(LIMIT))), 400);
    let many = format!("1;{}\r\nx\r\n", "x".repeat(1_000)).repeat(1_000);
    check("many extensions", &chunked(&[TE], &many), 400);
    check(
        "long trailers",
        &chunked(&[TE], &format!("{good}{}\r\n", format!("X: {}\r\n", "x".repeat(999)).repeat(999))),
        400,
    );
    let length = format!("Content-Length: {}", body.len());
    for two in [
        [&length, TE],
        [TE, &length],
        [&length, "transfer-encoding : chunked"],
        [&length, "Transfer-Encoding: identity"],
        [&length, "Transfer-Encoding:"],
        [&length, &length],
        [&length, "Content-Length: 0"],
        [&length, "content-length: 5, 5"],
        [TE, "Content-Length: 0"],
        ["Transfer-Encoding: gzip", "X: x"],
        ["Transfer-Encoding: chunked, gzip", "X: x"],
        ["Transfer-Encoding: xchunked", "X: x"],
        ["Content-Length: -5", "X: x"],
        [&length, " X: folded"],
        [&length, "X : x"],
        [&length, "X: \0"],
        [&length, "X\u{b}: x"],
        [&length, "X: x\rY: y"],
        [&length, "Host: elsewhere"],
        [&length, "host: tidings"],
    ] {
        check(&format!("{two:?}"), &chunked(&two, &body), 400);
    }
    let bare = String::from_utf8(chunked(&[&length], &body)).unwrap();
    check("bare line feeds", bare.replace("\r\n", "\n").replace("\n\n", "\n\n\r\n\r\n").as_bytes(), 400);
    check("one bare line feed", bare.replacen("\r\n", "\n", 1).as_bytes(), 400);
    check("bare returns", bare.replacen("\r\n", "\r", 2).as_bytes(), 400);
    check("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400);
    let after = memory(&daemon);
    assert!(after < before + GROWTH, "{before} octets before, {after} after");
    daemon.until("it is held once", |status| status["held"] == 1);
    assert!(!home.log().contains("canary"), "{}", home.log());
    daemon.stop();
}

#[test]
fn a_hook_has_one_path() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let body = says("canary");
    let length = format!("Content-Length: {}", body.len());
    let check = |target: &str, expected: u16| {
        let head = head(&format!("POST {target}"), body.as_bytes(), (now(), SECRET), &[JSON, &length]);
        assert_eq!(status(&at, format!("{head}{body}").as_bytes(), target), expected, "{target}");
    };
    for same in ["/hook/team", "/hook/team?x=/hook/other", "http://elsewhere/hook/team", "/hook/team/../other"] {
        check(same, 200);
    }
    for unknown in ["/hook/../hook/team", "/hook/%2e%2e/hook/team", "/hook/te%61m", "/hook/team%00", "/hook/team%2f"] {
        check(unknown, 401);
    }
    for unknown in ["/hook/TEAM", "/hook/team;x", "/hook/team.", "/hook/team%20", "/hook/..", "/hook/*"] {
        check(unknown, 401);
    }
    let long = format!("/hook/{}", "x".repeat(4_096));
    for nowhere in ["//hook/team", "/HOOK/team", "/hook//team", "/hook/", "/%68ook/team", "/./hook/team", "*", &long] {
        check(nowhere, 404);
    }
    for none in ["hook/team", "tidings:80/hook/team", "http:///hook/team", "/hook/te am", "/hook/team\0", ""] {
        check(none, 400);
    }
    let connect = format!("CONNECT tidings:80 HTTP/1.1\r\nHost: tidings\r\n{length}\r\n\r\n{body}");
    assert_eq!(status(&at, connect.as_bytes(), "CONNECT"), 404);
    daemon.until("it is held once", |status| status["held"] == 1);
    assert!(!home.log().contains("canary"), "{}", home.log());
    daemon.stop();
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let padded = |length: usize| {
        let bare = says("canary").len();
        says(&format!("canary{}", "x".repeat(length - bare))).into_bytes()
    };
    assert_eq!(status(&at, &whole(&padded(LIMIT), &[JSON]), "the limit"), 200);
    let before = memory(&daemon);
    assert_eq!(status(&at, &whole(&padded(LIMIT + 1), &[JSON]), "one more"), 413);
    for length in [LIMIT as u64 + 1, 10 * 1024 * 1024 * 1024, i64::MAX as u64] {
        for more in ["", "Expect: 100-continue\r\n"] {
            let head = format!("POST /hook/team HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{more}\r\n");
            assert_eq!(status(&at, head.as_bytes(), "only its head"), 413, "{length}");
        }
    }
    let begin = "POST /hook/team HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for size in [16, 1_000, 100_000] {
        let chunk = format!("{size:x}\r\n{}\r\n", "x".repeat(size));
        let mut caller = Caller::connect(&at).unwrap();
        let begun = Instant::now();
        caller.send(begin.as_bytes());
        // A little more than is taken: the answer comes though nobody has ended.
        caller.send(chunk.repeat(LIMIT / size + 2).as_bytes());
        assert_eq!(caller.answer().unwrap().status, 413, "chunks of {size}");
        // And nothing that comes then is read for ever.
        caller.send(chunk.repeat(LIMIT / size).as_bytes());
        assert!(caller.is_closed(), "chunks of {size}");
        assert!(begun.elapsed() < Duration::from_secs(5), "chunks of {size}: {:?}", begun.elapsed());
    }
    let after = memory(&daemon);
    assert!(after < before + GROWTH, "{before} octets before, {after} after");
    daemon.until("it is held", |status| status["held"] == 1);
    daemon.stop();
}

/// Callers that send a part and wait keep nobody out.
#[test]
fn who_dawdles_over_a_hook_keeps_nobody_out() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let slow = |bytes: &'static [u8]| {
        let connect = || {
            let mut caller = Caller::connect(&at).unwrap();
            caller.send(bytes);
            caller
        };
        (0..300).map(|_| connect()).collect::<Vec<_>>()
    };
    let heads = slow(b"POST /hook/team HTTP/1.1\r\nHost: x\r\nX-Sla");
    let bodies = slow(b"POST /hook/team HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{\"type\":\"event_");
    let begun = Instant::now();
    for number in 0..50 {
        let body = message(&format!("17998308{number:02}.000100"), "More of it.", "");
        assert_eq!(status(&at, request("/hook/team", &body, now(), SECRET).as_bytes(), "a real one"), 200);
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "50 requests took {took:?}");
    daemon.until("all are held", |status| status["held"] == 50);
    drop((heads, bodies));
    daemon.stop();
}

/// Connections that wait for a next request are closed at once, after the answers that are due.
#[test]
fn a_stop_waits_for_nobody_who_is_silent() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let silent: Vec<Caller> = (0..100)
        .map(|number| {
            let mut caller = Caller::connect(&at).unwrap();
            let body = message(&format!("17998308{number:02}.000100"), "More of it.", "");
            caller.send(request("/hook/team", &body, now(), SECRET).as_bytes());
            assert_eq!(caller.answer().unwrap().status, 200);
            if number % 2 == 0 {
                caller.send(b"POST /hook/team HTTP/1.1\r\nHost: x\r\nX-Sla");
            }
            caller
        })
        .collect();
    let begun = Instant::now();
    daemon.stop();
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "it took {took:?}");
    for mut caller in silent {
        assert!(caller.is_closed());
    }
}

/// What comes in a moment is waited for; who holds back the rest is told to send all of it again.
#[test]
fn a_stop_waits_a_moment_for_bodies() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let slow = |begin: &str| {
        let mut caller = Caller::connect(&at).unwrap();
        caller.send(format!("POST /hook/team HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{begin}").as_bytes());
        // Its head was read, and its body is awaited.
        assert_eq!(caller.answer().unwrap().status, 100);
        caller
    };
    let callers = [slow("Content-Length: 100\r\n\r\n{"), slow("Transfer-Encoding: chunked\r\n\r\n5\r\n{")];
    let begun = Instant::now();
    daemon.stop();
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(4), "it took {took:?}");
    for mut caller in callers {
        let answer = caller.answer().unwrap();
        assert_eq!((answer.status, answer.field("retry-after")), (503, "30"));
    }
}

/// Callers that have sent nearly all of a large body, as many as may be in memory at a time and more.
#[test]
fn who_holds_large_bodies_back_keeps_no_small_one_out() {
    let home = home();
    let daemon = home.start();
    let at = at(&home);
    let head = format!("POST /hook/team HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT}\r\n\r\n");
    let nearly = [head.as_bytes(), &vec![b'x'; LIMIT - 1]].concat();
    let mut large: Vec<Caller> = (0..72)
        .map(|_| {
            let mut caller = Caller::connect(&at).unwrap();
            caller.send(&nearly);
            caller
        })
        .collect();
    assert_eq!(large.last_mut().unwrap().answer().unwrap().status, 503, "there is no room for the last");
    let body = says("canary");
    assert_eq!(status(&at, request("/hook/team", &body, now(), SECRET).as_bytes(), "a real one"), 200);
    daemon.until("it is held", |status| status["held"] == 1);
    drop(large);
    daemon.stop();
}
