//! Answering HTTP: connections within limits of bytes, time and number.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::IntoResponse;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::bind::{Listener, Stream};
use super::call::PATH;
use super::framing::{Framed, Rest};
use super::head::Unframed;
use crate::limits;

/// Answers until it is stopped; then those whose request has been read, or is in a moment, get their answer.
pub async fn serve(listener: Listener, routes: Router, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits::doors::HOOK_CONNECTIONS));
    let answering = TaskTracker::new();
    while !stop.is_cancelled() {
        // Who finds no place waits in the system's queue, where it costs nothing.
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok(stream) => {
                let (routes, stop) = (routes.clone(), stop.clone());
                answering.spawn(async move {
                    match stream {
                        Stream::Tcp(stream) => answer(stream, routes, stop).await,
                        Stream::Unix(stream) => answer(stream, routes, stop).await,
                    }
                    drop(place);
                });
            }
            Err(error) => {
                warn!("HTTP takes no connection: {error}");
                tokio::time::sleep(limits::doors::HOOK_BREATH).await;
            }
        }
    }
    drop(listener);
    answering.close();
    answering.wait().await;
}

/// One connection. What goes wrong on it is its caller's business, and nobody else's.
async fn answer<S>(stream: S, routes: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let routes = TowerToHyperService::new(routes);
    let stop = Stop(stop);
    let carried = stop.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let routes = routes.clone();
        request.extensions_mut().insert(carried.clone());
        Box::pin(async move {
            // Of a hook, the hook is to know.
            if is_too_large(&request) && !request.uri().path().starts_with(PATH) {
                return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
            }
            let is_last = request.headers().contains_key(TRANSFER_ENCODING);
            let mut response = hyper::service::Service::call(&routes, request.map(Body::new)).await?;
            if is_last {
                // Where chunks end is not ours to say: nothing is read behind them.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        })
    });
    let mut http = http1::Builder::new();
    http.max_buf_size(limits::doors::HOOK_HEAD_BYTES + limits::doors::HOOK_HEAD_PIECE);
    http.max_headers(limits::doors::HOOK_FIELDS);
    let mut connection = http.serve_connection(TokioIo::new(Framed::new(stream)), service);
    let mut stopped = pin!(stop.0.cancelled().fuse());
    let _: Result<(), hyper::Error> = poll_fn(|cx| {
        if stopped.as_mut().poll(cx).is_ready() {
            Pin::new(&mut connection).graceful_shutdown();
        }
        connection.poll_without_shutdown(cx)
    })
    .await;
    let (stream, rest) = connection.into_parts().io.into_inner().end();
    // Whoever sends nothing more, or does not read its answer, is left.
    tokio::select! {
        _ = tokio::time::timeout(limits::doors::HOOK_REQUEST, end(stream, rest)) => {}
        () = stop.has_come() => {}
    }
}

/// What a request carries so that its reader need not wait for a caller when the daemon stops.
#[derive(Clone, Debug)]
pub struct Stop(CancellationToken);

impl Stop {
    /// Returns a moment after the daemon was told to stop.
    pub async fn has_come(&self) {
        self.0.cancelled().await;
        tokio::time::sleep(limits::doors::HOOK_STOP).await;
    }
}

/// By what it says of itself; who reads a body counts as well.
fn is_too_large<B>(request: &Request<B>) -> bool {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > limits::doors::HOOK_BODY_BYTES)
}

/// Ends a connection: says no to what could not be framed, and reads the rest of what was not read to its end for a while.
/// One that is closed with bytes unread is reset, and the answer with it.
async fn end(mut stream: impl AsyncRead + AsyncWrite + Unpin, rest: Rest) {
    let status = match rest {
        Rest::Nothing | Rest::Body => None,
        Rest::Unframed(Unframed::Lengths | Unframed::Hosts | Unframed::BareLine) => Some("400 Bad Request"),
        Rest::Unframed(Unframed::TooLong) => Some("431 Request Header Fields Too Large"),
    };
    if let Some(status) = status {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
    if stream.shutdown().await.is_err() || rest == Rest::Nothing {
        return;
    }
    let mut piece = [0; limits::doors::HOOK_HEAD_PIECE];
    let mut left = limits::doors::HOOK_DRAIN_BYTES;
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        left = left.saturating_sub(count);
        if left == 0 {
            return;
        }
    }
}
