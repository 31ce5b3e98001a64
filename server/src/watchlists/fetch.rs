//! An issue of a list from its publisher: a conditional request, bounded in time, bytes and redirects, repeated with a
//! growing wait.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use domain::watchlist::{ListFormat, Refusal, RefusalCause, Source};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use reqwest::header::{ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use super::files::Offer;
use super::origin::{is_allowed, is_loopback};
use super::state::KeptList;
use crate::clock::Clock;

/// The attempts of one check. The European Union's server answers 500 in bursts.
const ATTEMPTS: usize = 5;
/// By how much each wait is longer than the one before.
const WAIT_FACTOR: f32 = 3.0;
/// OFAC redirects once, to a short-lived address.
const MOST_REDIRECTS: usize = 3;
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the publisher may be silent within an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(120);
/// The largest sanctions list, in bytes; the largest published one has 25 MB.
const MOST_BYTES: usize = domain::watchlist::MAX_BYTES;
/// The largest file of politically exposed persons, in bytes.
const MOST_BYTES_OF_PEPS: usize = 512 * 1024 * 1024;
/// The longest `ETag` or `Last-Modified` that is kept.
const MOST_VALIDATOR: usize = 500;

/// The limits that the settings give.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    /// How long one attempt may take.
    pub attempt: Duration,
    /// The wait before the second attempt.
    pub first_wait: Duration,
}

/// The answer of a publisher.
#[derive(Debug)]
pub(super) enum Fetched {
    /// The issue in use is the newest one.
    Unchanged,
    /// An issue.
    Offer(Offer),
}

/// Why an attempt failed, and whether another one may succeed.
struct Failure {
    refusal: Refusal,
    retryable: bool,
}

impl Failure {
    fn new(cause: RefusalCause, retryable: bool, detail: impl Into<String>) -> Self {
        Self { refusal: Refusal { cause, detail: detail.into() }, retryable }
    }
}

/// Fetches lists. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client,
    /// For addresses of this machine: without a proxy.
    local: Client,
    limits: FetchLimits,
}

