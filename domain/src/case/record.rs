//! The record of a case: one line for each change, each with the hash of the line before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::evidence::hex;
use super::{Case, CaseState};
use crate::event::ApplicationId;

/// One change of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseRecord {
    /// The application.
    pub application_id: ApplicationId,
    /// 1, 2, 3... without a gap: the revision of the case after the change.
    pub position: u64,
    /// What happened, for instance `claimed`.
    pub kind: String,
    /// The person who did it. `None`: the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When: RFC 3339, UTC, milliseconds.
    pub at: String,
    /// The state after the change.
    pub state: CaseState,
    /// What was said, as the text of a JSON object: reasons, notes, verdicts. May contain personal data.
    pub detail: String,
    /// `hash` of the record before; empty in the first one.
    pub previous_hash: String,
    /// SHA-256 of all fields above, in hexadecimal digits.
    pub hash: String,
}

impl CaseRecord {
    /// The record of the change that led to `case`, whose `record_hash` is still that of the record before.
    pub(super) fn next(case: &Case, kind: &str, by: Option<&str>, detail: &Value, at: Timestamp) -> Self {
        let mut record = Self {
            application_id: case.application_id.clone(),
            position: case.revision,
            kind: kind.to_owned(),
            by: by.map(str::to_owned),
            at: format!("{at:.3}"),
            state: case.state,
            detail: detail.to_string(),
            previous_hash: case.record_hash.clone(),
            hash: String::new(),
        };
        record.hash = record.expected_hash();
        record
    }

    fn expected_hash(&self) -> String {
        let Self { application_id, position, kind, by, at, state, detail, previous_hash, .. } = self;
        let text =
            serde_json::json!([application_id.to_string(), position, kind, by, at, state, detail, previous_hash]);
        hex(&Sha256::digest(text.to_string()))
    }
}

/// Checks all records of a case, in order of position.
///
/// # Errors
/// The position of the first record that was changed, removed or moved.
pub fn verify_records(records: &[CaseRecord]) -> Result<(), u64> {
    let mut previous = "";
    for (record, position) in records.iter().zip(1..) {
        if record.position != position || record.previous_hash != previous || record.hash != record.expected_hash() {
            return Err(position);
        }
        previous = &record.hash;
    }
    Ok(())
}
