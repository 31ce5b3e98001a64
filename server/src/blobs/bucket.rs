//! An S3 bucket for documents, reached with the credentials that AWS's SDK finds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::{ProvideCredentials, SharedCredentialsProvider};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3Builder, AwsCredential};
use object_store::{ClientOptions, CredentialProvider, ObjectStore, ObjectStoreExt, PutMode, RetryConfig, path};

use crate::config::Documents;

/// The time limits of connecting, of one attempt, and of one request with its retries.
const CONNECT: Duration = Duration::from_secs(3);
const REQUEST: Duration = Duration::from_secs(20);
const WITH_RETRIES: Duration = Duration::from_secs(30);
const RETRIES: usize = 3;

/// Why a bucket cannot be used, and the remedy, for the operator.
#[derive(Debug, thiserror::Error)]
#[error("bucket {bucket} at {endpoint}: {step} failed: {remedy} ({error})")]
pub struct BucketError {
    bucket: String,
    endpoint: String,
    step: &'static str,
    remedy: &'static str,
    error: String,
}

/// The name of the object with which the bucket is checked. It is one name and the object stays, because each write to
/// a bucket with versions leaves a version.
const PROBE: &str = "start-up-check";

/// The bucket of `settings`, at `s3_endpoint` or else at the endpoint of `aws`. It is checked first: [`PROBE`] is
/// written, read and listed. The first process to use a bucket also deletes it, and writes it again; later ones would
/// leave a version with each start. The metric `onboard_deletions_due_oldest_seconds` tells if the right to delete is
/// lost later.
///
/// # Errors
/// [`BucketError`] names the step that failed.
pub async fn bucket(
    settings: &Documents,
    s3_endpoint: Option<&str>,
    aws: &SdkConfig,
) -> Result<Arc<dyn ObjectStore>, BucketError> {
    let endpoint = s3_endpoint.or_else(|| aws.endpoint_url()).map(str::to_owned);
    let failed = |step, error: object_store::Error| BucketError {
        bucket: settings.bucket.clone(),
        endpoint: endpoint.clone().unwrap_or_else(|| "AWS".to_owned()),
        step,
        remedy: remedy(&error),
        // S3's messages contain line breaks and whole XML bodies.
        error: error.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_client_options(ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST))
        .with_retry(RetryConfig { max_retries: RETRIES, retry_timeout: WITH_RETRIES, ..RetryConfig::default() });
    if let Some(region) = aws.region() {
        builder = builder.with_region(region.as_ref());
    }
    if let Some(credentials) = aws.credentials_provider() {
        builder = builder.with_credentials(Arc::new(SdkCredentials(credentials)));
    }
    builder = match &endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://")),
        // AWS's certificate does not cover a bucket name with dots.
        None => builder.with_virtual_hosted_style_request(!settings.bucket.contains('.')),
    };
    if !settings.kms_key.is_empty() {
        // A bucket key saves a call to KMS for each object.
        builder = builder.with_sse_kms_encryption(&settings.kms_key).with_bucket_key(true);
    }
    let store: Arc<dyn ObjectStore> = Arc::new(builder.build().map_err(|error| failed("configuration", error))?);
    let folder = path::Path::from(settings.prefix.as_str());
    let probe = folder.clone().join(PROBE);
    let is_first = write_probe(&*store, &probe).await.map_err(|error| failed("writing (s3:PutObject)", error))?;
    let read = async { store.get(&probe).await?.bytes().await };
    match read.await {
        // The first process is about to write it again. Without the right to read, S3 refuses and does not say this.
        Err(object_store::Error::NotFound { .. }) if !is_first => {}
        read => drop(read.map_err(|error| failed("reading (s3:GetObject)", error))?),
    }
    let listed = store.list(Some(&folder)).try_next().await;
    listed.map_err(|error| failed("listing (s3:ListBucket)", error))?;
    if is_first {
        store.delete(&probe).await.map_err(|error| failed("deleting (s3:DeleteObject)", error))?;
        write_probe(&*store, &probe).await.map_err(|error| failed("writing (s3:PutObject)", error))?;
    }
    Ok(store)
}

/// Writes the probe if it does not exist; whether it did not. S3 checks the right to write in both cases.
async fn write_probe(store: &dyn ObjectStore, probe: &path::Path) -> object_store::Result<bool> {
    let content = || Bytes::from_static(b"OnboardAI checks that it can store documents here.").into();
    match store.put_opts(probe, content(), PutMode::Create.into()).await {
        Ok(_) => Ok(true),
        Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
        // A service without conditional writes.
        Err(object_store::Error::NotImplemented { .. }) => store.put(probe, content()).await.map(|_| false),
        Err(error) => Err(error),
    }
}

fn remedy(error: &object_store::Error) -> &'static str {
    use object_store::Error as E;
    let text = error.to_string();
    if matches!(error, E::NotFound { .. }) || text.contains("NoSuchBucket") {
        return "the bucket does not exist: create it, or correct documents.bucket (ONBOARD_DOCUMENTS__BUCKET), \
                AWS_REGION and AWS_ENDPOINT_URL_S3";
    }
    if text.contains("KMS") {
        return "the KMS key was refused: check documents.kms_key (ONBOARD_DOCUMENTS__KMS_KEY), and the program's right \
                to use it (kms:GenerateDataKey, kms:Decrypt)";
    }
    if matches!(error, E::PermissionDenied { .. } | E::Unauthenticated { .. }) || text.contains("credential") {
        return "access was denied: check AWS's credentials, and their rights on the bucket and on the key of \
                documents.kms_key (kms:GenerateDataKey, kms:Decrypt)";
    }
    "S3 did not answer as expected: check documents.bucket (ONBOARD_DOCUMENTS__BUCKET), AWS_REGION and \
     AWS_ENDPOINT_URL_S3, and that the endpoint runs"
}

/// Credentials from the SDK, which finds and renews them.
struct SdkCredentials(SharedCredentialsProvider);

impl fmt::Debug for SdkCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SdkCredentials")
    }
}

#[async_trait::async_trait]
impl CredentialProvider for SdkCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let found = self.0.provide_credentials().await.map_err(|error| object_store::Error::Generic {
            store: "S3",
            source: format!("no AWS credentials: {error}").into(),
        })?;
        Ok(Arc::new(AwsCredential {
            key_id: found.access_key_id().to_owned(),
            secret_key: found.secret_access_key().to_owned(),
            token: found.session_token().map(str::to_owned),
        }))
    }
}
