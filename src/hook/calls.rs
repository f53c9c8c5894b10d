//! The hooks' part of the door: a request read whole within its limits, handed over, and answered.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::any;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::call::{Call, PATH, Receive, Reply};
use super::serve::Stop;
use crate::chat::answer::Answer;
use crate::chat::request::Field;
use crate::limits;

/// What all requests to hooks share.
struct Counter {
    receiver: Arc<dyn Receive>,
    /// Octets of bodies that may still be read, all together.
    octets: Semaphore,
    /// Requests that may still be worked at.
    places: Semaphore,
}

/// The routes: `/hook/NAME` and whatever a service's protocol puts below it, with any method.
pub fn routes(receiver: Arc<dyn Receive>) -> Router {
    let octets = Semaphore::new(limits::doors::HOOK_BODIES);
    let places = Semaphore::new(limits::doors::HOOK_AT_ONCE);
    let counter = Arc::new(Counter { receiver, octets, places });
    Router::new().route("/hook/{name}", any(called)).route("/hook/{name}/{*below}", any(called)).with_state(counter)
}

async fn called(State(counter): State<Arc<Counter>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), ToString::to_string);
    let Some((hook, below)) = taken_apart(parts.uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    let mut headers = Vec::with_capacity(parts.headers.len());
    for (name, value) in &parts.headers {
        // What is no UTF-8 means two things to two readers.
        let Ok(value) = std::str::from_utf8(value.as_bytes()) else {
            counter.receiver.refused(&hook, "a header field is no UTF-8");
            return StatusCode::BAD_REQUEST.into_response();
        };
        headers.push(Field { name: name.as_str().to_owned(), value: value.to_owned() });
    }
    let Some(stop) = parts.extensions.get::<Stop>() else { return put_off(&counter, &hook) };
    let read = tokio::select! {
        read = tokio::time::timeout(limits::doors::HOOK_BODY, whole(&counter, body)) => read,
        () = stop.has_come() => return put_off(&counter, &hook),
    };
    let (body, held) = match read.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT)) {
        Ok(read) => read,
        Err(StatusCode::SERVICE_UNAVAILABLE) => return put_off(&counter, &hook),
        Err(refused) => {
            counter.receiver.refused(&hook, unread(refused));
            return refused.into_response();
        }
    };
    let Ok(_place) = counter.places.acquire().await else { return put_off(&counter, &hook) };
    let method = parts.method.as_str().to_owned();
    let reply = counter.receiver.receive(Call { hook, below, method, target, headers, body }).await;
    drop(held);
    match reply {
        Reply::Kept(answer, _) | Reply::Said(answer) => written(answer),
        Reply::Later => later(),
    }
}

/// The hook's name and what stands below it.
fn taken_apart(path: &str) -> Option<(String, String)> {
    let rest = path.strip_prefix(PATH)?;
    let (name, below) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    (path.len() <= limits::doors::HOOK_PATH && !name.is_empty()).then(|| (name.to_owned(), below.to_owned()))
}

/// Reads a body to its end. Its octets count as long as they are held, but for the first ones: who holds large bodies back
/// keeps no message out, which is small.
async fn whole(counter: &Counter, body: Body) -> Result<(Bytes, Option<SemaphorePermit<'_>>), StatusCode> {
    if body.size_hint().lower() > limits::doors::HOOK_BODY_BYTES {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let most = usize::try_from(limits::doors::HOOK_BODY_BYTES).unwrap_or(usize::MAX);
    let mut body = Limited::new(body, most);
    let mut held: Option<SemaphorePermit<'_>> = None;
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
            true => StatusCode::PAYLOAD_TOO_LARGE,
            false => StatusCode::BAD_REQUEST,
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let counted = |length: usize| length.saturating_sub(limits::doors::HOOK_BODY_FREE);
        let octets = counted(read.len() + data.len()) - counted(read.len());
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        let more = counter.octets.try_acquire_many(octets).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        match &mut held {
            Some(held) => held.merge(more),
            None => held = Some(more),
        }
        read.extend_from_slice(&data);
    }
    Ok((read.into(), held))
}

fn written(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Why a request was not read to its end.
fn unread(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "body larger than 1 MiB",
        StatusCode::REQUEST_TIMEOUT => "body did not come within 10 s",
        _ => "body broken off, or framed wrongly",
    }
}

fn put_off(counter: &Counter, hook: &str) -> Response<Body> {
    counter.receiver.put_off(hook);
    later()
}

fn later() -> Response<Body> {
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, HeaderValue::from(limits::doors::HOOK_RETRY))]).into_response()
}
