//! Process documents: stores an uploaded file, and records the reading.

use bytes::Bytes;
use domain::api::{DocumentAccepted, FieldError};
use domain::document::{Document, DocumentKind, MAX_RETAKES, Proof, Provider};
use domain::event::{AiProvider, ApplicationId, DOCUMENT_UNREADABLE, DocumentsProcessed, EventData, KycStatus, Stage};
use domain::invisible::without_invisible;
use extraction::Extraction;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::failures::Refused;
use super::{Answer, Change, CommandError, Commands, RequestKey, failure};
use crate::blobs::Part;
use crate::documents::{ReadDocument, ReadFailure};
use crate::store::{Application, KeptFile, PendingRead};
use crate::telemetry::observe;
use hex::encode;

/// The most documents of an application, including replaced ones.
const MAX_UPLOADS: u32 = 30;

/// The most characters of a file's name that are kept. The name is only displayed.
const MAX_FILE_NAME_CHARS: usize = 100;

/// An uploaded file.
pub struct Upload {
    /// The kind that the applicant chose.
    pub kind: DocumentKind,
    /// The file name on the applicant's device.
    pub file_name: String,
    /// Its content, of a supported type.
    pub content: Bytes,
}

/// A started reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadingStarted {
    /// The number of this attempt, from 1.
    pub attempt: u8,
    /// Whether no further photo may be requested, so the document is accepted with whatever can be read.
    pub retakes_exhausted: bool,
}

impl Commands {
    /// Stores a document and queues it for reading.
    ///
    /// # Errors
    /// [`CommandError::Conflict`] if documents are no longer accepted; [`CommandError::NotFound`]; store and blob
    /// errors.
    pub async fn accept_document(
        &self,
        id: &ApplicationId,
        upload: Upload,
        request: Option<&RequestKey>,
    ) -> Result<Answer<DocumentAccepted>, CommandError> {
        observe::command("accept_document", self.store_document(id, upload, request)).await
    }

    async fn store_document(
        &self,
        id: &ApplicationId,
        upload: Upload,
        request: Option<&RequestKey>,
    ) -> Result<Answer<DocumentAccepted>, CommandError> {
        // The identifier depends on the content, because the bytes are stored before a reused key is detected.
        let document_id = request.map_or_else(Uuid::now_v7, |request| {
            request.identifier(&self.secret, &format!("{id} {}", request.fingerprint))
        });
        let application = self.load(id).await?;
        if let Some(answer) = RequestKey::earlier(request, &application)? {
            return Ok(answer);
        }
        if let Err(error) = documents_open(&application).and_then(|()| check_upload_limit(&application)) {
            self.record_conflict(id, Stage::ProcessDocuments, &error).await;
            return Err(error);
        }
        let sha256 = encode(Sha256::digest(&upload.content));
        if let Err(error) = self.context.blobs.put(id, document_id, Part::Original, &upload.content).await {
            // The event notifies support. The applicant gets the answer to the request.
            let message = "Your document could not be stored. It is not your fault: please send it once more.";
            if let Err(unrecorded) = self.fail(id, failure(Stage::ProcessDocuments, "document_not_kept", message)).await
            {
                tracing::warn!(%unrecorded, "failure not recorded");
            }
            return Err(error.into());
        }
        let file_name = display_name(&upload.file_name);
        let answer = self
            .change(id, Stage::ProcessDocuments, |application, now| {
                if let Some(answer) = RequestKey::earlier(request, application)? {
                    return Ok(Change::None(answer));
                }
                documents_open(application)?;
                check_upload_limit(application)?;
                application.uploads += 1;
                // A newer photo of the same proof replaces one that is still being read.
                application.pending.retain(|pending| pending.kind.proves() != upload.kind.proves());
                application.pending.push(PendingRead {
                    document_id,
                    kind: upload.kind,
                    file_name: file_name.clone(),
                    sha256: Some(sha256.clone()),
                    since: now,
                    attempts: 0,
                });
                application.kept.push(KeptFile { document_id, since: now, replaced_at: None });
                application.documents_deleted_at = None;
                let answer = Answer { status: 202, body: DocumentAccepted { document_id } };
                RequestKey::keep(request, application, &answer)?;
                Ok(Change::State(answer))
            })
            .await?;
        self.read_queue.hint(id.clone());
        Ok(answer)
    }

