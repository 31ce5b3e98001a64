//! Perform KYC: the five checks.

use domain::applicant::Applicant;
use domain::event::{ApplicationId, EventData, KycStatus, KycVerified, Stage};
use domain::kyc;
use jiff::tz::TimeZone;

use super::{Change, CommandError, Commands};
use crate::store::StoreError;
use crate::telemetry::observe;

impl Commands {
    /// Decides the identity check. Returns an existing decision unchanged.
    ///
    /// # Errors
    /// [`CommandError::Conflict`] until the documents are complete; [`CommandError::NotFound`].
    pub async fn perform_kyc(&self, id: &ApplicationId) -> Result<KycVerified, CommandError> {
        observe::command("perform_kyc", self.decide_kyc(id)).await
    }

    async fn decide_kyc(&self, id: &ApplicationId) -> Result<KycVerified, CommandError> {
        let now = self.context.clock.now();
        let today = now.to_zoned(TimeZone::UTC).date();
        let decided = self
            .change(id, Stage::PerformKyc, |application, _| {
                if let Some(kyc) = &application.kyc {
                    return Ok(Change::None(kyc.clone()));
                }
                if !domain::journey::documents_complete(&application.documents) {
                    return Err(CommandError::Conflict {
                        code: "documents_incomplete",
                        detail: "The identity check needs a proof of identity and a proof of address, both read and \
                                 confirmed. Hand in what is missing first.",
                    });
                }
                // A newer photo may change the decision. Its reading starts the check.
                if !application.pending.is_empty() {
                    return Err(CommandError::Conflict {
                        code: "documents_being_read",
                        detail: "A document is still being read. The identity check starts by itself when it is done.",
                    });
                }
                // The details were accepted by the rules of their day, which later rules do not revise.
                let applicant = Applicant::accepted(&application.user_info).map_err(|error| {
                    let message = format!("details that were accepted cannot be read: {}", error.field);
                    StoreError::Item { table: "applications", message }
                })?;
                let screening = self.context.watchlists.screen(&applicant, &application.documents, now);
                let inputs = kyc::Inputs {
                    applicant: &applicant,
                    documents: &application.documents,
                    screening: &screening,
                    today,
                };
                let decided = kyc::decide(&inputs);
                application.kyc = Some(decided.clone());
                application.rules_decision = Some(application.last_sequence + 1);
                application.had_review |= decided.status == KycStatus::Review;
                application.screening = Some(screening);
                Ok(Change::Event(decided.clone(), EventData::KycVerified(decided)))
            })
            .await;
        if let Err(error) = &decided {
            self.record_conflict(id, Stage::PerformKyc, error).await;
        }
        decided
    }
}
