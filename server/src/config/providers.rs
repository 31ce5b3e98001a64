//! The providers that read documents, and the settings that each of them needs.

use std::fmt::Display;

use domain::document::Provider;
use figment::value::Value;
use secrecy::ExposeSecret;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::checks::{url, within, wrong};
use super::{Config, ConfigError, SecondOpinionWhen};

/// Parses several providers: a list, or text with commas, for the environment.
pub(super) fn order<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Provider>, D::Error> {
    let names = match <Value as Deserialize>::deserialize(from)? {
        Value::String(_, text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        Value::Array(_, values) => values
            .into_iter()
            .map(|value| value.into_string().ok_or_else(|| D::Error::custom("must be a list of providers, in quotes")))
            .collect::<Result<Vec<_>, _>>()?,
        _ => return Err(D::Error::custom("must be a list of providers, in quotes")),
    };
    names.iter().filter(|name| !name.is_empty()).map(|name| provider(name).map_err(D::Error::custom)).collect()
}

/// Parses one provider; none if the text is empty.
pub(super) fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Provider>, D::Error> {
    let name = String::deserialize(from)?;
    if name.is_empty() { Ok(None) } else { provider(&name).map(Some).map_err(D::Error::custom) }
}

fn provider(name: &str) -> Result<Provider, String> {
    let all = Provider::ALL.map(Provider::as_str).join("`, `");
    Provider::ALL
        .into_iter()
        .find(|provider| provider.as_str() == name)
        .ok_or_else(|| format!("has no provider `{name}`: `{all}`"))
}

/// Checks that every named provider has the settings that it needs.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let settings = &config.documents;
    within("documents.provider_timeout_s", settings.provider_timeout_s, 1..=600)?;
    within("documents.breaker_open_s", settings.breaker_open_s, 1..=3_600)?;
    url("google_vision.endpoint", &config.google_vision.endpoint, "https://eu-vision.googleapis.com")?;
    let azure = &config.azure_document_intelligence;
    url("azure_document_intelligence.endpoint", &azure.endpoint, "https://name.cognitiveservices.azure.com")?;
    url("textract.endpoint", &config.textract.endpoint, "https://textract.eu-central-1.amazonaws.com")?;
    let region = &config.textract.region;
    if !region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        let why = format!("is {region:?}, which is no AWS region; empty means aws.region, an example is eu-central-1");
        return Err(wrong("textract.region", why));
    }
    if settings.order.is_empty() {
        return Err(wrong("documents.order", "is empty: name at least one provider, for instance custom"));
    }
    orders(config)?;
    second_opinion(config)
}

fn orders(config: &Config) -> Result<(), ConfigError> {
    let settings = &config.documents;
    let kinds = settings.order_by_kind.all();
    let kinds = kinds.iter().map(|(kind, order)| (format!("documents.order_by_kind.{}", kind.as_str()), *order));
    for (key, order) in kinds.chain([("documents.order".to_owned(), &settings.order[..])]) {
        for (index, provider) in order.iter().enumerate() {
            if order[..index].contains(provider) {
                return Err(wrong(&key, format!("names {} twice", provider.as_str())));
            }
            check_provider(config, &key, *provider)?;
        }
    }
    Ok(())
}

fn second_opinion(config: &Config) -> Result<(), ConfigError> {
    let settings = &config.documents;
    let key = "documents.second_opinion_from";
    match (settings.second_opinion, settings.second_opinion_from) {
        (SecondOpinionWhen::Off, None) => Ok(()),
        (SecondOpinionWhen::Off, Some(_)) => Err(wrong(
            key,
            "is set, but documents.second_opinion is `off`: set that to when_doubtful or always, or leave this empty",
        )),
        // The provider would only repeat its own reading.
        (_, Some(provider)) if settings.order == [provider] => Err(wrong(
            key,
            format!("names {0}, but documents.order has {0} only: name another provider", provider.as_str()),
        )),
        (_, Some(provider)) => check_provider(config, key, provider),
        (_, None) if settings.order.len() < 2 => Err(wrong(
            "documents.second_opinion",
            "needs a second provider, but documents.order has only one: name another there, or in \
             documents.second_opinion_from",
        )),
        (_, None) => Ok(()),
    }
}

/// Checks that a provider named in `key` has the settings that it needs.
fn check_provider(config: &Config, key: &str, provider: Provider) -> Result<(), ConfigError> {
    let lacks = |why: &dyn Display| Err(wrong(key, format!("names {}, but {why}", provider.as_str())));
    match provider {
        Provider::Custom | Provider::Textract => Ok(()),
        Provider::GoogleVision => {
            let settings = &config.google_vision;
            match (settings.api_key.expose_secret().is_empty(), settings.application_default) {
                (true, false) => lacks(
                    &"google_vision.api_key (ONBOARD_GOOGLE_VISION__API_KEY) is empty: set it, or set \
                     google_vision.application_default to true",
                ),
                (false, true) => lacks(
                    &"google_vision.api_key is set and google_vision.application_default is true: set one or the other",
                ),
                _ => Ok(()),
            }
        }
        Provider::AzureDocumentIntelligence => {
            let settings = &config.azure_document_intelligence;
            if settings.endpoint.is_empty() {
                return lacks(
                    &"azure_document_intelligence.endpoint (ONBOARD_AZURE_DOCUMENT_INTELLIGENCE__ENDPOINT) is empty: \
                      set it to the address of the resource, https://name.cognitiveservices.azure.com",
                );
            }
            match (settings.api_key.expose_secret().is_empty(), settings.entra_id) {
                (true, false) => lacks(
                    &"azure_document_intelligence.api_key (ONBOARD_AZURE_DOCUMENT_INTELLIGENCE__API_KEY) is empty: \
                      set it, or set azure_document_intelligence.entra_id to true",
                ),
                (false, true) => lacks(
                    &"azure_document_intelligence.api_key is set and azure_document_intelligence.entra_id is true: \
                      set one or the other",
                ),
                _ => Ok(()),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn second_opinion_comes_from_another_provider() {
        let with = |order: &str, from: &str| {
            Config::with(&format!(
                "[documents]\norder = {order}\nsecond_opinion = \"always\"\nsecond_opinion_from = \"{from}\"\n"
            ))
        };
        let error = with("[\"custom\"]", "custom").unwrap_err().to_string();
        assert!(error.contains("documents.second_opinion_from"), "{error}");
        assert!(with("[\"custom\"]", "textract").is_ok());
        assert!(with("[\"custom\", \"textract\"]", "custom").is_ok());
    }
}
