//! Answering HTTP: one request a connection, each within limits of bytes and time.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{Request, StatusCode};
use axum::response::IntoResponse;
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
use super::head::{self, Head};
use crate::limits;

/// Answers until it is stopped; then those whose request has been read get their answer.
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
async fn answer<S>(mut stream: S, routes: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let head = tokio::select! {
        head = tokio::time::timeout(limits::doors::HOOK_HEAD, head::read(&mut stream)) => head,
        () = stop.cancelled() => return,
    };
    let answered = match head {
        Ok(Ok(Head::Whole(read))) => {
            let (rest, write) = tokio::io::split(stream);
            let whole = tokio::io::join(io::Cursor::new(read).chain(rest), write);
            tokio::time::timeout(limits::doors::HOOK_REQUEST, request(whole, routes)).await
        }
        Ok(Ok(Head::TwoLengths)) => {
            tokio::time::timeout(limits::doors::HOOK_REQUEST, refuse(stream, "400 Bad Request")).await
        }
        Ok(Ok(Head::TooLong)) => {
            let status = "431 Request Header Fields Too Large";
            tokio::time::timeout(limits::doors::HOOK_REQUEST, refuse(stream, status)).await
        }
        Ok(Ok(Head::Cut) | Err(_)) | Err(_) => return,
    };
    // Whoever sends nothing more, or does not read its answer, is left.
    drop(answered);
}

async fn request(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, routes: Router) {
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(move |request: Request<Incoming>| {
        let routes = routes.clone();
        async move {
            if is_too_large(&request) {
                return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
            }
            hyper::service::Service::call(&routes, request.map(Body::new)).await
        }
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false);
    http.max_buf_size(limits::doors::HOOK_HEAD_BYTES + limits::doors::HOOK_HEAD_PIECE);
    http.max_headers(limits::doors::HOOK_FIELDS);
    let _: Result<(), hyper::Error> = http.serve_connection(TokioIo::new(io), service).await;
}

/// By what it says of itself; who reads a body counts as well.
fn is_too_large<B>(request: &Request<B>) -> bool {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > limits::doors::HOOK_BODY_BYTES)
}

/// Says no to what was not read to its end.
async fn refuse(mut stream: impl AsyncRead + AsyncWrite + Unpin, status: &str) {
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    if stream.write_all(answer.as_bytes()).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    // A connection that is closed with bytes unread is reset, and the answer with it: they are read a while.
    let mut piece = [0; limits::doors::HOOK_HEAD_PIECE];
    let mut left = limits::doors::HOOK_DRAIN_BYTES;
    while let Ok(count @ 1..) = stream.read(&mut piece).await {
        left = left.saturating_sub(count);
        if left == 0 {
            return;
        }
    }
}
