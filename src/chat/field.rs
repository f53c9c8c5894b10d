//! Fields of a JSON body, by their pointers (RFC 6901).

use jiff::Timestamp;
use serde_json::Value;

use super::answer::Refusal;
use crate::limits;
use crate::text;

/// Reads a body as JSON: the one place where what a service sends is parsed.
///
/// # Errors
/// When it is none, or holds more values, or deeper ones, than any that a service sends.
pub fn json(body: &[u8]) -> Result<Value, Refusal> {
    let Size { octets, depth } = size(body);
    if octets > limits::judgement::HOOK_VALUES {
        return Err(Refusal::Unreadable("body holds too many values"));
    }
    if depth > limits::judgement::HOOK_DEPTH {
        return Err(Refusal::Unreadable("body is nested too deeply"));
    }
    serde_json::from_slice(body).map_err(|_| Refusal::Unreadable("body is not JSON"))
}

/// How large JSON is once it is read.
#[derive(Debug, PartialEq, Eq)]
struct Size {
    /// How many octets its values take in memory, about, beside its strings.
    octets: usize,
    /// How many lists and objects stand one in another.
    depth: usize,
}

/// By what opens, parts and closes values, outside of strings. A node of an object's tree has room for eleven, one of a list for
/// four at first; the allocator keeps some of it. Of what is no JSON it says something, and the parser that it is none.
fn size(body: &[u8]) -> Size {
    let mut size = Size { octets: 0, depth: 0 };
    let mut open: usize = 0;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                size.octets += if *byte == b'{' { 832 } else { 128 };
                open += 1;
                size.depth = size.depth.max(open);
            }
            b'}' | b']' => open = open.saturating_sub(1),
            b',' => size.octets += 96,
            b'"' => {
                while let Some(byte) = bytes.next().filter(|byte| **byte != b'"') {
                    if *byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            _ => {}
        }
    }
    size
}

/// A text that stands there and is not empty.
pub fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

/// An id or a name: a text, or a number as its digits. One that many entries of a list share is copied into each, so
/// that it is cut where no service has ids so long.
pub fn id(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => Some(text::first_bytes(text, limits::judgement::HOOK_ID).to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A text of any length, or a number as its digits.
pub fn words(value: &Value, pointer: &str) -> Option<String> {
    text(value, pointer).map(str::to_owned).or_else(|| id(value, pointer))
}

/// A list; empty where there is none.
pub fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    let list = value.pointer(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    list.get(..limits::judgement::HOOK_LIST).unwrap_or(list)
}

/// A list of which each entry is an event of its own; empty where there is none.
///
/// # Errors
/// When it is longer than any that a service sends: cut, the rest would be lost without a word.
pub fn events<'v>(value: &'v Value, pointer: &str) -> Result<&'v [Value], Refusal> {
    let list = value.pointer(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if list.len() > limits::judgement::HOOK_EVENTS {
        return Err(Refusal::Unreadable("body holds too many events"));
    }
    Ok(list)
}

/// Whether `true` stands there.
pub fn is_true(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
}

/// An instant as text (RFC 3339).
pub fn instant(value: &Value, pointer: &str) -> Option<Timestamp> {
    text(value, pointer)?.parse().ok()
}

/// An instant as a number of seconds, milliseconds or microseconds since 1970, as a number or as digits.
pub fn since_1970(value: &Value, pointer: &str) -> Option<Timestamp> {
    moment(&id(value, pointer)?)
}

/// The same of digits: which of the three it is, its size says.
pub fn moment(digits: &str) -> Option<Timestamp> {
    let number: i64 = digits.split('.').next()?.parse().ok()?;
    match number.unsigned_abs() {
        0..100_000_000_000 => Timestamp::from_second(number).ok(),
        100_000_000_000..100_000_000_000_000 => Timestamp::from_millisecond(number).ok(),
        _ => Timestamp::from_microsecond(number).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, json, size};
    use crate::chat::answer::Refusal;
    use crate::limits;

    #[test]
    fn what_values_take_is_counted_outside_of_strings() {
        let check = |body: &str, octets: usize, depth: usize| {
            assert_eq!(size(body.as_bytes()), Size { octets, depth }, "{body}");
        };
        check("", 0, 0);
        check("{}", 832, 1);
        check("[0,[1,2],{\"a\":3}]", 832 + 2 * 128 + 3 * 96, 2);
        check(r#"{"a,[{":",[{","b\",":"\\","c":[]}"#, 832 + 128 + 2 * 96, 2);
        check(r#""unended,[{\"#, 0, 0);
        check("]]}[[]", 2 * 128, 2);
        let list = |count: usize| json(format!("[{}0]", "{},".repeat(count)).as_bytes());
        let most = limits::judgement::HOOK_VALUES / 928;
        assert!(list(most - 1).is_ok() && list(most + 1).is_err());
        assert!(json(format!("{:?}", ",[{".repeat(100_000)).as_bytes()).is_ok());
    }
    #[test]
    fn what_is_nested_too_deeply_is_no_body() {
        let check = |body: &str, expected: Option<&'static str>| {
            assert_eq!(json(body.as_bytes()).err(), expected.map(Refusal::Unreadable), "{body}");
        };
        let (most, deep) = (limits::judgement::HOOK_DEPTH, "body is nested too deeply");
        let lists = |depth: usize| format!("{}0{}", "[".repeat(depth), "]".repeat(depth));
        let objects = |depth: usize| format!("{}0{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        for (depth, expected) in [(most, None), (most + 1, Some(deep)), (127, Some(deep)), (128, Some(deep))] {
            check(&lists(depth), expected);
            check(&objects(depth), expected);
            check(&format!(r#"{{"a":[[0]],"b":{}}}"#, lists(depth - 1)), expected);
            check(&format!(r#"[{{"a":"]}}\"]}}"}},{}]"#, objects(depth - 1)), expected);
        }
        // Beside one another they may be as many as they like, and in a text anything.
        check(&format!("[{}[]]", "[[[]]],".repeat(200)), None);
        check(&format!("{:?}", "[".repeat(1_000)), None);
        check(&"[".repeat(most), Some("body is not JSON"));
    }
}
