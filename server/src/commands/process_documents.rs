//! Process documents: takes a file in, and records what was read from it.

use bytes::Bytes;
use domain::api::{DocumentAccepted, FieldError};
use domain::document::{Document, DocumentKind, MAX_RETAKES, Proof, Provider};
use domain::event::{AiProvider, ApplicationId, DOCUMENT_UNREADABLE, DocumentsProcessed, EventData, KycStatus, Stage};
use extraction::Extraction;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::failures::Refused;
use super::{Answer, Change, CommandError, Commands, RequestKey, failure};
use crate::blobs::Part;
use crate::documents::{ReadDocument, ReadFailure};
use crate::store::{Application, KeptFile, PendingRead};
use hex::encode;

/// How many documents one application takes, replaced ones included.
const MAX_UPLOADS: u32 = 30;

/// How many characters of a file's name are kept; it is only ever shown.
const FILE_NAME: usize = 100;

/// A file that an applicant hands in.
pub struct Upload {
    /// What the applicant says it is.
    pub kind: DocumentKind,
    /// The applicant's name for it.
    pub file_name: String,
    /// Its content, of a type that can be read.
    pub content: Bytes,
}

/// A reading that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// How often it has begun, this time included.
    pub attempt: u8,
    /// Whether the document is taken with whatever can be read, because others were asked for before.
    pub last_chance: bool,
}

