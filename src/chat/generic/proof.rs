//! What proves a request of a service that nobody has described: each of the ways that are in use.

use serde_json::Value;

use crate::chat::answer::Refusal;
use crate::chat::request::Request;
use crate::chat::setting::Settings;
use crate::chat::sign::{self, Hash};
use crate::chat::{authorization, field, standard_webhooks};
use crate::limits;
use crate::secret::Secret;

/// What `type` may be.
pub const TYPES: [&str; 8] = ["hmac", "header", "bearer", "basic", "query", "field", "standard-webhooks", "path"];
/// What may stand in braces in `signed`.
const MARKS: [&str; 4] = ["{body}", "{timestamp}", "{url}", "{id}"];

/// The first word in braces of what is signed that is none of its marks; other braces stand for themselves.
pub fn unknown_mark(signed: &str) -> Option<&str> {
    signed.match_indices('{').find_map(|(at, _)| {
        let rest = signed.get(at..)?;
        let mark = rest.get(..=rest.find('}')?)?;
        let is_word = mark.len() > 2 && mark.bytes().all(|byte| byte.is_ascii_lowercase() || b"{_}".contains(&byte));
        (is_word && !MARKS.contains(&mark)).then_some(mark)
    })
}

/// A request, and its payload for the proofs that stand in it.
pub struct Asked<'a> {
    /// The request.
    pub request: &'a Request<'a>,
    /// Reads the payload.
    pub payload: fn(&Request<'_>) -> Result<Value, Refusal>,
}

/// Proves a request by `auth`. With `type = "path"` the secret is the last part of the address; without one it is the hook's
/// `name`.
///
/// # Errors
/// When it is not proven, or `auth` says nothing that can be done.
pub fn verify(auth: &Settings, (name, secrets): (&str, &[Secret]), asked: &Asked<'_>) -> Result<(), Refusal> {
    let request = asked.request;
    let token = |token: Option<String>| match token {
        None => Err(Refusal::Unproven("secret missing")),
        Some(token) if sign::is_token(secrets, &token) => Ok(()),
        Some(_) => Err(Refusal::Unproven("secret wrong")),
    };
    match auth.text("type") {
        Some("hmac") => signature(auth, secrets, asked),
        Some("header") => {
            let header = auth.text("header").ok_or(Refusal::Unproven("auth names no header"))?;
            token(request.header(header).map(str::to_owned))
        }
        Some("bearer" | "basic") => authorization::verify(secrets, request),
        Some("query") => {
            let name = auth.text("name").unwrap_or("token");
            token(request.query(name))
        }
        Some("field") => {
            let pointer = auth.text("field").ok_or(Refusal::Unproven("auth names no field"))?;
            token(field::text(&(asked.payload)(request)?, pointer).map(str::to_owned))
        }
        Some("standard-webhooks") => standard_webhooks::verify(secrets, request),
        Some("path") if !secrets.is_empty() => token(request.last_segment().map(str::to_owned)),
        // Only a hook of a name that nobody can guess is found at all.
        Some("path") if name.chars().count() >= limits::judgement::HOOK_PATH_SECRET => Ok(()),
        Some("path") => Err(Refusal::Unproven("the hook's name is too short to be a secret")),
        _ => Err(Refusal::Unproven("auth has no type that is known")),
    }
}

fn signature(auth: &Settings, secrets: &[Secret], asked: &Asked<'_>) -> Result<(), Refusal> {
    let request = asked.request;
    let hash = match auth.text("algorithm").unwrap_or("sha256") {
        "sha1" => Hash::Sha1,
        "sha256" => Hash::Sha256,
        "sha512" => Hash::Sha512,
        _ => return Err(Refusal::Unproven("auth has no algorithm that is known")),
    };
    let header = auth.text("header").ok_or(Refusal::Unproven("auth names no header"))?;
    let written = request.header(header).ok_or(Refusal::Unproven("signature missing"))?;
    let tags = tags(auth, written);
    if tags.is_empty() {
        return Err(Refusal::Unproven("signature not readable"));
    }
    let window = auth.window("tolerance", limits::judgement::HOOK_WINDOW);
    let stamp = match auth.text("timestamp_header") {
        None => "",
        Some(name) => {
            let stamp = request.header(name).ok_or(Refusal::Unproven("timestamp missing"))?;
            sign::near(field::moment(stamp), request.now, window)?;
            stamp
        }
    };
    let signed = signed(auth.text("signed").unwrap_or("{body}"), request, (stamp, auth.text("id_header")));
    if !tags.iter().any(|tag| sign::is_signed(hash, secrets, &[&signed], tag)) {
        return Err(Refusal::Unproven("signature wrong"));
    }
    // A time inside of what is signed.
    auth.text("timestamp_field").map_or(Ok(()), |pointer| {
        let payload = (asked.payload)(request)?;
        let sent = field::instant(&payload, pointer).or_else(|| field::since_1970(&payload, pointer));
        sign::near(sent, request.now, window)
    })
}

/// The signatures of a header field: one, or several behind commas while a secret is being changed. What has another prefix
/// is of another version.
fn tags(auth: &Settings, written: &str) -> Vec<Vec<u8>> {
    let prefix = auth.text("prefix").unwrap_or_default();
    let each = written.split(',').take(limits::judgement::HOOK_SIGNATURES);
    let each = each.filter_map(|tag| tag.trim().strip_prefix(prefix));
    let tags = each.filter_map(|tag| match auth.text("encoding") {
        Some("base64") => sign::base64(tag),
        _ => sign::hex(tag),
    });
    tags.collect()
}

/// What is signed: the template with its four marks replaced, in one pass, so that nothing in a value is a mark.
fn signed(template: &str, request: &Request<'_>, (stamp, id_header): (&str, Option<&str>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(template.len() + request.body.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, mark) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        let values: [&[u8]; 4] = [
            request.body,
            stamp.as_bytes(),
            request.url.as_bytes(),
            id_header.and_then(|name| request.header(name)).unwrap_or_default().as_bytes(),
        ];
        match MARKS.iter().zip(values).find(|(name, _)| mark.starts_with(**name)) {
            Some((name, value)) => {
                out.extend_from_slice(value);
                rest = mark.get(name.len()..).unwrap_or_default();
            }
            None => {
                out.push(b'{');
                rest = mark.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(rest.as_bytes());
    out
}
