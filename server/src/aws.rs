//! The AWS SDK's settings: AWS's own variables and files, or the embedded endpoint.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

/// How long one try may take, and all tries of one call.
const TRY: Duration = Duration::from_secs(3);
const CALL: Duration = Duration::from_secs(10);

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(TRY).operation_attempt_timeout(TRY).operation_timeout(CALL).build()
}

/// Settings for AWS, or for what `AWS_ENDPOINT_URL` and its kin name.
pub async fn external(region: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .timeout_config(timeouts())
        .load()
        .await
}

/// Settings for the embedded DynamoDB API, which checks no credentials.
pub fn embedded(region: &str, endpoint: &str) -> SdkConfig {
    let credentials = aws_sdk_dynamodb::config::Credentials::new("embedded", "embedded", None, None, "embedded");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(credentials))
        .timeout_config(timeouts())
        .build()
}
