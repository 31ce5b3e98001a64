//! The values of labels. Tests compare the lists with the code that records.

use domain::document::DocumentKind;
use domain::event::{EventType, Stage};

/// The values of a label.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// These.
    Fixed(&'static [&'static str]),
    /// The six topics; of a consumer, those that it consumes.
    Topics,
    /// The stages of events.
    Stages,
    /// The kinds of documents.
    DocumentKinds,
    /// Known at run time only: the series appear with their first value.
    Open,
}

impl Values {
    /// The values, where `topics` are those of the process; none if they are not known.
    pub fn known(self, topics: &[EventType]) -> Option<Vec<&'static str>> {
        Some(match self {
            Self::Fixed(values) => values.to_vec(),
            Self::Topics => topics.iter().map(|topic| topic.topic()).collect(),
            Self::Stages => STAGES.map(Stage::as_str).to_vec(),
            Self::DocumentKinds => DocumentKind::ALL.map(DocumentKind::as_str).to_vec(),
            Self::Open => return None,
        })
    }
}

const STAGES: [Stage; 7] = [
    Stage::SubmitUserInfo,
    Stage::ProcessDocuments,
    Stage::ConfirmFields,
    Stage::PerformKyc,
    Stage::GenerateRecommendations,
    Stage::SubmitPolicySelection,
    Stage::ConsumeEvent,
];

/// Method and route are one label each, but only the pairs of `http::requests::ROUTES` exist: that module creates them.
pub const HTTP_ROUTE: &[(&str, Values)] = &[("method", Values::Open), ("route", Values::Open)];
/// The same with the class of the answer's status.
pub const HTTP_ROUTE_STATUS: &[(&str, Values)] =
    &[("method", Values::Open), ("route", Values::Open), ("status", Values::Open)];

/// The requests to DynamoDB of a running server; others, of the first start and of commands, are `other`.
pub const STORE_OPERATIONS: &[&str] = &[
    "BatchGetItem",
    "DeleteItem",
    "DescribeTable",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactWriteItems",
    "UpdateItem",
    "other",
];
/// The tables without the environment's suffix; a transaction writes several.
pub const STORE_TABLES: &[&str] = &[
    "users",
    "applications",
    "ai-results",
    "kyc-results",
    "policy-recommendations",
    "kafka-events",
    "audit-logs",
    "error-logs",
    "websocket-connections",
    "cases",
    "staff",
    "transaction",
    "other",
];
/// The results of a request to DynamoDB.
pub const STORE_OUTCOMES: &[&str] = &["ok", "conflict", "throttled", "refused", "unavailable"];

/// Refused attempts at what belongs to others.
pub const ATTEMPTS: &[&str] =
    &["foreign_application", "phone_session", "foreign_origin", "unverified_cookie", "phone_link", "unsigned_instance"];

/// The codes with which the server closes a WebSocket (RFC 6455, 7.4.1).
pub const CLOSE_CODES: &[&str] = &["gone", "1003", "1008", "1011", "1012", "1013"];

/// The commands that are measured.
pub const COMMANDS: &[&str] = &[
    "submit_user_info",
    "accept_document",
    "record_reading",
    "confirm_fields",
    "perform_kyc",
    "answer_needs",
    "submit_selection",
    "hand_over",
    "redeem_handoff",
    "end_sessions",
];
/// The results of a command.
pub const COMMAND_OUTCOMES: &[&str] = &["ok", "refused", "conflict", "unavailable"];

/// The operations of the document store.
pub const BLOB_OPERATIONS: &[&str] = &["put", "get", "delete", "delete_orphans"];

/// The causes of Kafka's incidents.
pub const KAFKA_CAUSES: &[&str] = &[
    "unreachable",
    "broker",
    "name",
    "credentials",
    "certificate",
    "tls",
    "topic_missing",
    "topic_forbidden",
    "group_forbidden",
    "cluster_forbidden",
    "unacknowledged",
    "unreadable",
    "other",
];
/// The results of a publication.
pub const PUBLISH_OUTCOMES: &[&str] = &["ok", "client", "envelope", "queue_full", "timeout", "broker"];

/// The steps of an application: its events' types, `documents` when both proofs are complete.
pub const STEPS: &[&str] = &["started", "documents", "decided", "recommended", "completed"];
/// The checks of the identity check, in the order of `CheckType::ALL`.
pub const CHECKS: &[&str] =
    &["age_verification", "name_match", "watchlist_screening", "document_validity", "address_verification"];
/// The receivers of notifications.
pub const AUDIENCES: &[&str] = &["applicant", "compliance", "support"];

/// The results of a check of a list.
pub const LIST_CHECKS: &[&str] = &["taken", "unchanged", "refused", "failed"];
/// Why an issue of a list was not taken.
pub const LIST_CAUSES: &[&str] = &[
    "unreachable",
    "timeout",
    "status",
    "redirect",
    "file",
    "other_file",
    "malformed",
    "document_type",
    "no_date",
    "doubled_id",
    "empty",
    "too_large",
    "other_count",
    "shrunk",
    "older",
    "dated_ahead",
];

/// The results of a request to another instance.
pub const DELIVERY_OUTCOMES: &[&str] = &["delivered", "gone", "refused", "timeout", "error", "circuit_open"];

/// The results of a document.
pub const DOCUMENT_OUTCOMES: &[&str] = &["read", "asked_again", "taken", "failed"];
/// The tools that read documents.
pub const TOOLS: &[&str] = &["tesseract", "pdfinfo", "pdftotext", "pdftoppm", "heif-convert"];

#[cfg(test)]
mod tests {
    use domain::watchlist::RefusalCause;

    use super::*;

    #[test]
    fn causes_are_those_of_the_rules() {
        assert_eq!(LIST_CAUSES, RefusalCause::ALL.map(RefusalCause::as_str));
    }
}
