//! HTTP requests: each gives an answer or a [`Failure`].

use futures::future::{Either, select};
use gloo_net::http::{Method, RequestBuilder, Response};
use gloo_timers::future::TimeoutFuture;
use uuid::Uuid;

use crate::logic::failure::Failure;

/// How long an answer may take, in milliseconds.
const TIMEOUT_MS: u32 = 30_000;

/// Sends JSON, or nothing, and returns the body of a successful answer.
///
/// # Errors
/// [`Failure`] if there is no answer within thirty seconds, or the answer is not a success.
pub async fn send(method: Method, path: &str, key: Option<Uuid>, body: Option<String>) -> Result<String, Failure> {
    let exchange = Box::pin(exchange(method, path, key, body));
    match select(exchange, TimeoutFuture::new(TIMEOUT_MS)).await {
        Either::Left((answer, _)) => {
            let (status, text) = answer.map_err(|_| Failure::Unreachable)?;
            if (200..300).contains(&status) { Ok(text) } else { Err(Failure::from_answer(status, &text)) }
        }
        Either::Right(_) => Err(Failure::Unreachable),
    }
}

/// Fetches an image. `None` after an error or thirty seconds.
pub async fn picture(path: &str) -> Option<Vec<u8>> {
    let fetching = Box::pin(async {
        let answer = RequestBuilder::new(path).header("Accept", "image/*").send().await.ok()?;
        if answer.ok() { answer.binary().await.ok() } else { None }
    });
    match select(fetching, TimeoutFuture::new(TIMEOUT_MS)).await {
        Either::Left((bytes, _)) => bytes,
        Either::Right(_) => None,
    }
}

async fn exchange(
    method: Method,
    path: &str,
    key: Option<Uuid>,
    body: Option<String>,
) -> Result<(u16, String), gloo_net::Error> {
    let mut request = RequestBuilder::new(path).method(method).header("Accept", "application/json");
    if let Some(key) = key {
        request = request.header("Idempotency-Key", &key.to_string());
    }
    let answer: Response = match body {
        Some(body) => request.header("Content-Type", "application/json").body(body)?.send().await?,
        None => request.send().await?,
    };
    Ok((answer.status(), answer.text().await?))
}
