//! Review KYC: what people do with cases, and the one way in which a person's decision becomes an event.

use std::sync::Arc;

use domain::case::{Action, Actor, Case, CaseEvidence, Decided, Published, Refusal, ReviewPolicy};
use domain::event::{ApplicationId, Envelope, EventData, KycStatus, KycVerified, Stage};

use super::{MAX_COMMIT_ATTEMPTS, announce, next_event};
use crate::clock::Clock;
use crate::documents::RetentionPolicy;
use crate::outbox::Outbox;
use crate::store::{Application, CaseAccess, CaseCommit, CaseWrite, Store, StoreError};

/// Why an action on a case was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// There is no such case.
    #[error("there is no case of this application")]
    NotFound,
    /// The rules of the review refuse it.
    #[error("{0}")]
    Refused(Refusal),
    /// The case is not the revision that was seen.
    #[error("the case changed since you looked; look at it again")]
    RevisionChanged,
    /// Every attempt conflicted with another change.
    #[error("conflicted with other changes {MAX_COMMIT_ATTEMPTS} times; try again")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ReviewError {
    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Refused(refusal) => refusal.code(),
            Self::RevisionChanged => "revision_changed",
            Self::Contended => "busy",
            Self::Store(_) => "unavailable",
        }
    }
}

/// The commands on cases. Cheap to clone.
#[derive(Clone)]
pub struct Reviews {
    /// Cases, applications and events.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Announces decisions to the relay.
    pub outbox: Outbox,
    /// How long documents are kept.
    pub retention: RetentionPolicy,
    /// The rules of the review.
    pub policy: ReviewPolicy,
}

impl Reviews {
    /// Does what `actor` asks with the case of an application, and returns the case. `revision` is the one that the
    /// person looked at; without it, the newest.
    ///
    /// # Errors
    /// [`ReviewError`]. A refusal because of who asks is a line in the audit log.
    pub async fn act(
        &self,
        id: &ApplicationId,
        actor: &Actor,
        action: &Action,
        revision: Option<u64>,
    ) -> Result<Case, ReviewError> {
        for _ in 0..MAX_COMMIT_ATTEMPTS {
            let case = self.store.case(id).await?.ok_or(ReviewError::NotFound)?;
            if revision.is_some_and(|revision| revision != case.revision) {
                return Err(ReviewError::RevisionChanged);
            }
            let now = self.clock.now();
            let decided = match case.act(actor, action, self.policy.four_eyes, now) {
                Ok(decided) => decided,
                Err(refusal) => {
                    if refusal.is_denial() {
                        let access = CaseAccess { by: &actor.id, refused: Some(refusal.code()) };
                        self.store.record_access(&case, &access, now).await?;
                    }
                    return Err(ReviewError::Refused(refusal));
                }
            };
            let Decided { case: after, record, published } = decided;
            let write = CaseWrite { before: case.revision, case: after, record };
            let committed = match published {
                None => self.store.commit_case(&write, now).await?,
                Some(published) => match self.publish(&write, published).await {
                    Err(ReviewError::Refused(Refusal::EvidenceChanged)) => {
                        // Another person may have decided since the case was read.
                        if self.drop_proposal(case).await? == CaseCommit::CaseChanged {
                            continue;
                        }
                        return Err(ReviewError::Refused(Refusal::EvidenceChanged));
                    }
                    committed => committed?,
                },
            };
            if committed == CaseCommit::Yes {
                tracing::info!(
                    application = %id, revision = write.case.revision, state = write.case.state.as_str(),
                    change = write.record.kind, "case changed"
                );
                return Ok(write.case);
            }
        }
        Err(ReviewError::Contended)
    }

    /// The case of an application and the application, for a member of staff who looks at it. The look is a line in the
    /// audit log.
    ///
    /// # Errors
    /// [`ReviewError`].
    pub async fn view(&self, id: &ApplicationId, actor: &Actor) -> Result<(Case, Application), ReviewError> {
        let case = self.store.case(id).await?.ok_or(ReviewError::NotFound)?;
        let refusal = Case::may_be_viewed_by(actor).err();
        let access = CaseAccess { by: &actor.id, refused: refusal.map(Refusal::code) };
        self.store.record_access(&case, &access, self.clock.now()).await?;
        match refusal {
            Some(refusal) => Err(ReviewError::Refused(refusal)),
            None => Ok((case, self.store.application(id).await?.ok_or(ReviewError::NotFound)?)),
        }
    }

    /// Commits a change that reaches the applicant with its event, if the application still rests on the evidence of the
    /// case.
    async fn publish(&self, write: &CaseWrite, published: Published) -> Result<CaseCommit, ReviewError> {
        let id = &write.case.application_id;
        let mut application = self.store.application(id).await?.ok_or(ReviewError::NotFound)?;
        let seen = &write.case.evidence;
        let rules = application.kyc.take().filter(|kyc| {
            kyc.status != KycStatus::Approved && evidence(&application, kyc, seen.based_on).as_ref() == Some(seen)
        });
        // Nothing is decided while a document is being read, or while the newest documents wait for the rules.
        let rules = rules.filter(|_| application.pending.is_empty());
        let Some(rules) = rules else { return Err(ReviewError::Refused(Refusal::EvidenceChanged)) };
        let decided = match published {
            Published::Decided(decision) => {
                KycVerified { status: decision.status(), reviewed: true, asks: Vec::new(), ..rules }
            }
            Published::Asked(asks) => KycVerified { status: KycStatus::Review, asks, ..rules },
        };
        application.kyc = Some(decided.clone());
        let data = EventData::KycVerified(decided);
        let now = self.clock.now();
        let Some(event) = next_event(&mut application, &self.retention, Stage::ReviewKyc, Some(data), now) else {
            return Err(ReviewError::Contended);
        };
        let lease = self.outbox.lease();
        let committed = self.store.commit_review(&application, &event, lease, write).await?;
        if committed == CaseCommit::Yes {
            announce(&self.outbox, &event, lease);
        }
        Ok(committed)
    }