impl Fetcher {
    /// A fetcher with these limits.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(limits: FetchLimits) -> Result<Self, reqwest::Error> {
        let builder = || {
            Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .read_timeout(READ_TIMEOUT)
                .timeout(limits.attempt)
                .redirect(redirects())
                .user_agent(concat!("onboard-ai/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self { client: builder().build()?, local: builder().no_proxy().build()?, limits })
    }

    /// Fetches a list. With the issue `in_use`, only if the publisher has another one.
    pub(super) async fn fetch(
        &self,
        source: Source,
        url: &Url,
        in_use: Option<&KeptList>,
        clock: &dyn Clock,
    ) -> Result<Fetched, Refusal> {
        let waits = ExponentialBuilder::new()
            .with_factor(WAIT_FACTOR)
            .with_jitter()
            .with_min_delay(self.limits.first_wait)
            .with_max_delay(self.limits.first_wait * 27)
            .with_max_times(ATTEMPTS - 1);
        let once = || self.attempt(source, url, in_use, clock);
        once.retry(waits)
            .sleep(tokio::time::sleep)
            .when(|failure: &Failure| failure.retryable)
            .await
            .map_err(|failure| failure.refusal)
    }

    async fn attempt(
        &self,
        source: Source,
        url: &Url,
        in_use: Option<&KeptList>,
        clock: &dyn Clock,
    ) -> Result<Fetched, Failure> {
        let client = if is_loopback(url) { &self.local } else { &self.client };
        let mut request = client.get(url.clone());
        for (header, value) in validators(in_use) {
            request = request.header(header, value);
        }
        let response = request.send().await.map_err(|error| failure_of(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status == StatusCode::NOT_MODIFIED && in_use.is_some() {
            return Ok(Fetched::Unchanged);
        }
        if status != StatusCode::OK {
            let again = status.is_server_error()
                || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
            return Err(Failure::new(RefusalCause::Status, again, format!("the publisher answered {status}")));
        }
        let most = if source.is_pep() { MOST_BYTES_OF_PEPS } else { MOST_BYTES };
        let bytes = bounded(response, most).await?;
        let format = ListFormat::of_file(source, &bytes)
            .ok_or_else(|| Failure::new(RefusalCause::OtherFile, false, "the sample is not fetched"))?;
        let checked = clock.now();
        Ok(Fetched::Offer(Offer {
            format,
            published: Some(modified(&headers).unwrap_or_else(|| checked.to_zoned(TimeZone::UTC).date())),
            checked,
            etag: validator(&headers, ETAG),
            last_modified: validator(&headers, LAST_MODIFIED),
            files: vec![bytes],
        }))
    }
}

/// Follows few redirects, each over TLS; without it only from and to this machine.
fn redirects() -> Policy {
    Policy::custom(|attempt| {
        let leaves_tls =
            attempt.previous().iter().any(|url| url.scheme() == "https") && attempt.url().scheme() != "https";
        if attempt.previous().len() > MOST_REDIRECTS {
            attempt.error("too many redirects")
        } else if leaves_tls || !is_allowed(attempt.url()) {
            attempt.error("a redirect to an address without TLS")
        } else {
            attempt.follow()
        }
    })
}

/// The conditions of a request.
fn validators(in_use: Option<&KeptList>) -> Vec<(HeaderName, String)> {
    let Some(list) = in_use else { return Vec::new() };
    let etag = list.etag.clone().map(|value| (IF_NONE_MATCH, value));
    let modified = list.last_modified.clone().map(|value| (IF_MODIFIED_SINCE, value));
    etag.into_iter().chain(modified).collect()
}

fn validator(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (!value.is_empty() && value.len() <= MOST_VALIDATOR).then(|| value.to_owned())
}

/// The day of `Last-Modified`, in UTC.
fn modified(headers: &HeaderMap) -> Option<Date> {
    let text = headers.get(LAST_MODIFIED)?.to_str().ok()?;
    let at: Timestamp = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(at.to_zoned(TimeZone::UTC).date())
}

/// The body, up to `most` bytes. A body that ends early is an error.
async fn bounded(mut response: Response, most: usize) -> Result<Vec<u8>, Failure> {
    let too_large =
        || Failure::new(RefusalCause::TooLarge, false, format!("the answer is larger than {} MiB", most / 1024 / 1024));
    let stated = response.content_length().unwrap_or_default();
    if stated > most as u64 {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(usize::try_from(stated).unwrap_or_default());
    while let Some(chunk) = response.chunk().await.map_err(|error| failure_of(&error))? {
        if body.len() + chunk.len() > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The failure without the address, whose query may be a key.
fn failure_of(error: &reqwest::Error) -> Failure {
    let mut cause: &dyn std::error::Error = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    if error.is_redirect() {
        Failure::new(RefusalCause::Redirect, false, cause.to_string())
    } else if error.is_timeout() {
        Failure::new(RefusalCause::Timeout, true, "no complete answer in time")
    } else if error.is_connect() {
        Failure::new(RefusalCause::Unreachable, true, format!("no connection: {cause}"))
    } else {
        Failure::new(RefusalCause::Unreachable, true, format!("the connection was lost: {cause}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn day_of_last_modified_is_read() {
        let mut headers = HeaderMap::new();
        assert_eq!(modified(&headers), None);
        headers.insert(LAST_MODIFIED, "Fri, 20 Nov 2026 23:59:59 GMT".parse().unwrap());
        assert_eq!(modified(&headers), Some(jiff::civil::date(2026, 11, 20)));
        headers.insert(LAST_MODIFIED, "yesterday".parse().unwrap());
        assert_eq!(modified(&headers), None);
    }

    #[test]
    fn long_validator_is_not_kept() {
        let mut headers = HeaderMap::new();
        headers.insert(ETAG, "\"a\"".parse().unwrap());
        assert_eq!(validator(&headers, ETAG).as_deref(), Some("\"a\""));
        headers.insert(ETAG, "a".repeat(501).parse().unwrap());
        assert_eq!(validator(&headers, ETAG), None);
    }
}
