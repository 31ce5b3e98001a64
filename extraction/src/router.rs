//! Decides which provider reads a document: in the order of its kind, with fallback and second opinion.
//!
//! - The next provider is tried after any [`ProviderError`], a refusal too: another may accept what one refuses.
//! - A file with a text layer goes to the local reader first, if that is in the order. It reads the text, while a
//!   service would get a picture of it.
//! - If a provider finds that the picture does not show the document ([`Reading::issue`]), the next is tried as well.
//!   If none of them reads it, the first issue counts, and the applicant is asked for another photo.
//! - All providers share one deadline: each may use an even part of the time that is left, the last one all of it.
//! - A service that keeps failing is not tried while its circuit breaker is open ([`BreakerSettings`]). If the breakers
//!   of all providers are open, the first is tried anyway. Refusals of documents do not count as failures. The local
//!   reader has no circuit breaker, since it fails because of single files.
//! - A second opinion ([`SecondOpinion`]) never replaces the first reading: both stay side by side
//!   ([`domain::agreement::combine`]).

mod result;
mod settings;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::agreement::combine;
use domain::api::ReadingStep;
use domain::document::{DOUBTFUL_BELOW, DocumentKind, FieldName, Provider, missing_fields};
use futures::future::{Either, select};
use jiff::civil::Date;
use ocr::{Prepared, Reading};

use crate::breaker::{Breaker, BreakerSettings, Transition};
use crate::extractor::{Extractor, OnProgress, ProviderError};
use crate::time::{RealTime, Time};

pub use result::{Attempt, AttemptOutcome, Extraction, ExtractionFailed};
pub use settings::{RouterSettings, SecondOpinion};

/// Returns a random number from 0 to 1.
pub type RandomFraction = Arc<dyn Fn() -> f64 + Send + Sync>;

struct Member {
    extractor: Arc<dyn Extractor>,
    breaker: Breaker,
}

/// Routes documents to providers.
pub struct Router {
    members: BTreeMap<Provider, Member>,
    settings: RouterSettings,
    random: RandomFraction,
    time: Box<dyn Time>,
}

impl Router {
    /// Routes to `extractors`. Providers of the settings that are not among them are skipped.
    pub fn new(
        extractors: impl IntoIterator<Item = Arc<dyn Extractor>>,
        settings: RouterSettings,
        random: RandomFraction,
    ) -> Self {
        let member = |extractor: Arc<dyn Extractor>| Member { extractor, breaker: Breaker::new(settings.breaker) };
        let members: BTreeMap<Provider, Member> =
            extractors.into_iter().map(|extractor| (extractor.provider(), member(extractor))).collect();
        // From the start, so that the first failure is an increase.
        for provider in members.keys().map(|provider| provider.as_str()) {
            metrics::gauge!("onboard_provider_open", "provider" => provider).set(0.0);
            drop(metrics::histogram!("onboard_provider_seconds", "provider" => provider));
            for outcome in AttemptOutcome::LABELS {
                metrics::counter!("onboard_provider_requests_total", "provider" => provider, "outcome" => outcome)
                    .increment(0);
            }
        }
        Self { members, settings, random, time: Box::new(RealTime) }
    }

    /// Routes everything to one provider.
    pub fn single(extractor: Arc<dyn Extractor>, deadline: Duration) -> Self {
        let settings = RouterSettings {
            order: vec![extractor.provider()],
            order_by_kind: BTreeMap::new(),
            second_opinion: SecondOpinion::Off,
            second_opinion_from: None,
            deadline,
            breaker: BreakerSettings::default(),
        };
        Self::new([extractor], settings, Arc::new(|| 0.5))
    }

    /// Reads a document. `today` determines the centuries of two-digit years.
    ///
    /// # Errors
    /// [`ExtractionFailed`], if every provider has failed.
    pub async fn extract(
        &self,
        document: &Prepared,
        today: Date,
        progress: OnProgress<'_>,
    ) -> Result<Extraction, ExtractionFailed> {
        let started = self.time.now();
        let mut run = Run {
            router: self,
            document,
            today,
            progress,
            end: started + self.settings.deadline,
            attempts: Vec::new(),
        };
        let mut order: Vec<Provider> =
            self.settings.order(document.kind).iter().copied().filter(|p| self.members.contains_key(p)).collect();
        if document.text.is_some() {
            order.sort_by_key(|provider| *provider != Provider::Custom);
        }
        let Some((provider, mut reading)) = run.first_reading(&order).await else {
            return Err(ExtractionFailed { attempts: run.attempts });
        };
        if reading.issue.is_none()
            && let Some(second) = self.second_provider(document.kind, &reading, &run.attempts)
            && let Some(other) = run.try_provider(second, 1).await
            && other.issue.is_none()
        {
            reading.fields = combine(reading.fields, other.fields);
        }
        let milliseconds = milliseconds(self.time.now() - started);
        Ok(Extraction { reading, provider, milliseconds, attempts: run.attempts })
    }

    /// The provider that gives a second opinion, if one is wanted.
    fn second_provider(&self, kind: DocumentKind, reading: &Reading, attempts: &[Attempt]) -> Option<Provider> {
        let wanted = match self.settings.second_opinion {
            SecondOpinion::Off => false,
            SecondOpinion::WhenDoubtful => is_doubtful(kind, reading),
            SecondOpinion::Always => true,
        };
        let untried = |provider: &Provider| {
            self.members.contains_key(provider) && !attempts.iter().any(|attempt| attempt.provider == *provider)
        };
        let named = self.settings.second_opinion_from;
        let next = || self.settings.order(kind).iter().copied().find(untried);
        if wanted { named.filter(untried).or_else(next) } else { None }
    }
}