    /// Records that an uploaded file was refused, and returns the error of the command.
    pub async fn refuse_upload(&self, id: &ApplicationId, error: FieldError) -> CommandError {
        let fields = vec![error.field.clone()];
        self.refused(Some(id), Stage::ProcessDocuments, Refused { code: &error.code, fields }).await;
        CommandError::Invalid(vec![error])
    }

    /// Records the start of a document's reading. `None` if the document must not be read any more, for instance
    /// because a newer one replaced it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn start_reading(
        &self,
        id: &ApplicationId,
        document_id: Uuid,
    ) -> Result<Option<ReadingStarted>, CommandError> {
        self.change(id, Stage::ProcessDocuments, |application, _| {
            let Some(index) = application.pending.iter().position(|p| p.document_id == document_id) else {
                return Ok(Change::None(None));
            };
            let retakes_exhausted = application.retakes_exhausted(application.pending[index].kind.proves());
            let pending = &mut application.pending[index];
            pending.attempts = pending.attempts.saturating_add(1);
            Ok(Change::State(Some(ReadingStarted { attempt: pending.attempts, retakes_exhausted })))
        })
        .await
    }

    /// Subtracts an attempt that a graceful stop interrupted. The caller holds the document's lease.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn give_back_attempt(&self, id: &ApplicationId, document_id: Uuid) -> Result<(), CommandError> {
        self.change(id, Stage::ProcessDocuments, |application, _| {
            let Some(pending) = application.pending.iter_mut().find(|pending| pending.document_id == document_id)
            else {
                return Ok(Change::None(()));
            };
            pending.attempts = pending.attempts.saturating_sub(1);
            Ok(Change::State(()))
        })
        .await
    }

    /// Records the reading of a document. Does nothing if the document was replaced meanwhile or is recorded already.
    /// If it was deleted meanwhile, the files that the reading stored are deleted too.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn record_reading(
        &self,
        id: &ApplicationId,
        document_id: Uuid,
        read: &Result<ReadDocument, ReadFailure>,
    ) -> Result<(), CommandError> {
        observe::command("record_reading", self.commit_reading(id, document_id, read)).await
    }

    async fn commit_reading(
        &self,
        id: &ApplicationId,
        document_id: Uuid,
        read: &Result<ReadDocument, ReadFailure>,
    ) -> Result<(), CommandError> {
        let has_files = self
            .change(id, Stage::ProcessDocuments, |application, _| {
                let Some(index) = application.pending.iter().position(|p| p.document_id == document_id) else {
                    return Ok(Change::None(application.has_files_of(document_id)));
                };
                let pending = application.pending.remove(index);
                // The identity check was decided meanwhile, and the decision stands.
                if documents_open(application).is_err() {
                    return Ok(Change::State(true));
                }
                Ok(Change::Event(true, outcome(application, pending, read)))
            })
            .await?;
        if !has_files {
            self.context.blobs.delete(id, document_id).await?;
        }
        Ok(())
    }
}

/// The text about the remaining photos after request number `asked` for another one.
fn retakes_left_text(asked: u32) -> String {
    let then = "we go on all the same: you type what we could not read, and a colleague looks at it.";
    match (MAX_RETAKES + 1).saturating_sub(asked) {
        1 => format!("You can send one more photo; after that {then}"),
        2 => format!("You can send two more photos; after that {then}"),
        left => format!("You can send {left} more photos; after that {then}"),
    }
}