impl Commands {
    /// Stores a document and has it read.
    ///
    /// # Errors
    /// [`CommandError::Conflict`] where the documents are settled; [`CommandError::NotFound`]; store and blob errors.
    pub async fn accept_document(
        &self,
        id: &ApplicationId,
        upload: Upload,
        request: Option<&RequestKey>,
    ) -> Result<Answer<DocumentAccepted>, CommandError> {
        // Of its own for every content: the bytes are kept before a reused key is noticed.
        let document_id = request.map_or_else(Uuid::now_v7, |request| {
            request.identifier(&self.secret, &format!("{id} {}", request.fingerprint))
        });
        let application = self.context.store.application(id).await?.ok_or(CommandError::NotFound)?;
        if let Some(answer) = RequestKey::earlier(request, &application)? {
            return Ok(answer);
        }
        if let Err(error) = documents_open(&application).and_then(|()| room_for_another(&application)) {
            self.refused_turn(id, Stage::ProcessDocuments, &error).await;
            return Err(error);
        }
        let sha256 = encode(Sha256::digest(&upload.content));
        if let Err(error) = self.context.blobs.put(id, document_id, Part::Original, &upload.content).await {
            // Support hears of it; the applicant has the answer to the request.
            let message = "Your document could not be stored. It is not your fault: please send it once more.";
            if let Err(unrecorded) = self.fail(id, failure(Stage::ProcessDocuments, "document_not_kept", message)).await
            {
                tracing::warn!(%unrecorded, "failure not recorded");
            }
            return Err(error.into());
        }
        let file_name = shown_name(&upload.file_name);
        let answer = self
            .change(id, Stage::ProcessDocuments, |application, now| {
                if let Some(answer) = RequestKey::earlier(request, application)? {
                    return Ok(Change::None(answer));
                }
                documents_open(application)?;
                room_for_another(application)?;
                application.uploads += 1;
                // A newer photo of the same proof takes the place of one that is still being read.
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

    /// Records that a file was refused before it became a document, and hands the error back.
    pub async fn refuse_upload(&self, id: &ApplicationId, error: FieldError) -> CommandError {
        let fields = vec![error.field.clone()];
        self.refused(Some(id), Stage::ProcessDocuments, Refused { code: &error.code, fields }).await;
        CommandError::Invalid(vec![error])
    }

    /// Notes that a document's reading begins, and tells how often it has begun, and whether it is the last one that may be
    /// asked for again. None where it is not to be read any
    /// more, for instance because a newer one took its place.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn begin_reading(&self, id: &ApplicationId, document_id: Uuid) -> Result<Option<Begun>, CommandError> {
        self.change(id, Stage::ProcessDocuments, |application, _| {
            let Some(index) = application.pending.iter().position(|p| p.document_id == document_id) else {
                return Ok(Change::None(None));
            };
            let last_chance = application.last_chance(application.pending[index].kind.proves());
            let pending = &mut application.pending[index];
            pending.attempts = pending.attempts.saturating_add(1);
            Ok(Change::State(Some(Begun { attempt: pending.attempts, last_chance })))
        })
        .await
    }

    /// Gives back an attempt that a graceful stop interrupted. The caller holds the document's lease.
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

    /// Records what was read from a document. One that was replaced meanwhile, or recorded before, changes nothing; of one
    /// that was deleted meanwhile, what reading has kept is deleted too.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn record_reading(
        &self,
        id: &ApplicationId,
        document_id: Uuid,
        read: &Result<ReadDocument, ReadFailure>,
    ) -> Result<(), CommandError> {
        let known = self
            .change(id, Stage::ProcessDocuments, |application, _| {
                let Some(index) = application.pending.iter().position(|p| p.document_id == document_id) else {
                    return Ok(Change::None(application.knows(document_id)));
                };
                let pending = application.pending.remove(index);
                // Decided meanwhile: what was decided stands.
                if documents_open(application).is_err() {
                    return Ok(Change::State(true));
                }
                Ok(Change::Event(true, outcome(application, pending, read)))
            })
            .await?;
        if !known {
            self.context.blobs.delete(id, document_id).await?;
        }
        Ok(())
    }
}

/// What comes after the photo that was asked for as the `asked`th.
fn photos_left(asked: u32) -> String {
    let then = "we go on all the same: you type what we could not read, and a colleague looks at it.";
    match (MAX_RETAKES + 1).saturating_sub(asked) {
        1 => format!("You can send one more photo; after that {then}"),
        2 => format!("You can send two more photos; after that {then}"),
        left => format!("You can send {left} more photos; after that {then}"),
    }
}

/// What reading came to: the document, or what the applicant should do.
fn outcome(application: &mut Application, pending: PendingRead, read: &Result<ReadDocument, ReadFailure>) -> EventData {
    let PendingRead { document_id, kind, file_name, sha256, .. } = pending;
    let again = |asked: u32, advice: &str| {
        let what = match kind.proves() {
            Proof::Identity => "proof of identity",
            Proof::Address => "proof of address",
        };
        let message = format!("We could not read your {what}. {advice} {}", photos_left(asked));
        let mut error = failure(Stage::ProcessDocuments, DOCUMENT_UNREADABLE, &message);
        error.refused = true;
        EventData::WorkflowError(error)
    };
    let processed = |application: &mut Application, ReadDocument { extraction, pages }: &ReadDocument| {
        let fields = extraction.reading.fields.clone();
        let mut document = Document::new(document_id, file_name, kind, fields);
        document.provider = extraction.provider;
        document.pages = *pages;
        document.sha256 = sha256;
        document.issues = extraction.reading.issue.into_iter().collect();
        application.take_document(document);
        // What was decided from other documents does not stand.
        application.kyc = None;
        EventData::DocumentsProcessed(DocumentsProcessed {
            documents: application.documents.clone(),
            ai_provider: AiProvider::from(extraction.provider).into(),
            processing_time: extraction.milliseconds,
        })
    };
    // Enough asked, the applicant types the fields that were not read, and a person looks at the document.
    match read {
        Ok(read) => {
            if let Some(issue) = read.extraction.reading.issue {
                let asked = application.count_retake(kind.proves());
                if asked <= MAX_RETAKES {
                    return again(asked, &issue.advice(kind));
                }
            }
            processed(application, read)
        }
        Err(ReadFailure::File { advice }) => {
            let asked = application.count_retake(kind.proves());
            if asked <= MAX_RETAKES {
                return again(asked, advice);
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

/// Documents may be handed in until the check is decided for or against; a review may still be helped.
pub(super) fn documents_open(application: &Application) -> Result<(), CommandError> {
    match application.kyc.as_ref().map(|kyc| kyc.status) {
        None | Some(KycStatus::Review) => Ok(()),
        Some(_) => Err(CommandError::Conflict {
            code: "identity_check_decided",
            detail: "Your identity check is done, so the documents can no longer be changed.",
        }),
    }
}

/// A limit that people do not meet: it keeps one visitor from taking everybody's turn and room.
fn room_for_another(application: &Application) -> Result<(), CommandError> {
    if application.uploads < MAX_UPLOADS {
        return Ok(());
    }
    Err(CommandError::Conflict {
        code: "too_many_documents",
        detail: "You have handed in as many documents as we can take here. Write to us, and a colleague will help.",
    })
}

/// A file name fit to be shown: no path, no control characters, bounded.
fn shown_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = base.chars().filter(|c| !c.is_control() && !is_direction(*c)).take(FILE_NAME).collect();
    if clean.trim().is_empty() { "document".to_owned() } else { clean.trim().to_owned() }
}

/// Unicode's direction overrides, which make a name read as another.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::shown_name;

    #[test]
    fn file_names_are_only_names() {
        assert_eq!(shown_name("../../etc/passwd"), "passwd");
        assert_eq!(shown_name("C:\\photos\\pass port.jpg"), "pass port.jpg");
        assert_eq!(shown_name("gpj\u{202e}.exe"), "gpj.exe");
        assert_eq!(shown_name("\n"), "document");
        assert_eq!(shown_name(&"a".repeat(4000)).len(), 100);
    }
}
