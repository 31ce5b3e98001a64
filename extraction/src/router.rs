//! Who reads a document: by its kind, the next where one fails, and a second opinion where that is wanted.
//!
//! - Providers are asked in the order of the document's kind. The next is asked after any [`ProviderError`], a refusal too: what one
//!   does not take, another may.
//! - A file with text of its own is read by our own reader first, if it is among them: exactly, while a service would have it as a picture.
//! - Where one finds that the picture does not show what it should ([`Reading::issue`]), the next is asked as well, since it may see
//!   more; if none does, the first reading counts, and the applicant is asked for another photo.
//! - All share one deadline: each has an even part of the time that is left, the last one all of it.
//! - A service that keeps failing is left alone for a while ([`BreakerSettings`]); where all are, the first is asked all the same. Only what
//!   tells of the service counts, no refusal of a document. Our own reader is never left alone: it fails over single files.
//! - A second opinion ([`SecondOpinion`]) never replaces the first: the two stand side by side ([`domain::agreement::combine`]).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::agreement::combine;
use domain::api::ReadingStep;
use domain::document::{DOUBTFUL_BELOW, DocumentKind, FieldName, PictureIssue, Provider};
use futures::future::{Either, select};
use jiff::civil::Date;
use ocr::{Prepared, Reading};

use crate::breaker::{Breaker, BreakerSettings, Turn};
use crate::extractor::{Extraction, Extractor, OnProgress, ProviderError};
use crate::time::{RealTime, Time};

/// When a second provider reads what a first has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondOpinion {
    /// Never.
    #[default]
    Off,
    /// Where the applicant would have to be asked: a field is doubtful, or a required one is missing.
    WhenDoubtful,
    /// Always.
    Always,
}

/// Who is asked, in which order, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterSettings {
    /// The providers, the first first, for kinds of documents that have no order of their own.
    pub order: Vec<Provider>,
    /// Kinds of documents with an order of their own.
    pub order_by_kind: BTreeMap<DocumentKind, Vec<Provider>>,
    /// When a second one reads.
    pub second_opinion: SecondOpinion,
    /// Which; `None`: the next of the order that has not been asked.
    pub second_opinion_from: Option<Provider>,
    /// For all of it together.
    pub deadline: Duration,
    /// When a service is left alone.
    pub breaker: BreakerSettings,
}

impl RouterSettings {
    /// The order for a kind of document.
    pub fn order(&self, kind: DocumentKind) -> &[Provider] {
        self.order_by_kind.get(&kind).filter(|order| !order.is_empty()).unwrap_or(&self.order)
    }

    /// Every provider that may be asked.
    pub fn providers(&self) -> Vec<Provider> {
        let kinds = DocumentKind::ALL.into_iter().flat_map(|kind| self.order(kind)).copied();
        let second = self.second_opinion_from.filter(|_| self.second_opinion != SecondOpinion::Off);
        let mut all: Vec<Provider> = kinds.chain(second).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// What came of asking one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It read.
    Read,
    /// It read little, and blames the picture.
    Issue(PictureIssue),
    /// It failed.
    Failed(ProviderError),
    /// It was not asked, since it has failed too often.
    Resting,
}

impl Outcome {
    /// The label in metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Issue(_) => "issue",
            Self::Resting => "resting",
            Self::Failed(error) => match error {
                ProviderError::Throttled { .. } => "throttled",
                ProviderError::Unavailable(_) => "unavailable",
                ProviderError::Timeout(_) => "timeout",
                ProviderError::Denied(_) => "denied",
                ProviderError::Refused(_) => "refused",
                ProviderError::Malformed(_) => "malformed",
                ProviderError::Own(_) => "own",
            },
        }
    }
}

/// One provider asked about one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who.
    pub provider: Provider,
    /// With what outcome.
    pub outcome: Outcome,
    /// How long it took.
    pub milliseconds: u64,
}

/// No provider has read a document. The text is for the operator and holds nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody has read it: {}", told(.attempts))]
pub struct Unread {
    /// Who was asked, in order.
    pub attempts: Vec<Attempt>,
}

