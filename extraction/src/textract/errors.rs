//! Maps the errors of Amazon Textract. Only codes are kept, since messages may quote the request.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_textract::config::http::HttpResponse;
use aws_sdk_textract::error::{ProvideErrorMetadata, SdkError};
use http_body_util::LengthLimitError;

use crate::extractor::ProviderError;
use crate::http::error_code;

pub(super) fn of<E>(error: &SdkError<E, HttpResponse>, whole: Duration) -> ProviderError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if has_cause::<LengthLimitError>(error) {
        return ProviderError::Malformed("the answer is too long".to_owned());
    }
    match error {
        SdkError::TimeoutError(_) => ProviderError::Timeout(whole),
        _ if has_cause::<CredentialsError>(error) => ProviderError::Denied("no credentials were found".to_owned()),
        SdkError::ConstructionFailure(_) => ProviderError::Denied("the request could not be signed".to_owned()),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            ProviderError::Unavailable("no connection in time".to_owned())
        }
        SdkError::DispatchFailure(_) => ProviderError::Unavailable("no connection, or it was lost".to_owned()),
        SdkError::ResponseError(_) => ProviderError::Unavailable("the connection was lost".to_owned()),
        SdkError::ServiceError(failure) => service_error(failure.err(), failure.raw()),
        _ => ProviderError::Unavailable("an unknown failure".to_owned()),
    }
}

/// Whether an error of type `T` is among the causes; [`super::limit`] causes a [`LengthLimitError`].
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

fn service_error(error: &(impl ProvideErrorMetadata + Error), raw: &HttpResponse) -> ProviderError {
    let status = raw.status();
    let code = error.code().map(error_code);
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
        None if status.is_success() => ProviderError::Malformed("not JSON, or not of the documented shape".to_owned()),
        _ if status.as_u16() == 429 => ProviderError::Throttled { after: after(raw) },
        code => {
            let text = format!("HTTP {}, {}", status.as_u16(), code.unwrap_or("no code"));
            if status.is_client_error() { ProviderError::Denied(text) } else { ProviderError::Unavailable(text) }
        }
    }
}

fn after(raw: &HttpResponse) -> Option<Duration> {
    let seconds: f64 = raw.headers().get("retry-after")?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}
