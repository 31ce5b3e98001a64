//! Submit policy selection: the applicant's choice, with consent.

use domain::api::{FieldError, Selection};
use domain::event::{ApplicationId, EventData, KycStatus, Stage, WorkflowCompleted};

use super::failures::Refused;
use super::{Change, CommandError, Commands};
use crate::telemetry::observe;

impl Commands {
    /// Records the choice and completes the application.
    ///
    /// # Errors
    /// [`CommandError::Invalid`] without consent or for a policy that was not recommended;
    /// [`CommandError::Conflict`] before the recommendations, or after another choice; [`CommandError::NotFound`].
    pub async fn submit_selection(
        &self,
        id: &ApplicationId,
        selection: &Selection,
    ) -> Result<WorkflowCompleted, CommandError> {
        observe::command("submit_selection", self.commit_selection(id, selection)).await
    }

    async fn commit_selection(
        &self,
        id: &ApplicationId,
        selection: &Selection,
    ) -> Result<WorkflowCompleted, CommandError> {
        let decided = self
            .change(id, Stage::SubmitPolicySelection, |application, _| {
                if let Some(completed) = &application.completed {
                    return if completed.selected_policy_id == selection.policy_id {
                        Ok(Change::None(completed.clone()))
                    } else {
                        Err(CommandError::Conflict {
                            code: "already_completed",
                            detail: "You have chosen a policy already. Write to us to change it.",
                        })
                    };
                }
                let approved = application.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Approved);
                let Some(recommended) = application.recommended.as_ref().filter(|_| approved) else {
                    return Err(CommandError::Conflict {
                        code: "no_recommendations",
                        detail: "Policies are recommended first; choose one of them then.",
                    });
                };
                let chosen = recommended.recommendations.iter().find(|r| r.policy_id == selection.policy_id);
                let mut errors = Vec::new();
                if chosen.is_none() {
                    let message = "Choose one of the recommended policies.";
                    let code = if selection.policy_id.is_empty() { "required" } else { "not_recommended" };
                    errors.push(FieldError::new("policyId", code, message));
                }
                if !selection.consent {
                    let message = "Tick the box to agree. We cannot complete your application without your consent.";
                    errors.push(FieldError::new("consent", "required", message));
                }
                let (Some(chosen), true) = (chosen, errors.is_empty()) else {
                    return Err(CommandError::Invalid(errors));
                };
                let completed =
                    WorkflowCompleted { selected_policy_id: chosen.policy_id.clone(), premium: chosen.premium.clone() };
                application.completed = Some(completed.clone());
                Ok(Change::Event(completed.clone(), EventData::WorkflowCompleted(completed)))
            })
            .await;
        match &decided {
            Err(CommandError::Invalid(errors)) => {
                let fields = errors.iter().map(|error| error.field.clone()).collect();
                let refused = Refused { code: "validation_failed", fields };
                self.refused(Some(id), Stage::SubmitPolicySelection, refused).await;
            }
            Err(error) => self.record_conflict(id, Stage::SubmitPolicySelection, error).await,
            Ok(_) => {}
        }
        decided
    }
}
