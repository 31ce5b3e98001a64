//! Which providers read a document, in which order, and how long they may take.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::document::{DocumentKind, Provider};

use crate::breaker::BreakerSettings;

/// When a second provider reads a document that a first one has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondOpinion {
    /// Never.
    #[default]
    Off,
    /// If the applicant would be asked: a field is doubtful, or a required one is missing.
    WhenDoubtful,
    /// Always.
    Always,
}

/// Which providers read a document, in which order, and how long they may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterSettings {
    /// The providers, most preferred first, for kinds of documents without their own order.
    pub order: Vec<Provider>,
    /// Orders for single kinds of documents. An empty order counts as none.
    pub order_by_kind: BTreeMap<DocumentKind, Vec<Provider>>,
    /// When a second provider reads.
    pub second_opinion: SecondOpinion,
    /// The provider of second opinions; `None`: the next of the order that has not been tried.
    pub second_opinion_from: Option<Provider>,
    /// The time for all providers together.
    pub deadline: Duration,
    /// When the circuit breaker of a service opens.
    pub breaker: BreakerSettings,
}

impl RouterSettings {
    /// The order for a kind of document.
    pub fn order(&self, kind: DocumentKind) -> &[Provider] {
        self.order_by_kind.get(&kind).filter(|order| !order.is_empty()).unwrap_or(&self.order)
    }

    /// Every provider that the settings can route a document to.
    pub fn providers(&self) -> Vec<Provider> {
        let kinds = DocumentKind::ALL.into_iter().flat_map(|kind| self.order(kind)).copied();
        let second = self.second_opinion_from.filter(|_| self.second_opinion != SecondOpinion::Off);
        let mut all: Vec<Provider> = kinds.chain(second).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
