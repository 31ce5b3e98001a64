//! Requests to services: limited in time and bytes, retried, with errors as [`ProviderError`].
//!
//! Errors and logs contain nothing of a document, an answer's text or a key, and at most the service's error code.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::extractor::ProviderError;
use crate::settings::{Limits, SetupError};

/// Maximum size of an answer in bytes. A page full of small print, with the position of each word, has about 2 MiB.
pub(crate) const MAX_BYTES: usize = 10 * 1024 * 1024;

/// Maximum `Retry-After` that is waited for. Beyond it the next provider is tried instead.
const MAX_RETRY_WAIT: Duration = Duration::from_secs(5);

/// An HTTP client that follows no redirects, since a redirect would receive documents and keys.
#[derive(Debug)]
pub(crate) struct Http {
    pub client: reqwest::Client,
    limits: Limits,
}

/// An answer with a status of 2xx.
pub(crate) struct Answer {
    pub headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// Parses the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ProviderError> {
        // Only the position is kept, since serde's message may quote the answer.
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = if error.is_data() { "JSON not of the documented shape" } else { "not JSON" };
            ProviderError::Malformed(format!("{what}, at line {} column {}", error.line(), error.column()))
        })
    }
}

/// Why one attempt failed.
pub(crate) struct Failure {
    pub error: ProviderError,
    /// Whether another attempt may succeed.
    pub retryable: bool,
    /// How long to wait before it, if the service says so.
    pub after: Option<Duration>,
}

impl Failure {
    /// A failure that another attempt would repeat.
    pub fn permanent(error: ProviderError) -> Self {
        Self { error, retryable: false, after: None }
    }
}

impl Http {
    /// A client with these limits.
    pub fn new(limits: Limits) -> Result<Self, SetupError> {
        let client = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("onboard-ai/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| SetupError::Client(kind_of(&error).to_owned()))?;
        Ok(Self { client, limits })
    }

    /// Sends the request that `request` builds, with retries. `client_error` maps 4xx answers that have a special
    /// meaning for this service.
    pub async fn send<F, R>(
        &self,
        request: F,
        client_error: fn(StatusCode, &[u8]) -> Option<ProviderError>,
    ) -> Result<Answer, ProviderError>
    where
        F: Fn() -> R,
        R: Future<Output = Result<RequestBuilder, Failure>>,
    {
        let once = || async { attempt(request().await?, client_error).await };
        let waits = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.limits.first_wait)
            .with_max_delay(MAX_RETRY_WAIT)
            .with_max_times(self.limits.max_attempts.max(1) as usize - 1);
        once.retry(waits)
            .sleep(tokio::time::sleep)
            .when(|failure| failure.retryable && failure.after.is_none_or(|after| after <= MAX_RETRY_WAIT))
            .adjust(|failure, wait| wait.map(|wait| wait.max(failure.after.unwrap_or_default())))
            .await
            .map_err(|failure| failure.error)
    }
}

/// Limits the time of a whole extraction.
pub(crate) async fn within<T>(
    whole: Duration,
    work: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    tokio::time::timeout(whole, work).await.map_err(|_| ProviderError::Timeout(whole))?
}

async fn attempt(
    request: RequestBuilder,
    client_error: fn(StatusCode, &[u8]) -> Option<ProviderError>,
) -> Result<Answer, Failure> {
    let response = request.send().await.map_err(connection_failure)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = bounded(response).await?;
    if status.is_success() {
        return Ok(Answer { headers, body });
    }
    let after = retry_after(&headers);
    let text = || match code_in(&body) {
        Some(code) => format!("HTTP {}, {code}", status.as_u16()),
        None => format!("HTTP {}", status.as_u16()),
    };
    if let Some(error) = status.is_client_error().then(|| client_error(status, &body)).flatten() {
        return Err(Failure::permanent(error));
    }
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => Failure { error: ProviderError::Throttled { after }, retryable: true, after },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Failure::permanent(ProviderError::Denied(text())),
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => Failure::permanent(ProviderError::Refused(text())),
        _ => Failure {
            error: ProviderError::Unavailable(text()),
            retryable: status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT,
            after,
        },
    })
}

/// The body, up to [`MAX_BYTES`].
async fn bounded(mut response: reqwest::Response) -> Result<Bytes, Failure> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(connection_failure)? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(Failure::permanent(ProviderError::Malformed(format!(
                "the answer has more than {MAX_BYTES} bytes"
            ))));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// No answer, or an incomplete one. The request may be repeated, because reading a document changes nothing.
fn connection_failure(error: reqwest::Error) -> Failure {
    Failure { error: ProviderError::Unavailable(kind_of(&error).to_owned()), retryable: true, after: None }
}

/// The kind of an error, without the address that the message of `reqwest` contains.
fn kind_of(error: &reqwest::Error) -> &'static str {
    if error.is_builder() {
        "the request could not be built"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection was lost"
    }
}

/// `Retry-After` in seconds. Its form with a date is not supported, since no service here uses it.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The error code of Google (`error.status`) or Azure (`error.code`).
fn code_in(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let error = body.get("error")?;
    let code = ["status", "code"].into_iter().find_map(|key| error.get(key)?.as_str())?;
    Some(error_code(code))
}

/// Returns `code` if it has the form of an error code, so that no other text of a service gets into errors.
pub(crate) fn error_code(code: &str) -> String {
    let is_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if code.len() <= 64 && code.chars().all(is_code) { code.to_owned() } else { "unknown code".to_owned() }
}

/// Parses an address that documents may be sent to: over TLS, or on this machine.
pub(crate) fn endpoint(endpoint: &str) -> Result<Url, SetupError> {
    let wrong = |reason| SetupError::Endpoint {
        // The part before an @ may contain a password.
        endpoint: endpoint.rsplit('@').next().unwrap_or_default().to_owned(),
        reason,
    };
    let url = Url::parse(endpoint).map_err(|_| wrong("it is not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("only scheme, host, port and path are allowed"));
    }
    let host = url.host_str().ok_or_else(|| wrong("it names no host"))?;
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let is_local = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_local => Ok(url),
        "http" => Err(wrong("without TLS it must be an address of this machine")),
        _ => Err(wrong("it must begin with https://")),
    }
}

/// A header value that is hidden in logs; `None` if it has characters that a header cannot contain.
pub(crate) fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok().filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

/// `base` with `path` appended to its path; `path` begins with `/`.
pub(crate) fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let whole = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&whole);
    url
}
