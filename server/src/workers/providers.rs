//! Sets up the configured providers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::document::Provider;
use extraction::{
    Azure, AzureAuth, AzureSettings, BreakerSettings, Custom, Extractor, Limits, Router, RouterSettings, SecondOpinion,
    SetupError, Textract, TextractSettings, Vision, VisionAuth, VisionSettings,
};
use secrecy::ExposeSecret;

use crate::config::{Config, Documents, SecondOpinionWhen};

/// The share of a document's time limit that is for the providers, in eighths. The rest is for the preparation.
const READING_EIGHTHS: u32 = 7;

/// A provider cannot be set up with its settings.
#[derive(Debug, thiserror::Error)]
#[error("[{}]: {error}", .provider.as_str())]
pub struct ProviderSetup {
    provider: Provider,
    error: SetupError,
}

/// The configured order, second opinion and circuit breaker.
fn settings(config: &Config) -> RouterSettings {
    let documents = &config.documents;
    let by_kind = documents.order_by_kind.all().into_iter().filter(|(_, order)| !order.is_empty());
    RouterSettings {
        order: documents.order.clone(),
        order_by_kind: by_kind.map(|(kind, order)| (kind, order.to_vec())).collect::<BTreeMap<_, _>>(),
        second_opinion: match documents.second_opinion {
            SecondOpinionWhen::Off => SecondOpinion::Off,
            SecondOpinionWhen::WhenDoubtful => SecondOpinion::WhenDoubtful,
            SecondOpinionWhen::Always => SecondOpinion::Always,
        },
        second_opinion_from: documents.second_opinion_from,
        deadline: Duration::from_secs(documents.timeout_s) * READING_EIGHTHS / 8,
        breaker: BreakerSettings {
            failure_threshold: documents.breaker_failure_threshold.get(),
            open_duration: Duration::from_secs(documents.breaker_open_s),
        },
    }
}

/// The settings of this program's own reader.
pub fn reader_config(settings: &Documents) -> ocr::ReaderConfig {
    let default = ocr::ReaderConfig::default();
    ocr::ReaderConfig {
        max_concurrent: settings.max_concurrent,
        // The worker enforces `timeout_s`; the reader's own limit must not be shorter.
        timeout: default.timeout.max(Duration::from_secs(settings.timeout_s)),
        ..default
    }
}

/// The router over the configured providers. `own` is this program's reader.
///
/// # Errors
/// [`ProviderSetup`] names the provider's section.
pub async fn router(config: &Config, own: ocr::Reader) -> Result<Router, ProviderSetup> {
    let settings = settings(config);
    let mut extractors: Vec<Arc<dyn Extractor>> = Vec::new();
    for provider in settings.providers() {
        let extractor = extractor(config, provider, &own).await;
        extractors.push(extractor.map_err(|error| ProviderSetup { provider, error })?);
    }
    Ok(Router::new(extractors, settings, Arc::new(rand::random::<f64>)))
}

async fn extractor(config: &Config, provider: Provider, own: &ocr::Reader) -> Result<Arc<dyn Extractor>, SetupError> {
    let limits = Limits { whole: Duration::from_secs(config.documents.provider_timeout_s), ..Limits::default() };
    Ok(match provider {
        Provider::Custom => Arc::new(Custom::new(own.clone())),
        Provider::Textract => {
            let settings = &config.textract;
            let region = if settings.region.is_empty() { &config.aws.region } else { &settings.region };
            let endpoint = (!settings.endpoint.is_empty()).then(|| settings.endpoint.clone());
            Arc::new(Textract::new(TextractSettings { endpoint, region: Some(region.clone()), limits }).await?)
        }
        Provider::GoogleVision => {
            let settings = &config.google_vision;
            let auth = if settings.api_key.expose_secret().is_empty() {
                VisionAuth::ApplicationDefault
            } else {
                VisionAuth::Key(settings.api_key.clone())
            };
            Arc::new(Vision::new(VisionSettings { endpoint: settings.endpoint.clone(), auth, limits })?)
        }
        Provider::AzureDocumentIntelligence => {
            let settings = &config.azure_document_intelligence;
            let auth = if settings.api_key.expose_secret().is_empty() {
                AzureAuth::EntraId
            } else {
                AzureAuth::Key(settings.api_key.clone())
            };
            Arc::new(Azure::new(AzureSettings { endpoint: settings.endpoint.clone(), auth, limits })?)
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::document::DocumentKind;

    use super::*;

    #[test]
    fn default_sends_no_document_to_another_machine() {
        let settings = settings(&Config::with("").unwrap());
        assert_eq!(settings.providers(), [Provider::Custom]);
        assert_eq!(settings.second_opinion, SecondOpinion::Off);
        assert!(settings.deadline < Duration::from_secs(60));
    }

    #[test]
    fn timeout_of_minutes_reaches_the_reader() {
        let limit = |text: &str| reader_config(&Config::with(text).unwrap().documents).timeout;
        assert_eq!(limit("documents.timeout_s = 300"), Duration::from_secs(300));
        assert_eq!(limit(""), Duration::from_secs(60));
    }

    #[test]
    fn orders_and_second_opinions_are_as_configured() {
        let config = Config::with(
            "[documents]\norder = [\"textract\", \"custom\"]\nsecond_opinion = \"when_doubtful\"\n\
             second_opinion_from = \"google_vision\"\nbreaker_failure_threshold = 3\n\
             [documents.order_by_kind]\nproof_of_address = [\"custom\"]\n\
             [google_vision]\napplication_default = true\n",
        )
        .unwrap();
        let settings = settings(&config);
        assert_eq!(settings.order(DocumentKind::Passport), [Provider::Textract, Provider::Custom]);
        assert_eq!(settings.order(DocumentKind::ProofOfAddress), [Provider::Custom]);
        assert_eq!(settings.second_opinion, SecondOpinion::WhenDoubtful);
        assert_eq!(settings.providers(), [Provider::Custom, Provider::Textract, Provider::GoogleVision]);
        assert_eq!(settings.breaker.failure_threshold, 3);
    }
}
