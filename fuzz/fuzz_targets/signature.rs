//! Any request at the embedded DynamoDB API: only those that are signed with its credentials are accepted. Of the input,
//! the first lines are headers, in the order of [`fuzz_target`]; the rest is the body.
#![no_main]

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;

// The module is private to its crate, and the crate has a broker and two databases.
#[allow(dead_code)]
#[path = "../../embedded/src/signature.rs"]
mod signature;

use signature::{Credentials, SignatureError};

const HOST: &str = "127.9.8.7:1234";
/// 2026-11-26, 22:00:00 UTC.
const NOW: Duration = Duration::from_secs(1_795_730_400);

fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(5, |byte| *byte == b'\n');
    let mut next = || lines.next().unwrap_or_default();
    let (authorization, day, target, region, body) = (next(), next(), next(), next(), next());
    let credentials =
        Credentials { access_key_id: "EMBEDDEDKEY".to_owned(), secret_access_key: "a secret of the tests".to_owned() };
    let now = SystemTime::UNIX_EPOCH + NOW;

    let forged = request(&[("authorization", authorization), ("x-amz-date", day), ("x-amz-target", target)]);
    assert!(credentials.verify(&forged, body, now).is_err(), "nobody else can sign");

    let Ok(region) = std::str::from_utf8(region) else { return };
    if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return;
    }
    let Some(signed) = signed(request(&[("x-amz-target", target)]), body, region, &credentials, now) else { return };
    assert_eq!(credentials.verify(&signed, body, now), Ok(()));
    assert_eq!(credentials.verify(&signed, &[body, b"x"].concat(), now), Err(SignatureError::Mismatch));
    let late = now + Duration::from_secs(3600);
    assert_eq!(credentials.verify(&signed, body, late), Err(SignatureError::Expired));
});

fn request(headers: &[(&'static str, &[u8])]) -> Parts {
    let mut request = Request::post("/").header("host", HOST).body(()).expect("a request").into_parts().0;
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers.insert(*name, value);
        }
    }
    request
}

/// The request as a client signs it; none if a client cannot, because of its headers.
fn signed(parts: Parts, body: &[u8], region: &str, credentials: &Credentials, now: SystemTime) -> Option<Parts> {
    let headers: Option<Vec<(&str, &str)>> =
        parts.headers.iter().map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let uri = format!("http://{HOST}/");
    let signable = SignableRequest::new("POST", uri, headers?.into_iter(), SignableBody::Bytes(body)).ok()?;
    let Credentials { access_key_id, secret_access_key } = credentials;
    let identity = aws_credential_types::Credentials::new(access_key_id, secret_access_key, None, None, "fuzz").into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("dynamodb")
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .expect("parameters")
        .into();
    let (instructions, _) = sign(signable, &parameters).ok()?.into_parts();
    let mut request = Request::from_parts(parts, ());
    instructions.apply_to_request_http1x(&mut request);
    Some(request.into_parts().0)
}
