//! The other way round: one question to the API of a service, and its answer within limits. Nothing leads it elsewhere.

use std::pin::pin;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, HOST, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use zeroize::Zeroizing;

use crate::limits;
use crate::net::{self, Endpoint, Line, NetError};
use crate::secret::Secret;

/// A question.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The URL of the API without a slash at its end: `https://`, or `http://` on this machine.
    pub api: &'a str,
    /// Path and query that follow it; begins with a slash.
    pub target: &'a str,
    /// Header fields beside those of every question.
    pub headers: &'a [(&'static str, &'static str)],
    /// What it is asked with.
    pub token: &'a Secret,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// 200, with this body.
    Body(Bytes),
    /// 401 or 403: the token is none, or has no right to this.
    Refused,
    /// 429 or 5xx: to be asked later, and when, if the service says so in seconds.
    Later(Option<Duration>),
    /// Any other status: there is nothing, and it would be no other way the next time. A redirection is one of them: whither
    /// it leads is what a message says.
    Nothing(u16),
}

/// Why there is no answer; nothing of a question or an answer is in it.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no line to the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Nobody we trust signed its certificate; there is no `ca_file` here.
    #[error("the certificate of {at} is signed by nobody known here; add its authority to this machine's certificates")]
    Stranger {
        /// Host and port.
        at: String,
    },
    /// It does not speak HTTP, or broke off.
    #[error("the server does not speak HTTP, or broke off")]
    Broken,
    /// The body is too long.
    #[error("the answer is too long")]
    TooLong,
    /// The answer did not come in time.
    #[error("no whole answer came within {} s", limits::doors::ASK.as_secs())]
    TimedOut,
    /// URL or token cannot stand in a request.
    #[error("the address or the token cannot stand in a request")]
    Unfit,
}

/// Asks, once, on a connection of its own.
///
/// # Errors
/// As `AskError` says; `TimedOut` after `ASK`, whatever the server does.
pub async fn ask(ask: &Ask<'_>) -> Result<Told, AskError> {
    tokio::time::timeout(limits::doors::ASK, asked(ask)).await.unwrap_or(Err(AskError::TimedOut))
}

async fn asked(ask: &Ask<'_>) -> Result<Told, AskError> {
    let url: Uri = format!("{}{}", ask.api, ask.target).parse().map_err(|_| AskError::Unfit)?;
    let request = request(&url, ask)?;
    let is_tls = url.scheme_str() == Some("https");
    let host = url.host().ok_or(AskError::Unfit)?;
    let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let endpoint = Endpoint { host, port, ca_file: None };
    let tcp = net::connect(&endpoint).await?;
    let line = if is_tls {
        Line::Tls(Box::new(net::secure(tcp, &endpoint).await.map_err(|error| match error {
            NetError::UnknownIssuer { at } => AskError::Stranger { at },
            error => error.into(),
        })?))
    } else {
        net::insist_on_loopback(&tcp, &endpoint)?;
        Line::Plain(tcp)
    };
    let mut client = http1::Builder::new();
    client.max_buf_size(limits::doors::ASK_HEAD_BYTES).max_headers(limits::doors::HOOK_FIELDS);
    let (mut sender, connection) = client.handshake(TokioIo::new(line)).await.map_err(|_| AskError::Broken)?;
    let talk = async {
        let response = sender.send_request(request).await.map_err(|_| AskError::Broken)?;
        told(response).await
    };
    let (mut talk, connection) = (pin!(talk), pin!(connection));
    tokio::select! {
        biased;
        told = &mut talk => told,
        // The server has closed. What it said before is still to be read.
        _ = connection => talk.await,
    }
}

fn request(url: &Uri, ask: &Ask<'_>) -> Result<Request<Empty<Bytes>>, AskError> {
    let unfit = |_| AskError::Unfit;
    let authority = url.authority().ok_or(AskError::Unfit)?;
    let target = url.path_and_query().ok_or(AskError::Unfit)?.as_str();
    let bearer = Zeroizing::new(format!("Bearer {}", ask.token.reveal()));
    let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| AskError::Unfit)?;
    bearer.set_sensitive(true);
    let mut request = Request::get(target).body(Empty::new()).map_err(unfit)?;
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_str(authority.as_str()).map_err(|_| AskError::Unfit)?);
    headers.insert(AUTHORIZATION, bearer);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // Unpacked, a small body may be any size.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tidings/", env!("CARGO_PKG_VERSION"))));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    for (name, value) in ask.headers {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    Ok(request)
}

async fn told(response: Response<Incoming>) -> Result<Told, AskError> {
    let (parts, body) = response.into_parts();
    Ok(match parts.status {
        StatusCode::OK => {
            let whole = Limited::new(body, limits::doors::ASK_BODY_BYTES).collect().await;
            let whole = whole.map_err(|error| match error.is::<LengthLimitError>() {
                true => AskError::TooLong,
                false => AskError::Broken,
            })?;
            Told::Body(whole.to_bytes())
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Told::Refused,
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            Told::Later(retry_after(&parts.headers))
        }
        status => Told::Nothing(status.as_u16()),
    })
}

/// In seconds (RFC 9110 section 10.2.3). The other form, a date, is taken for none: it would need the server's clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::header::RETRY_AFTER;
    use axum::http::{HeaderMap, HeaderValue, Uri};

    use super::{Ask, request, retry_after};
    use crate::secret::Secret;

    #[test]
    fn a_wait_is_a_number_of_seconds() {
        let check = |written: &'static str, expected: Option<u64>| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(written))]);
            assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{written}");
        };
        check("30", Some(30));
        check(" 0 ", Some(0));
        check("-1", None);
        check("Wed, 21 Oct 2026 07:28:00 GMT", None);
        check("99999999999999999999999", None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn a_request_says_whom_it_asks_and_hides_its_token() {
        let of = |token: &str| {
            let url: Uri = "https://proxy.example.org:8443/asana/tasks/1?x=y".parse().ok()?;
            let token = Secret::new(token.to_owned());
            request(&url, &Ask { api: "", target: "", headers: &[("Notion-Version", "2025-09-03")], token: &token })
                .ok()
        };
        let asked = of("tok-1").map(|request| (request.uri().to_string(), format!("{:?}", request.headers())));
        let (target, headers) = asked.unwrap_or_default();
        assert_eq!(target, "/asana/tasks/1?x=y");
        assert!(headers.contains("proxy.example.org:8443") && headers.contains("2025-09-03"), "{headers}");
        assert!(!headers.contains("tok-1"), "{headers}");
        assert!(of("tok\r\nHost: evil.example").is_none());
    }
}
