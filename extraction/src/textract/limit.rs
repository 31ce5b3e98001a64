//! Limits the size of an answer, which the AWS SDK does not.

use aws_sdk_textract::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_textract::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_textract::error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// Maximum size of an answer in bytes. A longer one is an error.
#[derive(Debug)]
pub(super) struct MaxAnswerBytes(pub usize);

impl Intercept for MaxAnswerBytes {
    fn name(&self) -> &'static str {
        "maximum answer size"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let unlimited = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Limited::new(unlimited, self.0));
        Ok(())
    }
}
