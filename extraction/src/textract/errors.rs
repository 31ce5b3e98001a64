//! Amazon Textract's errors as ours. Only codes are passed on: messages may quote what was sent.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_textract::config::http::HttpResponse;
use aws_sdk_textract::error::{ProvideErrorMetadata, SdkError};

use http_body_util::LengthLimitError;

use crate::ProviderError;
use crate::http::harmless;

pub(super) fn of<E>(error: &SdkError<E, HttpResponse>, whole: Duration) -> ProviderError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if has_cause::<LengthLimitError>(error) {
        return ProviderError::Malformed("more bytes than are taken".to_owned());
    }
    match error {
        SdkError::TimeoutError(_) => ProviderError::Timeout(whole),
        _ if has_cause::<CredentialsError>(error) => ProviderError::Denied("no credentials were found".to_owned()),
        SdkError::ConstructionFailure(_) => ProviderError::Denied("no request could be signed".to_owned()),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            ProviderError::Unavailable("no connection in time".to_owned())
        }
        SdkError::DispatchFailure(_) => ProviderError::Unavailable("no connection, or one that broke off".to_owned()),
        SdkError::ResponseError(_) => ProviderError::Unavailable("the answer broke off".to_owned()),
        SdkError::ServiceError(failure) => told(failure.err(), failure.raw()),
        _ => ProviderError::Unavailable("an unknown failure".to_owned()),
    }
}

/// Whether an error of this type is at the bottom of it: [`LengthLimitError`] where [`super::limit`] ended the reading of an answer.
fn has_cause<T: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<T>() {
            return true;
        }
        cause = error.source();
    }
    false
}

fn told(error: &(impl ProvideErrorMetadata + Error), raw: &HttpResponse) -> ProviderError {
    let status = raw.status();
    let code = error.code().map(harmless);
    match code.as_deref() {
        Some(
            "ThrottlingException"
            | "ProvisionedThroughputExceededException"
            | "LimitExceededException"
            | "TooManyRequestsException",
        ) => ProviderError::Throttled { after: after(raw) },
        Some(
            code @ ("BadDocumentException"
            | "DocumentTooLargeException"
            | "UnsupportedDocumentException"
            | "InvalidParameterException"
            | "ValidationException"),
        ) => ProviderError::Refused(code.to_owned()),
        None if status.is_success() => ProviderError::Malformed("no JSON, or of another shape".to_owned()),
        _ if status.as_u16() == 429 => ProviderError::Throttled { after: after(raw) },
        code => {
            let told = format!("HTTP {}, {}", status.as_u16(), code.unwrap_or("no code"));
            if status.is_client_error() { ProviderError::Denied(told) } else { ProviderError::Unavailable(told) }
        }
    }
}

fn after(raw: &HttpResponse) -> Option<Duration> {
    let seconds: f64 = raw.headers().get("retry-after")?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}