fn told(attempts: &[Attempt]) -> String {
    let one = |attempt: &Attempt| {
        let why = match &attempt.outcome {
            Outcome::Failed(error) => error.to_string(),
            Outcome::Resting => "it has failed too often and is left alone for a while".to_owned(),
            Outcome::Read | Outcome::Issue(_) => attempt.outcome.as_str().to_owned(),
        };
        format!("{}: {why}", attempt.provider.as_str())
    };
    attempts.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// A number from 0 to 1 by chance.
pub type Chance = Arc<dyn Fn() -> f64 + Send + Sync>;

struct Member {
    extractor: Arc<dyn Extractor>,
    breaker: Breaker,
}

/// Has documents read by whom the settings say.
pub struct Router {
    members: BTreeMap<Provider, Member>,
    settings: RouterSettings,
    chance: Chance,
    time: Box<dyn Time>,
}

impl Router {
    /// Asks these, as the settings say; providers of the settings that are not among them are passed over.
    pub fn new(
        extractors: impl IntoIterator<Item = Arc<dyn Extractor>>,
        settings: RouterSettings,
        chance: Chance,
    ) -> Self {
        let member = |extractor: Arc<dyn Extractor>| Member { extractor, breaker: Breaker::new(settings.breaker) };
        let members: BTreeMap<Provider, Member> =
            extractors.into_iter().map(|extractor| (extractor.provider(), member(extractor))).collect();
        for provider in members.keys() {
            metrics::gauge!("onboard_provider_open", "provider" => provider.as_str()).set(0.0);
        }
        Self { members, settings, chance, time: Box::new(RealTime) }
    }

    /// Asks one alone.
    pub fn alone(extractor: Arc<dyn Extractor>, deadline: Duration) -> Self {
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

    /// Has a document read. `today` settles the centuries of two-digit years.
    ///
    /// # Errors
    /// [`Unread`], where every provider has failed.
    pub async fn extract(
        &self,
        document: &Prepared,
        today: Date,
        progress: OnProgress<'_>,
    ) -> Result<Extraction, Unread> {
        let began = self.time.now();
        let mut asking = Asking {
            router: self,
            document,
            today,
            progress,
            end: began + self.settings.deadline,
            attempts: Vec::new(),
        };
        let mut order: Vec<Provider> =
            self.settings.order(document.kind).iter().copied().filter(|p| self.members.contains_key(p)).collect();
        if document.text.is_some() {
            order.sort_by_key(|provider| *provider != Provider::Custom);
        }
        let (mut reading, mut blamed) = (None, None);
        let second = usize::from(self.settings.second_opinion != SecondOpinion::Off);
        for (index, provider) in order.iter().enumerate() {
            match asking.ask(*provider, order.len() - index + second).await {
                Some(found) if found.issue.is_none() => {
                    reading = Some((*provider, found));
                    break;
                }
                Some(found) => {
                    blamed.get_or_insert((*provider, found));
                }
                None => {}
            }
        }
        if reading.is_none() && blamed.is_none() && asking.attempts.iter().all(|a| a.outcome == Outcome::Resting) {
            // Better a failure than nobody asked at all.
            if let Some(first) = order.first() {
                match asking.ask_at_last(*first).await {
                    Some(found) if found.issue.is_none() => reading = Some((*first, found)),
                    found => blamed = found.map(|found| (*first, found)),
                }
            }
        }
        let Some((provider, mut reading)) = reading.or(blamed) else {
            return Err(Unread { attempts: asking.attempts });
        };
        if reading.issue.is_none()
            && let Some(second) = self.second(document.kind, &reading, &asking.attempts)
            && let Some(other) = asking.ask(second, 1).await
            && other.issue.is_none()
        {
            reading.fields = combine(reading.fields, other.fields);
        }
        let milliseconds = milliseconds(self.time.now() - began);
        Ok(Extraction { reading, provider, milliseconds, attempts: asking.attempts })
    }

    /// Whom to ask for a second opinion, if anybody.
    fn second(&self, kind: DocumentKind, reading: &Reading, asked: &[Attempt]) -> Option<Provider> {
        let wanted = match self.settings.second_opinion {
            SecondOpinion::Off => false,
            SecondOpinion::WhenDoubtful => is_doubtful(kind, reading),
            SecondOpinion::Always => true,
        };
        let free = |provider: &Provider| {
            self.members.contains_key(provider) && !asked.iter().any(|attempt| attempt.provider == *provider)
        };
        let named = self.settings.second_opinion_from;
        let next = || self.settings.order(kind).iter().copied().find(free);
        if wanted { named.filter(free).or_else(next) } else { None }
    }
}

/// Whether the applicant would be asked about any of it.
fn is_doubtful(kind: DocumentKind, reading: &Reading) -> bool {
    let missing = kind.required_fields().iter().any(|name| !reading.fields.contains_key(name));
    missing || reading.fields.iter().any(|(name, field)| *name != FieldName::Mrz && field.confidence < DOUBTFUL_BELOW)
}

/// One document on its way.
struct Asking<'a> {
    router: &'a Router,
    document: &'a Prepared,
    today: Date,
    progress: OnProgress<'a>,
    end: Instant,
    attempts: Vec<Attempt>,
}

impl Asking<'_> {
    /// Asks a provider that is not left alone, for an even part of the time that is left to `among` of them.
    async fn ask(&mut self, provider: Provider, among: usize) -> Option<Reading> {
        let member = self.router.members.get(&provider)?;
        if !rests(provider) || member.breaker.admits(self.router.time.now()) {
            return self.ask_for(provider, u32::try_from(among.max(1)).unwrap_or(u32::MAX)).await;
        }
        self.note(provider, Outcome::Resting, 0);
        None
    }

    async fn ask_at_last(&mut self, provider: Provider) -> Option<Reading> {
        self.ask_for(provider, 1).await
    }

    async fn ask_for(&mut self, provider: Provider, among: u32) -> Option<Reading> {
        let member = self.router.members.get(&provider)?;
        let time = &self.router.time;
        let began = time.now();
        let part = self.end.saturating_duration_since(began) / among;
        if part.is_zero() {
            self.note(provider, Outcome::Failed(ProviderError::Timeout(part)), 0);
            return None;
        }
        let progress = |step: ReadingStep| (self.progress)(step);
        let extracting = member.extractor.extract(self.document, self.today, &progress);
        let read = match select(extracting, time.sleep(part)).await {
            Either::Left((read, _)) => read,
            Either::Right(_) => Err(ProviderError::Timeout(part)),
        };
        let took = time.now() - began;
        metrics::histogram!("onboard_provider_seconds", "provider" => provider.as_str()).record(took);
        let outcome = match &read {
            Ok(Reading { issue: Some(issue), .. }) => Outcome::Issue(*issue),
            Ok(_) => Outcome::Read,
            Err(error) => Outcome::Failed(error.clone()),
        };
        self.judge(provider, &outcome);
        self.note(provider, outcome, milliseconds(took));
        read.ok()
    }

    /// Counts an outcome for or against the provider, and tells where that changes how it is treated.
    fn judge(&self, provider: Provider, outcome: &Outcome) {
        let Some(Member { breaker, .. }) = self.router.members.get(&provider).filter(|_| rests(provider)) else {
            return;
        };
        let open = metrics::gauge!("onboard_provider_open", "provider" => provider.as_str());
        let name = provider.as_str();
        match outcome {
            Outcome::Failed(error) if tells_of_the_service(error) => {
                let asks_for = match error {
                    ProviderError::Throttled { after } => *after,
                    _ => None,
                };
                if breaker.failed(self.router.time.now(), (self.router.chance)(), asks_for) == Some(Turn::Opened) {
                    open.set(1.0);
                    tracing::warn!(provider = name, %error, "a provider keeps failing and is left alone for a while");
                }
            }
            // It refused a document: so it is there.
            Outcome::Read | Outcome::Issue(_) | Outcome::Failed(_) => {
                if breaker.answered() == Some(Turn::Closed) {
                    open.set(0.0);
                    tracing::info!(provider = name, "a provider answers again");
                }
            }
            Outcome::Resting => {}
        }
    }

    fn note(&mut self, provider: Provider, outcome: Outcome, milliseconds: u64) {
        let (name, told) = (provider.as_str(), outcome.as_str());
        metrics::counter!("onboard_provider_requests_total", "provider" => name, "outcome" => told).increment(1);
        if let Outcome::Failed(error) = &outcome {
            tracing::debug!(provider = name, %error, "a provider did not read a document");
        }
        self.attempts.push(Attempt { provider, outcome, milliseconds });
    }
}

/// Whether a provider that keeps failing is left alone: a service is.
fn rests(provider: Provider) -> bool {
    provider != Provider::Custom
}

const fn tells_of_the_service(error: &ProviderError) -> bool {
    !matches!(error, ProviderError::Refused(_) | ProviderError::Own(_))
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