    /// Takes back a proposal whose evidence changed, unless somebody changed the case meanwhile.
    async fn drop_proposal(&self, mut case: Case) -> Result<CaseCommit, StoreError> {
        let (before, now) = (case.revision, self.clock.now());
        match case.drop_proposal(now) {
            Some(record) => self.store.commit_case(&CaseWrite { before, case, record }, now).await,
            None => Ok(CaseCommit::Yes),
        }
    }

    /// The case that a REVIEW of the rules opens or renews. `None` if a later event is in the case already, or the
    /// application has gone on since.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn case_of_review(
        &self,
        event: &Envelope,
        decision: &KycVerified,
    ) -> Result<Option<CaseWrite>, StoreError> {
        let id = &event.application_id;
        let Some(application) = self.store.application(id).await? else { return Ok(None) };
        // Rows of earlier versions do not have the sequence of the decision.
        if application.rules_decision.is_some_and(|newest| newest != event.sequence) {
            return Ok(None);
        }
        let evidence = CaseEvidence::of(decision, application.screening.as_ref(), event.sequence);
        self.write_of_review(id, evidence, decision).await
    }

    /// The case of an application that is in REVIEW and has none, as rows of earlier versions do. `None` if it has one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn missing_case(&self, application: &Application) -> Result<Option<CaseWrite>, StoreError> {
        let id = &application.application_id;
        let Some(kyc) = application.kyc.as_ref().filter(|kyc| kyc.status == KycStatus::Review) else {
            return Ok(None);
        };
        if self.store.case(id).await?.is_some() {
            return Ok(None);
        }
        let based_on = match application.rules_decision {
            Some(sequence) => sequence,
            None => self.sequence_of_review(id).await?,
        };
        let evidence = CaseEvidence::of(kyc, application.screening.as_ref(), based_on);
        self.write_of_review(id, evidence, kyc).await
    }

    /// Opens the case of an application that is in REVIEW and has none. Returns whether it did.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_missing_case(&self, application: &Application) -> Result<bool, StoreError> {
        let Some(write) = self.missing_case(application).await? else { return Ok(false) };
        Ok(self.store.commit_case(&write, self.clock.now()).await? == CaseCommit::Yes)
    }

    /// The sequence of the customer's newest KYC_VERIFIED.
    async fn sequence_of_review(&self, id: &ApplicationId) -> Result<u64, StoreError> {
        let events = self.store.all_events(id.customer_id()).await?;
        let decisions = events.iter().filter(|event| matches!(event.data, EventData::KycVerified(_)));
        Ok(decisions.map(|event| event.sequence).max().unwrap_or_default())
    }

    async fn write_of_review(
        &self,
        id: &ApplicationId,
        evidence: CaseEvidence,
        decision: &KycVerified,
    ) -> Result<Option<CaseWrite>, StoreError> {
        let (risk, sla, now) = (decision.risk_level, &self.policy.sla, self.clock.now());
        Ok(match self.store.case(id).await? {
            None => {
                let (case, record) = Case::open(id.clone(), evidence, risk, sla, now);
                Some(CaseWrite { before: 0, case, record })
            }
            Some(case) if case.evidence.based_on >= evidence.based_on => None,
            Some(mut case) => {
                let before = case.revision;
                let record = case.renew(evidence, risk, sla, now);
                Some(CaseWrite { before, case, record })
            }
        })
    }

    /// Closes the case of an application that the rules decided without a person, as event number `based_on`.
    ///
    /// # Errors
    /// [`ReviewError`].
    pub async fn supersede(&self, id: &ApplicationId, based_on: u64) -> Result<(), ReviewError> {
        for _ in 0..MAX_COMMIT_ATTEMPTS {
            let Some(mut case) = self.store.case(id).await? else { return Ok(()) };
            if case.evidence.based_on >= based_on {
                return Ok(());
            }
            let (before, now) = (case.revision, self.clock.now());
            let Some(record) = case.supersede(based_on, now) else { return Ok(()) };
            if self.store.commit_case(&CaseWrite { before, case, record }, now).await? == CaseCommit::Yes {
                return Ok(());
            }
        }
        Err(ReviewError::Contended)
    }
}

/// The evidence on which a decision on the application would rest now. `None` if the rules decided anew since event
/// number `based_on`.
fn evidence(application: &Application, kyc: &KycVerified, based_on: u64) -> Option<CaseEvidence> {
    // Rows of earlier versions do not have the sequence; whatever changed them since has written it.
    let unchanged = application.rules_decision.is_none_or(|newest| newest == based_on);
    unchanged.then(|| CaseEvidence::of(kyc, application.screening.as_ref(), based_on))
}