/// Whether the applicant would be asked about a field.
fn is_doubtful(kind: DocumentKind, reading: &Reading) -> bool {
    let missing = !missing_fields(kind, &reading.fields, false).is_empty();
    missing || reading.fields.iter().any(|(name, field)| *name != FieldName::Mrz && field.confidence < DOUBTFUL_BELOW)
}

/// The extraction of one document.
struct Run<'a> {
    router: &'a Router,
    document: &'a Prepared,
    today: Date,
    progress: OnProgress<'a>,
    end: Instant,
    attempts: Vec<Attempt>,
}

impl Run<'_> {
    /// The first reading without an issue, else the first reading with one.
    async fn first_reading(&mut self, order: &[Provider]) -> Option<(Provider, Reading)> {
        let mut with_issue = None;
        let second = usize::from(self.router.settings.second_opinion != SecondOpinion::Off);
        for (index, provider) in order.iter().enumerate() {
            match self.try_provider(*provider, order.len() - index + second).await {
                Some(reading) if reading.issue.is_none() => return Some((*provider, reading)),
                Some(reading) => {
                    with_issue.get_or_insert((*provider, reading));
                }
                None => {}
            }
        }
        // A request that probably fails is better than none.
        if with_issue.is_none()
            && self.attempts.iter().all(|attempt| attempt.outcome == AttemptOutcome::CircuitOpen)
            && let Some(first) = order.first()
        {
            with_issue = self.request(*first, 1).await.map(|reading| (*first, reading));
        }
        with_issue
    }

    /// Tries a provider unless its circuit breaker is open. It may use an even part of the time that is left to `among`
    /// providers.
    async fn try_provider(&mut self, provider: Provider, among: usize) -> Option<Reading> {
        let member = self.router.members.get(&provider)?;
        if !has_breaker(provider) || member.breaker.allows_request(self.router.time.now()) {
            return self.request(provider, u32::try_from(among.max(1)).unwrap_or(u32::MAX)).await;
        }
        self.record_attempt(provider, AttemptOutcome::CircuitOpen, 0);
        None
    }

    async fn request(&mut self, provider: Provider, among: u32) -> Option<Reading> {
        let member = self.router.members.get(&provider)?;
        let time = &self.router.time;
        let started = time.now();
        let limit = self.end.saturating_duration_since(started) / among;
        if limit.is_zero() {
            self.record_attempt(provider, AttemptOutcome::Failed(ProviderError::Timeout(limit)), 0);
            return None;
        }
        let progress = |step: ReadingStep| (self.progress)(step);
        let extracting = member.extractor.extract(self.document, self.today, &progress);
        let read = match select(extracting, time.sleep(limit)).await {
            Either::Left((read, _)) => read,
            Either::Right(_) => Err(ProviderError::Timeout(limit)),
        };
        let took = time.now() - started;
        metrics::histogram!("onboard_provider_seconds", "provider" => provider.as_str()).record(took);
        let outcome = match &read {
            Ok(Reading { issue: Some(issue), .. }) => AttemptOutcome::Issue(*issue),
            Ok(_) => AttemptOutcome::Read,
            Err(error) => AttemptOutcome::Failed(error.clone()),
        };
        self.update_breaker(provider, &read);
        self.record_attempt(provider, outcome, milliseconds(took));
        read.ok()
    }

    /// Records a result in the provider's circuit breaker, and logs a change of its state.
    fn update_breaker(&self, provider: Provider, result: &Result<Reading, ProviderError>) {
        let Some(Member { breaker, .. }) = self.router.members.get(&provider).filter(|_| has_breaker(provider)) else {
            return;
        };
        let open = metrics::gauge!("onboard_provider_open", "provider" => provider.as_str());
        let name = provider.as_str();
        match result {
            Err(error) if is_service_failure(error) => {
                let retry_after = match error {
                    ProviderError::Throttled { after } => *after,
                    _ => None,
                };
                let transition = breaker.record_failure(self.router.time.now(), (self.router.random)(), retry_after);
                if transition == Some(Transition::Opened) {
                    open.set(1.0);
                    tracing::warn!(provider = name, %error, "circuit breaker opened");
                }
            }
            // A service that refuses a document is available.
            Ok(_) | Err(_) => {
                if breaker.record_success() == Some(Transition::Closed) {
                    open.set(0.0);
                    tracing::info!(provider = name, "circuit breaker closed");
                }
            }
        }
    }

    fn record_attempt(&mut self, provider: Provider, outcome: AttemptOutcome, milliseconds: u64) {
        let (name, label) = (provider.as_str(), outcome.as_str());
        metrics::counter!("onboard_provider_requests_total", "provider" => name, "outcome" => label).increment(1);
        if let AttemptOutcome::Failed(error) = &outcome {
            tracing::debug!(provider = name, %error, "provider failed");
        }
        self.attempts.push(Attempt { provider, outcome, milliseconds });
    }
}

/// Services have a circuit breaker, the local reader has none.
fn has_breaker(provider: Provider) -> bool {
    provider != Provider::Custom
}

/// Whether an error says something about the service rather than about one document.
const fn is_service_failure(error: &ProviderError) -> bool {
    !matches!(error, ProviderError::Refused(_) | ProviderError::Internal(_))
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
