//! What a service is to be reached with.

use std::time::Duration;

use secrecy::SecretString;

/// How long, and how often, a service is asked about one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To connect.
    pub connect: Duration,
    /// For the whole of it: credentials, all pages, every try and the waits between them.
    pub whole: Duration,
    /// How often one request is sent at most, the first time included; at least once. It is sent again where the service is
    /// throttling, out of order or not reached.
    pub tries: u32,
    /// Before the second try, give or take chance; doubled before each further one.
    pub first_wait: Duration,
}

impl Default for Limits {
    /// 2 s to connect, 15 s for the whole, three tries, 200 ms before the second.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            whole: Duration::from_secs(15),
            tries: 3,
            first_wait: Duration::from_millis(200),
        }
    }
}

/// How Amazon Textract is reached. Credentials come from where the AWS SDK looks for them: `AWS_*`, profiles, the role of the
/// instance or container.
#[derive(Clone, Debug, Default)]
pub struct TextractSettings {
    /// Its address, where it is not the region's own; `None`: `AWS_ENDPOINT_URL_TEXTRACT`, `AWS_ENDPOINT_URL` or the profile's, or the
    /// region's own.
    pub endpoint: Option<String>,
    /// `None`: `AWS_REGION` or the profile's.
    pub region: Option<String>,
    /// How long and how often.
    pub limits: Limits,
}

/// How Google Cloud Vision is reached.
#[derive(Clone, Debug)]
pub struct VisionSettings {
    /// Its address: [`VisionSettings::ENDPOINT`], or one that keeps the document in the EU or the US
    /// (`https://eu-vision.googleapis.com`, `https://us-vision.googleapis.com`).
    pub endpoint: String,
    /// As whom.
    pub auth: VisionAuth,
    /// How long and how often.
    pub limits: Limits,
}

impl VisionSettings {
    /// Where Google Cloud Vision is, wherever it then works.
    pub const ENDPOINT: &str = "https://vision.googleapis.com";
}

/// As whom Google Cloud Vision is asked.
#[derive(Clone, Debug)]
pub enum VisionAuth {
    /// With an API key.
    Key(SecretString),
    /// With Application Default Credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, the one that `gcloud auth
    /// application-default login` wrote, or the account of the machine.
    ApplicationDefault,
}

/// How Azure Document Intelligence is reached.
#[derive(Clone, Debug)]
pub struct AzureSettings {
    /// The address of the resource, for instance `https://name.cognitiveservices.azure.com`. With [`AzureAuth::EntraId`] it must be its
    /// own domain, not a region's.
    pub endpoint: String,
    /// As whom.
    pub auth: AzureAuth,
    /// How long and how often.
    pub limits: Limits,
}

/// As whom Azure Document Intelligence is asked.
#[derive(Clone, Debug)]
pub enum AzureAuth {
    /// With one of the resource's two keys.
    Key(SecretString),
    /// As an identity of Entra ID: the service principal of `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`; else the workload
    /// identity of `AZURE_FEDERATED_TOKEN_FILE`; else, where `AZURE_TOKEN_CREDENTIALS` is `dev`, who is logged in with `az` or `azd`; else the
    /// machine's managed identity.
    EntraId,
}

/// Why a service cannot be set up as the settings say. The text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The address is no web address, or one over which a document would travel in the clear.
    #[error("'{endpoint}' is no address that documents can be sent to: {reason}")]
    Endpoint {
        /// As given.
        endpoint: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No credentials were found, or they are unusable.
    #[error("the credentials for {service} cannot be used: {reason}")]
    Credentials {
        /// Whose.
        service: &'static str,
        /// What is wrong with them.
        reason: String,
    },
    /// The connection's own machinery, for instance the system's certificates.
    #[error("connections cannot be made: {0}")]
    Client(String),
}
