//! Requests to services: bounded in time and bytes, sent again where that can help, and told in our own errors.
//!
//! Neither errors nor logs hold anything of a document, of an answer's text, or of a key: a service's own code is the most.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::{Limits, ProviderError, SetupError};

/// The largest answer taken. A page full of small print, word by word with places, is some 2 MiB.
pub(crate) const MOST_BYTES: usize = 10 * 1024 * 1024;

/// A service that wants more patience than this is left alone: others can be asked.
const MOST_PATIENCE: Duration = Duration::from_secs(5);

/// Our own HTTP client. It follows no redirections: they would take documents and keys along.
#[derive(Debug)]
pub(crate) struct Http {
    pub client: reqwest::Client,
    limits: Limits,
}

/// A service's answer of a 2xx status.
pub(crate) struct Answer {
    pub headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// Its JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ProviderError> {
        // The position says enough; serde's own text may quote the answer.
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = if error.is_data() { "JSON of another shape" } else { "no JSON" };
            ProviderError::Malformed(format!("{what}, at line {} column {}", error.line(), error.column()))
        })
    }
}

/// Why one try failed.
pub(crate) struct Failure {
    pub error: ProviderError,
    /// Whether the next try may go better.
    pub again: bool,
    /// How long to wait before, as the service says.
    pub after: Option<Duration>,
}

impl Failure {
    /// One that would come again.
    pub fn last(error: ProviderError) -> Self {
        Self { error, again: false, after: None }
    }
}

impl Http {
    /// Connects within the limits.
    pub fn new(limits: Limits) -> Result<Self, SetupError> {
        let client = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("onboard-ai/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| SetupError::Client(kind_of(&error).to_owned()))?;
        Ok(Self { client, limits })
    }

    /// Sends what `request` makes, again where that can help. `refusal` says what an answer of 4xx means, beyond what its status
    /// says for every service.
    pub async fn send<F, R>(
        &self,
        request: F,
        refusal: fn(StatusCode, &[u8]) -> Option<ProviderError>,
    ) -> Result<Answer, ProviderError>
    where
        F: Fn() -> R,
        R: Future<Output = Result<RequestBuilder, Failure>>,
    {
        let once = || async { attempt(request().await?, refusal).await };
        let waits = ExponentialBuilder::new()
            .with_jitter()
            .with_min_delay(self.limits.first_wait)
            .with_max_delay(MOST_PATIENCE)
            .with_max_times(self.limits.tries.max(1) as usize - 1);
        once.retry(waits)
            .sleep(tokio::time::sleep)
            .when(|failure| failure.again && failure.after.is_none_or(|after| after <= MOST_PATIENCE))
            .adjust(|failure, wait| wait.map(|wait| wait.max(failure.after.unwrap_or_default())))
            .await
            .map_err(|failure| failure.error)
    }
}

/// Does the whole of one extraction, in the time there is for it.
pub(crate) async fn within<T>(
    whole: Duration,
    work: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    tokio::time::timeout(whole, work).await.map_err(|_| ProviderError::Timeout(whole))?
}

async fn attempt(
    request: RequestBuilder,
    refusal: fn(StatusCode, &[u8]) -> Option<ProviderError>,
) -> Result<Answer, Failure> {
    let response = request.send().await.map_err(broken)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = bounded(response).await?;
    if status.is_success() {
        return Ok(Answer { headers, body });
    }
    let after = retry_after(&headers);
    let told = || match code_in(&body) {
        Some(code) => format!("HTTP {}, {code}", status.as_u16()),
        None => format!("HTTP {}", status.as_u16()),
    };
    if let Some(error) = status.is_client_error().then(|| refusal(status, &body)).flatten() {
        return Err(Failure::last(error));
    }
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => Failure { error: ProviderError::Throttled { after }, again: true, after },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Failure::last(ProviderError::Denied(told())),
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => Failure::last(ProviderError::Refused(told())),
        _ => Failure {
            error: ProviderError::Unavailable(told()),
            again: status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT,
            after,
        },
    })
}

/// The body, up to [`MOST_BYTES`].
async fn bounded(mut response: reqwest::Response) -> Result<Bytes, Failure> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(Failure::last(ProviderError::Malformed(format!("more than {MOST_BYTES} bytes"))));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// No answer, or none that was whole. Reading a document changes nothing, so that it may be asked for again.
fn broken(error: reqwest::Error) -> Failure {
    Failure { error: ProviderError::Unavailable(kind_of(&error).to_owned()), again: true, after: None }
}

/// What happened, without the address, which an error of `reqwest` would tell.
fn kind_of(error: &reqwest::Error) -> &'static str {
    if error.is_builder() {
        "the request could not be made"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection broke off"
    }
}

/// `Retry-After` in seconds; its form with a date is rare, and no service of ours has it.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The code of an error as Google (`error.status`) and Azure (`error.code`) tell it.
fn code_in(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let error = body.get("error")?;
    let code = ["status", "code"].into_iter().find_map(|key| error.get(key)?.as_str())?;
    Some(harmless(code))
}

/// A code, if it looks like one: no text of a service gets into errors.
pub(crate) fn harmless(code: &str) -> String {
    let is_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if code.len() <= 64 && code.chars().all(is_code) { code.to_owned() } else { "a code of another form".to_owned() }
}

/// An address that documents may be sent to: over TLS, or on this machine.
pub(crate) fn endpoint(endpoint: &str) -> Result<Url, SetupError> {
    let wrong = |reason| SetupError::Endpoint {
        // What stands before an @ may be a password.
        endpoint: endpoint.rsplit('@').next().unwrap_or_default().to_owned(),
        reason,
    };
    let url = Url::parse(endpoint).map_err(|_| wrong("it is no web address"))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("only scheme, host, port and path belong there"));
    }
    let host = url.host_str().ok_or_else(|| wrong("it names no host"))?;
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        "http" => Err(wrong("without TLS it must be an address of this machine")),
        _ => Err(wrong("it must begin with https://")),
    }
}

/// A header's value that no log shows; `None` for what no header can hold.
pub(crate) fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok().filter(|value| !value.is_empty())?;
    value.set_sensitive(true);
    Some(value)
}

/// `base` with `path` after its own; `path` begins with `/`.
pub(crate) fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let whole = format!("{}{path}", base.path().trim_end_matches('/'));
    url.set_path(&whole);
    url
}