/// The event of a reading: the processed documents, or the error with the applicant's next step.
fn outcome(application: &mut Application, pending: PendingRead, read: &Result<ReadDocument, ReadFailure>) -> EventData {
    let PendingRead { document_id, kind, file_name, sha256, .. } = pending;
    let ask_again = |asked: u32, advice: &str| {
        let what = match kind.proves() {
            Proof::Identity => "proof of identity",
            Proof::Address => "proof of address",
        };
        let message = format!("We could not read your {what}. {advice} {}", retakes_left_text(asked));
        let mut error = failure(Stage::ProcessDocuments, DOCUMENT_UNREADABLE, &message);
        error.refused = true;
        EventData::WorkflowError(error)
    };
    let processed = |application: &mut Application, ReadDocument { extraction, pages }: &ReadDocument| {
        let fields = extraction.reading.fields.clone();
        let mut document =
            Document::new(document_id, file_name, kind, fields).of_one_name(application.user_info.one_name);
        document.provider = extraction.provider;
        document.pages = *pages;
        document.sha256 = sha256;
        document.issues = extraction.reading.issue.into_iter().collect();
        application.replace_document(document);
        // A decision from other documents is void.
        application.kyc = None;
        EventData::DocumentsProcessed(DocumentsProcessed {
            documents: application.documents.clone(),
            ai_provider: AiProvider::from(extraction.provider).into(),
            processing_time: extraction.milliseconds,
        })
    };
    // After `MAX_RETAKES` the document is accepted: the applicant types the missing fields, and a person reviews it.
    match read {
        Ok(read) => {
            if let Some(issue) = read.extraction.reading.issue {
                let asked = application.count_retake(kind.proves());
                if asked <= MAX_RETAKES {
                    return ask_again(asked, &issue.advice(kind));
                }
            }
            processed(application, read)
        }
        Err(ReadFailure::File { advice }) => {
            let asked = application.count_retake(kind.proves());
            if asked <= MAX_RETAKES {
                return ask_again(asked, advice);
            }
            let nothing = Extraction {
                reading: ocr::Reading::default(),
                provider: Provider::Custom,
                milliseconds: 0,
                attempts: Vec::new(),
            };
            processed(application, &ReadDocument { extraction: nothing, pages: 0 })
        }
        Err(ReadFailure::Failed(_)) => EventData::WorkflowError(failure(
            Stage::ProcessDocuments,
            "document_not_read",
            "Something went wrong on our side while we read your document. It is not your photo's fault. \
             Please send it once more.",
        )),
    }
}

/// Documents are accepted until the identity check is approved or rejected, also during a review.
pub(super) fn documents_open(application: &Application) -> Result<(), CommandError> {
    match application.kyc.as_ref().map(|kyc| kyc.status) {
        None | Some(KycStatus::Review) => Ok(()),
        Some(_) => Err(CommandError::Conflict {
            code: "identity_check_decided",
            detail: "Your identity check is done, so the documents can no longer be changed.",
        }),
    }
}

/// Checks the limit of uploads. Applicants do not reach it; it keeps one visitor from blocking the reader and filling
/// the storage.
fn check_upload_limit(application: &Application) -> Result<(), CommandError> {
    if application.uploads < MAX_UPLOADS {
        return Ok(());
    }
    Err(CommandError::Conflict {
        code: "too_many_documents",
        detail: "You have handed in as many documents as we can take here. Write to us, and a colleague will help.",
    })
}

/// The file name for display: without a path or control characters, and of limited length.
fn display_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // Invisible characters can disguise a name.
    let clean: String = without_invisible(base).chars().filter(|c| !c.is_control()).take(MAX_FILE_NAME_CHARS).collect();
    if clean.trim().is_empty() { "document".to_owned() } else { clean.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::display_name;

    #[test]
    fn display_name_has_no_path_or_control_characters_and_is_limited() {
        assert_eq!(display_name("../../etc/passwd"), "passwd");
        assert_eq!(display_name("C:\\photos\\pass port.jpg"), "pass port.jpg");
        assert_eq!(display_name("gpj\u{202e}.exe"), "gpj.exe");
        assert_eq!(display_name("a\u{61c}\u{200b}\u{feff}\u{e0041}b.pdf"), "ab.pdf");
        assert_eq!(display_name("\n"), "document");
        assert_eq!(display_name(&"a".repeat(4000)).len(), 100);
    }
}
