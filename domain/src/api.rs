//! What goes over the wire between the browser (or an integrator) and the server: REST bodies, problems, WebSocket
//! frames.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::document::{Document, DocumentKind, FieldName};
use crate::event::{ApplicationId, Envelope};
use crate::journey::{Journey, Tile};
use crate::needs::Needs;

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

/// Body of `PATCH /api/applications/{id}/documents/{documentId}`: the fields as the applicant confirms or corrects
/// them. A value equal to the one read confirms it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmFields {
    /// Field name to value.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::HashMap<String, String>))]
    pub fields: BTreeMap<FieldName, String>,
}

/// Body of `POST /api/applications/{id}/selection`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selection {
    /// One of the recommended policies.
    #[serde(default)]
    pub policy_id: String,
    /// Must be true: the applicant agrees to the terms shown.
    #[serde(default)]
    pub consent: bool,
}

/// Answer (202) to a command whose turn has not come: it is kept and runs by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// What it waits for, for instance `identity_check`.
    pub waiting_for: String,
}

/// Answer to `GET /api/applications/{id}`, and the first state of the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Whose application it is.
    pub customer_id: Uuid,
    /// The application.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub application_id: ApplicationId,
    /// The fold of all events up to `journey.lastSequence`.
    pub journey: Journey,
    /// Documents that are being read now.
    pub pending: Vec<PendingDocument>,
    /// The needs, if they were answered.
    pub needs: Option<Needs>,
    /// Until when a phone may hand in documents, if one does: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_until: Option<String>,
    /// When the files of the documents were deleted, because their time was over: their pages cannot be looked at any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub documents_deleted_at: Option<Timestamp>,
}

impl Snapshot {
    /// What a session may see that is for handing in documents only: which documents there are and what is wrong with their
    /// pictures, and nothing of what was typed, read, decided or chosen.
    pub fn narrowed(self) -> Self {
        let Journey { last_sequence, documents, problems, .. } = self.journey;
        let documents = documents
            .into_iter()
            .map(|document| Document { extracted_fields: BTreeMap::new(), confidence: 0.0, sha256: None, ..document })
            .collect();
        let problems = problems.into_iter().filter(|problem| problem.tile == Tile::Documents).collect();
        let journey = Journey { last_sequence, documents, problems, ..Journey::default() };
        Self { journey, needs: None, ..self }
    }
}

/// Answer to `POST /api/applications/{id}/handoff`: a link that lets one phone hand in documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Handoff {
    /// What the phone opens. It works once, until `expiresAt`, or until another is made.
    pub url: String,
    /// RFC 3339, UTC.
    pub expires_at: String,
    /// The same as a length of time, in seconds from now, for those whose clock differs.
    pub valid_for_s: u32,
    /// Whether another device can reach the address, as far as can be told: false where it names this machine only.
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
    /// What the applicant says it is.
    pub kind: DocumentKind,
    /// The applicant's name for the file.
    pub file_name: String,
}

/// Answer to `GET /api/applications/{id}/events?after=N`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Events {
    /// In sequence; at most 100 of them, so ask again after the last one.
    pub events: Vec<Envelope>,
}

/// One field that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// Path of the field in the request, for instance `address.postalCode`.
    pub field: String,
    /// Stable, for programs: `required`, `too_long`, `invalid`, ...
    pub code: String,
    /// For people: the limit and the remedy.
    pub message: String,
}

impl FieldError {
    /// A refused field.
    pub fn new(field: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.into(), message: message.into() }
    }
}

/// An error, `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`: `code` tells the kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    /// For people: what happened and what to do.
    pub detail: String,
    /// The refused fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
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
    /// How far the reading of a document is. Not an event; may be lost.
    Progress(Progress),
    /// The browser must fetch the snapshot again.
    Resync {},
    /// Answer to the client's `status`.
    Status(ConnectionStatus),
    /// What the client sent, where it was not an action.
    Echo {
        /// As received.
        message: String,
    },
}

/// How far the reading of a document is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Which document.
    pub document_id: Uuid,
    /// What is being done.
    pub step: ReadingStep,
}

/// The steps of reading a document, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingStep {
    /// Stored; waiting for its turn.
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

    /// What people call it.
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
    /// Whose connection it is.
    pub customer_id: Uuid,
    /// The sequence of the last event sent on it.
    pub sequence: u64,
    /// When it was opened: RFC 3339, UTC.
    pub connected_at: String,
}

/// A WebSocket frame from the client. Anything that is not one of these is echoed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Asks for [`ConnectionStatus`]; the browser's heartbeat.
    Status,
}

/// A message that the local notifier kept, as `/outbox` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxMessage {
    /// The event that caused it.
    pub event_id: Uuid,
    /// When: RFC 3339, UTC.
    pub at: String,
    /// Who it is for: `applicant`, `compliance` or `support`.
    pub audience: String,
    /// The address, where the audience is one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Its subject line.
    pub subject: String,
    /// Its text.
    pub body: String,
}

#[cfg(test)]
mod tests;
