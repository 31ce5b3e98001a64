//! Access tokens of Entra ID, by `azure_identity`, which caches them until they expire.

use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    ClientSecretCredential, DeveloperToolsCredential, ManagedIdentityCredential, WorkloadIdentityCredential,
};
use reqwest::header::HeaderValue;

use crate::extractor::ProviderError;
use crate::http::{self, Failure};

/// The scope of a token.
const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

/// An identity that can request tokens.
#[derive(Debug)]
pub(super) struct Entra(Arc<dyn TokenCredential>);

impl Entra {
    /// The identity that [`crate::AzureAuth::EntraId`] describes, or why it is unusable.
    pub fn new() -> Result<Self, String> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let credential: azure_core::Result<Arc<dyn TokenCredential>> = if let Some(secret) = set("AZURE_CLIENT_SECRET")
        {
            let tenant = set("AZURE_TENANT_ID").ok_or("AZURE_TENANT_ID is not set")?;
            let client = set("AZURE_CLIENT_ID").ok_or("AZURE_CLIENT_ID is not set")?;
            ClientSecretCredential::new(&tenant, client, Secret::new(secret), None).map(|found| found as _)
        } else if set("AZURE_FEDERATED_TOKEN_FILE").is_some() {
            WorkloadIdentityCredential::new(None).map(|found| found as _)
        } else if set("AZURE_TOKEN_CREDENTIALS").is_some_and(|which| which.eq_ignore_ascii_case("dev")) {
            DeveloperToolsCredential::new(None).map(|found| found as _)
        } else {
            ManagedIdentityCredential::new(None).map(|found| found as _)
        };
        credential.map(Self).map_err(|error| format!("{} is incomplete", error.kind()))
    }

    /// The value of the header `Authorization`.
    pub async fn bearer(&self) -> Result<HeaderValue, Failure> {
        let denied = || Failure::permanent(ProviderError::Denied("Entra ID gives no token".to_owned()));
        let token = self.0.get_token(&[SCOPE], None).await.map_err(|error| match error.kind() {
            azure_core::error::ErrorKind::Connection | azure_core::error::ErrorKind::Io => Failure {
                error: ProviderError::Unavailable("Entra ID cannot be reached".to_owned()),
                retryable: true,
                after: None,
            },
            _ => denied(),
        })?;
        http::secret(&format!("Bearer {}", token.token.secret())).ok_or_else(denied)
    }
}
