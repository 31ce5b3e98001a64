//! Confirm fields: the applicant's confirmation or correction of read values. The reading is kept beside it.

use domain::api::{ConfirmFields, FieldError};
use domain::document::Document;
use domain::event::{AiProvider, ApplicationId, DocumentsProcessed, EventData, Stage};
use domain::field_value;
use uuid::Uuid;

use super::failures::Refused;
use super::process_documents::documents_open;
use super::{Change, CommandError, Commands};
use crate::telemetry::observe;

/// Corrections are refused from this number of events on. Applicants do not reach it, and pages stay fast below it.
const MAX_EVENTS: u64 = 500;

impl Commands {
    /// Confirms or corrects fields of a document, and returns the document.
    ///
    /// # Errors
    /// [`CommandError::Invalid`] with every field refused, as `fields.{name}`; [`CommandError::NotFound`];
    /// [`CommandError::Conflict`].
    pub async fn confirm_fields(
        &self,
        id: &ApplicationId,
        document_id: Uuid,
        confirm: &ConfirmFields,
    ) -> Result<Document, CommandError> {
        observe::command("confirm_fields", self.commit_fields(id, document_id, confirm)).await
    }

    async fn commit_fields(
        &self,
        id: &ApplicationId,
        document_id: Uuid,
        confirm: &ConfirmFields,
    ) -> Result<Document, CommandError> {
        let today = self.context.clock.today();
        let decided = self
            .change(id, Stage::ConfirmFields, |application, _| {
                let Some(document) = application.documents.iter_mut().find(|d| d.document_id == document_id) else {
                    return Err(CommandError::NotFound);
                };
                let kind = document.kind;
                let (values, errors): (Vec<_>, Vec<_>) = confirm
                    .fields
                    .iter()
                    .map(|(name, value)| field_value::normalise(kind, *name, value, today).map(|v| (*name, v)))
                    .partition(Result::is_ok);
                let mut errors: Vec<FieldError> = errors.into_iter().filter_map(Result::err).collect();
                if confirm.fields.is_empty() {
                    errors.push(FieldError::new("fields", "required", "Give at least one field to confirm."));
                }
                if !errors.is_empty() {
                    return Err(CommandError::Invalid(errors));
                }
                let before = document.clone();
                for (name, value) in values.into_iter().flatten() {
                    document.confirm(name, &value);
                }
                let document = document.clone();
                if document == before {
                    return Ok(Change::None(document));
                }
                documents_open(application)?;
                if application.last_sequence >= MAX_EVENTS {
                    return Err(CommandError::Conflict {
                        code: "too_many_changes",
                        detail: "These fields were changed very often. Write to us, and a colleague will help.",
                    });
                }
                application.kyc = None;
                let data = DocumentsProcessed {
                    documents: application.documents.clone(),
                    ai_provider: AiProvider::Applicant.into(),
                    processing_time: 0,
                };
                Ok(Change::Event(document, EventData::DocumentsProcessed(data)))
            })
            .await;
        match &decided {
            Err(CommandError::Invalid(errors)) => {
                let fields = errors.iter().map(|error| error.field.clone()).collect();
                let refused = Refused { code: "validation_failed", fields };
                self.refused(Some(id), Stage::ConfirmFields, refused).await;
            }
            Err(error) => self.record_conflict(id, Stage::ConfirmFields, error).await,
            Ok(_) => {}
        }
        decided
    }

    /// Records the refusal of a step that the application's state does not permit. Ignores other errors.
    pub(super) async fn record_conflict(&self, id: &ApplicationId, stage: Stage, error: &CommandError) {
        if let CommandError::Conflict { code, .. } = error {
            self.refused(Some(id), stage, Refused { code, fields: Vec::new() }).await;
        }
    }
}
