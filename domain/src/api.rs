//! The wire format between the server and the browser or an integrator: REST bodies, problems, WebSocket frames.
//! Request bodies are strict; everything else ignores unknown fields ([`crate::versions`]).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::document::{Document, DocumentKind};
use crate::event::{ApplicationId, Envelope};
pub use crate::field_error::FieldError;
use crate::journey::{Journey, Tile};
use crate::needs::Needs;

mod bodies;

pub use bodies::{AnswerNeeds, ConfirmFields, Selection, SubmitUserInfo, SubmittedAddress};

/// Answer to `POST /api/customers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomerCreated {
    /// The new customer.
    pub customer_id: Uuid,
    /// The new application.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub application_id: ApplicationId,
}

/// Answer to `POST /api/applications/{id}/documents`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DocumentAccepted {
    /// The document, now being read.
    pub document_id: Uuid,
}

/// Answer (202) to a command that must wait. The server stores it and runs it later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// The reason for the wait.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub waiting_for: WaitingFor,
}

/// The reason why a command waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// The identity check is not decided yet.
    IdentityCheck,
}

/// Answer to `GET /api/applications/{id}`, and the first state of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The customer.
    pub customer_id: Uuid,
    /// The application.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub application_id: ApplicationId,
    /// The fold of all events up to `journey.lastSequence`.
    pub journey: Journey,
    /// Documents that are being read now.
    pub pending: Vec<PendingDocument>,
    /// The answers to the questionnaire, if given.
    pub needs: Option<Needs>,
    /// The end of a phone's session for uploading documents, if there is one: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_until: Option<String>,
    /// When retention deleted the files of the documents: their pages can no longer be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub documents_deleted_at: Option<Timestamp>,
}

impl Snapshot {
    /// The snapshot for a phone's session, which may only upload documents: the documents, and the faults of their
    /// pictures. It has no typed, read, decided or chosen data.
    pub fn redacted(self) -> Self {
        let Journey { last_sequence, documents, problems, .. } = self.journey;
        let documents = documents
            .into_iter()
            .map(|document| Document {
                extracted_fields: BTreeMap::new(),
                confidence: 0.0,
                sha256: None,
                one_name: false,
                ..document
            })
            .collect();
        let problems = problems.into_iter().filter(|problem| problem.tile == Tile::Documents).collect();
        let journey = Journey { last_sequence, documents, problems, ..Journey::default() };
        Self { journey, needs: None, ..self }
    }
}

/// Answer to `POST /api/applications/{id}/handoff`: a link with which one phone may upload documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Handoff {
    /// The link for the phone. It works once, until `expiresAt` or until a newer link is made.
    pub url: String,
    /// RFC 3339, UTC.
    pub expires_at: String,
    /// The same as a duration in seconds, for devices whose clock differs.
    pub valid_for_s: u32,
    /// Whether another device can probably reach the address. False if the address names this machine only.
    pub reachable: bool,
    /// `url` as a QR code.
    pub code: QrCode,
}

/// A QR code as a drawing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct QrCode {
    /// Width and height, quiet zone included, in modules: the drawing's `viewBox` is `0 0 size size`.
    pub size: u32,
    /// The dark modules as SVG path data, to be filled on white.
    pub path: String,
}

/// A document that is being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PendingDocument {
    /// Its identifier.
    pub document_id: Uuid,
    /// Its kind, as the applicant chose it.
    pub kind: DocumentKind,
    /// The applicant's name for the file.
    pub file_name: String,
}

/// Answer to `GET /api/applications/{id}/events?after=N`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Events {
    /// In sequence; at most 100, so a client asks again after the last one.
    pub events: Vec<Envelope>,
}

/// An error, `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`: `code` is the kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    /// For people: the error and the remedy.
    pub detail: String,
    /// The refused fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The id of the request, as in the header `x-request-id`: for questions to support.
    #[serde(default, rename = "requestId", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A WebSocket frame from the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// An event, in sequence.
    Event {
        /// The event.
        event: Box<Envelope>,
    },
    /// Progress of the reading of a document. Not an event; may be lost.
    Progress(Progress),
    /// The browser must fetch the snapshot again.
    Resync {},
    /// Answer to the client's `status`.
    Status(ConnectionStatus),
    /// The client's message, if it was not an action.
    Echo {
        /// As received.
        message: String,
    },
}

/// Progress of the reading of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The document.
    pub document_id: Uuid,
    /// The current step.
    pub step: ReadingStep,
}

/// The steps of reading a document, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingStep {
    /// Stored; waits in the read queue.
    Queued,
    /// Turning the file into an upright picture.
    Preparing,
    /// Reading the machine-readable zone.
    ReadingMrz,
    /// Reading the printed page.
    ReadingPage,
    /// Putting the fields together.
    Comparing,
}

impl ReadingStep {
    /// All steps, in their order.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Preparing, Self::ReadingMrz, Self::ReadingPage, Self::Comparing];

    /// The label for the applicant.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "Received",
            Self::Preparing => "Straightening the picture",
            Self::ReadingMrz => "Reading the coded lines",
            Self::ReadingPage => "Reading the printed page",
            Self::Comparing => "Comparing what was read",
        }
    }
}

/// Answer to the client's `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionStatus {
    /// This connection.
    pub connection_id: Uuid,
    /// The customer.
    pub customer_id: Uuid,
    /// The sequence of the last event sent on it.
    pub sequence: u64,
    /// When the connection was opened: RFC 3339, UTC.
    pub connected_at: String,
}

/// A WebSocket frame from the client. The server echoes any other message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Asks for [`ConnectionStatus`]; the browser's heartbeat.
    Status,
}

/// A message of the local notifier, as `/outbox` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxMessage {
    /// The event that caused it.
    pub event_id: Uuid,
    /// When: RFC 3339, UTC.
    pub at: String,
    /// Its recipients: `applicant`, `compliance` or `support`.
    pub audience: String,
    /// The address, if the recipient is one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Its subject line.
    pub subject: String,
    /// Its text.
    pub body: String,
}

#[cfg(test)]
mod tests;
