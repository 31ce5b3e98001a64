//! Settings of the services: addresses, credentials and limits.

use std::time::Duration;

use secrecy::SecretString;

/// Limits of time and attempts for one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time to connect.
    pub connect: Duration,
    /// The time for the whole document: credentials, all pages, every attempt and the waits between them.
    pub whole: Duration,
    /// The number of attempts of one request, including the first; at least one. A request is repeated if the service
    /// throttles it, is unavailable or cannot be reached.
    pub max_attempts: u32,
    /// The wait before the second attempt, with jitter; it doubles before each further one.
    pub first_wait: Duration,
}

impl Default for Limits {
    /// 2 s to connect, 15 s for the whole document, three attempts, 200 ms before the second.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            whole: Duration::from_secs(15),
            max_attempts: 3,
            first_wait: Duration::from_millis(200),
        }
    }
}

/// Access to Amazon Textract. Credentials come from the default chain of the AWS SDK: `AWS_*`, profiles, the role of
/// the instance or container.
#[derive(Clone, Debug, Default)]
pub struct TextractSettings {
    /// Its address. If `None`, the first of: `AWS_ENDPOINT_URL_TEXTRACT`, `AWS_ENDPOINT_URL`, the profile's address,
    /// the region's address.
    pub endpoint: Option<String>,
    /// Its region. If `None`, `AWS_REGION` or the profile's region.
    pub region: Option<String>,
    /// Limits of time and attempts.
    pub limits: Limits,
}

/// Access to Google Cloud Vision.
#[derive(Clone, Debug)]
pub struct VisionSettings {
    /// Its address: [`VisionSettings::ENDPOINT`], or one that keeps the document in the EU or the US
    /// (`https://eu-vision.googleapis.com`, `https://us-vision.googleapis.com`).
    pub endpoint: String,
    /// The credentials.
    pub auth: VisionAuth,
    /// Limits of time and attempts.
    pub limits: Limits,
}

impl VisionSettings {
    /// The global address, which does not restrict the place of processing.
    pub const ENDPOINT: &str = "https://vision.googleapis.com";
}

/// Credentials for Google Cloud Vision.
#[derive(Clone, Debug)]
pub enum VisionAuth {
    /// An API key.
    Key(SecretString),
    /// Application Default Credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, the one that `gcloud auth
    /// application-default login` wrote, or the account of the machine.
    ApplicationDefault,
}

/// Access to Azure Document Intelligence.
#[derive(Clone, Debug)]
pub struct AzureSettings {
    /// The address of the resource, for instance `https://name.cognitiveservices.azure.com`. [`AzureAuth::EntraId`]
    /// needs a custom domain instead of the region's.
    pub endpoint: String,
    /// The credentials.
    pub auth: AzureAuth,
    /// Limits of time and attempts.
    pub limits: Limits,
}

/// Credentials for Azure Document Intelligence.
#[derive(Clone, Debug)]
pub enum AzureAuth {
    /// One of the resource's two keys.
    Key(SecretString),
    /// An identity of Entra ID, the first of: the service principal of `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and
    /// `AZURE_CLIENT_SECRET`; the workload identity of `AZURE_FEDERATED_TOKEN_FILE`; the user of `az` or `azd`, if
    /// `AZURE_TOKEN_CREDENTIALS` is `dev`; the machine's managed identity.
    EntraId,
}

/// Why a service cannot be set up. The text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The address is invalid, or a document would be sent to it unencrypted.
    #[error("'{endpoint}' is not an address that documents can be sent to: {reason}")]
    Endpoint {
        /// The address, without credentials.
        endpoint: String,
        /// The fault.
        reason: &'static str,
    },
    /// There are no credentials, or they are unusable.
    #[error("the credentials for {service} cannot be used: {reason}")]
    Credentials {
        /// The service.
        service: &'static str,
        /// The fault.
        reason: String,
    },
    /// The HTTP client cannot be built, for instance because the system has no certificates.
    #[error("the HTTP client cannot be built: {0}")]
    Client(String),
}
