//! The AWS SDK reads answers of any size; ours end.

use aws_sdk_textract::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_textract::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_textract::error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

/// Ends the reading of an answer after so many bytes.
#[derive(Debug)]
pub(super) struct Answers(pub usize);

impl Intercept for Answers {
    fn name(&self) -> &'static str {
        "bounded answers"
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
