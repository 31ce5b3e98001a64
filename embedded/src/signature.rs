//! Credentials of the DynamoDB API, and the verification of signed requests (AWS Signature Version 4).
//!
//! A page in a browser cannot sign a request, because it cannot read the credentials: they are random at each start.

use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use uuid::Uuid;

/// The name of the service in signatures.
const SERVICE: &str = "dynamodb";
/// How far the time of a request may be from the time of this machine. AWS allows the same.
const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

/// An access key of the DynamoDB API.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Its public part.
    pub access_key_id: String,
    /// Its secret part.
    pub secret_access_key: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureError {
    #[error("the request has no signature of version 4 in its headers")]
    Missing,
    #[error("the access key is not the one of this start; stack.json has the current one")]
    UnknownKey,
    #[error("the time of the request differs by more than 15 minutes from the time of this machine")]
    Expired,
    #[error("the signature does not match the request")]
    Mismatch,
}

impl Credentials {
    /// New credentials, random like version 4 UUIDs (122 bits each).
    pub(crate) fn random() -> Self {
        let part = || Uuid::new_v4().simple();
        Self {
            access_key_id: format!("EMBEDDED{}", part().to_string().to_uppercase()),
            secret_access_key: format!("{}{}", part(), part()),
        }
    }

    /// Verifies that `request` with `body` is signed with these credentials.
    pub(crate) fn verify(&self, request: &Parts, body: &[u8], now: SystemTime) -> Result<(), SignatureError> {
        let authorization = Authorization::of(&request.headers).ok_or(SignatureError::Missing)?;
        if authorization.key != self.access_key_id {
            return Err(SignatureError::UnknownKey);
        }
        let time = time(&request.headers).ok_or(SignatureError::Missing)?;
        let skew = now.duration_since(time).unwrap_or_else(|ahead| ahead.duration());
        if skew > MAX_SKEW {
            return Err(SignatureError::Expired);
        }
        let expected = self.sign(request, body, &authorization, time).ok_or(SignatureError::Mismatch)?;
        verify_slices_are_equal(expected.as_bytes(), authorization.signature.as_bytes())
            .map_err(|_| SignatureError::Mismatch)
    }

    /// The signature that `request` must have.
    fn sign(
        &self,
        request: &Parts,
        body: &[u8],
        authorization: &Authorization<'_>,
        time: SystemTime,
    ) -> Option<String> {
        let headers = &request.headers;
        let uri = format!("http://{}{}", text(headers, "host")?, request.uri.path_and_query()?);
        // The signer adds the time itself.
        let names = authorization.signed_headers.split(';').filter(|name| *name != "x-amz-date");
        let signed: Option<Vec<(&str, &str)>> = names.map(|name| Some((name, text(headers, name)?))).collect();
        let method = request.method.as_str();
        let signable = SignableRequest::new(method, uri, signed?.into_iter(), SignableBody::Bytes(body)).ok()?;
        let (key, secret) = (self.access_key_id.as_str(), self.secret_access_key.as_str());
        let identity = aws_credential_types::Credentials::new(key, secret, None, None, "embedded").into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(authorization.region)
            .name(SERVICE)
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        Some(sign(signable, &parameters).ok()?.signature().to_owned())
    }
}

/// The parts of an `Authorization` header:
/// `AWS4-HMAC-SHA256 Credential=key/date/region/service/aws4_request, SignedHeaders=a;b, Signature=hex`.
struct Authorization<'a> {
    key: &'a str,
    region: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let members = text(headers, "authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let member = |name: &str| members.split([',', ' ']).find_map(|member| member.strip_prefix(name));
        let mut scope = member("Credential=")?.split('/');
        let (key, _date, region) = (scope.next()?, scope.next()?, scope.next()?);
        Some(Self { key, region, signed_headers: member("SignedHeaders=")?, signature: member("Signature=")? })
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The time of a request, from its header `x-amz-date`, `YYYYMMDD'T'HHMMSS'Z'`.
fn time(headers: &HeaderMap) -> Option<SystemTime> {
    let parsed = strtime::parse("%Y%m%dT%H%M%SZ", text(headers, "x-amz-date")?).ok()?;
    Some(parsed.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::http::Request;

    use super::*;

    const BODY: &[u8] = b"{}";

    /// A request signed with `credentials` at `time`.
    fn signed(credentials: &Credentials, time: SystemTime) -> Parts {
        let stamp = jiff::Timestamp::try_from(time).unwrap().strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut request = Request::post("/")
            .header("host", "127.9.8.7:1234")
            .header("x-amz-date", stamp)
            .header("x-amz-target", "DynamoDB_20120810.ListTables")
            .body(())
            .unwrap()
            .into_parts()
            .0;
        let authorization = Authorization {
            key: &credentials.access_key_id,
            region: "eu-central-1",
            signed_headers: "host;x-amz-date;x-amz-target",
            signature: "",
        };
        let signature = credentials.sign(&request, BODY, &authorization, time).unwrap();
        let Authorization { key, region, signed_headers, .. } = authorization;
        let header = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20261126/{region}/dynamodb/aws4_request, \
             SignedHeaders={signed_headers}, Signature={signature}"
        );
        request.headers.insert("authorization", header.parse().unwrap());
        request
    }

    #[test]
    fn request_is_accepted_as_it_was_signed_only() {
        let (credentials, now) = (Credentials::random(), SystemTime::now());
        let request = signed(&credentials, now);
        assert_eq!(credentials.verify(&request, BODY, now), Ok(()));
        assert_eq!(credentials.verify(&request, b"{ }", now), Err(SignatureError::Mismatch));
        for (name, value) in [("x-amz-target", "DynamoDB_20120810.Scan"), ("host", "evil.example")] {
            let mut changed = request.clone();
            changed.headers.insert(name, value.parse().unwrap());
            assert_eq!(credentials.verify(&changed, BODY, now), Err(SignatureError::Mismatch), "{name}");
        }
        let late = now + MAX_SKEW + Duration::from_secs(2);
        assert_eq!(credentials.verify(&request, BODY, late), Err(SignatureError::Expired));
    }

    #[test]
    fn other_credentials_are_refused() {
        let (credentials, now) = (Credentials::random(), SystemTime::now());
        assert_eq!(
            credentials.verify(&signed(&Credentials::random(), now), BODY, now),
            Err(SignatureError::UnknownKey)
        );
        let other_secret = Credentials { secret_access_key: "guessed".into(), ..credentials.clone() };
        assert_eq!(credentials.verify(&signed(&other_secret, now), BODY, now), Err(SignatureError::Mismatch));
        for name in ["authorization", "x-amz-date"] {
            let mut unsigned = signed(&credentials, now);
            unsigned.headers.remove(name);
            assert_eq!(credentials.verify(&unsigned, BODY, now), Err(SignatureError::Missing), "{name}");
        }
        for header in ["", "Basic YTpi", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=a, Signature=b"] {
            let mut malformed = signed(&credentials, now);
            malformed.headers.insert("authorization", header.parse().unwrap());
            assert_eq!(credentials.verify(&malformed, BODY, now), Err(SignatureError::Missing), "{header}");
        }
    }

    #[test]
    fn debug_output_does_not_contain_the_secret() {
        let credentials = Credentials::random();
        assert!(!format!("{credentials:?}").contains(&credentials.secret_access_key));
    }
}
