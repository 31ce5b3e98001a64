//! What a decision of a person rests on: identifiers and hashes, no personal data.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Case, Decision, DecisionReason, HitVerdict, Priority};
use crate::event::{CheckType, KycVerified, RiskLevel};
use crate::watchlist::{Agreement, BirthDateAgreement, Hit, Screening, ScreeningOutcome};

/// The source of hits in screenings of version 0.1, which knew one list.
const FIRST_SOURCE: &str = "OFAC-SDN";
/// The source of hits on lists of politically exposed persons.
const PEP: &str = "PEP";

/// A hit: the entry of a list, as it was when it was compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HitKey {
    /// The list, for instance `OFAC-SDN`.
    pub source: String,
    /// The publisher's identifier of the entry.
    pub id: String,
    /// A hash of the entry's content. Empty in hits of version 0.1.
    pub entry_hash: String,
}

impl HitKey {
    /// The key of a hit.
    pub fn of(hit: &Hit) -> Self {
        let source = if hit.source.is_empty() { FIRST_SOURCE.to_owned() } else { hit.source.clone() };
        let id = if hit.id.is_empty() { hit.entry.to_string() } else { hit.id.clone() };
        Self { source, id, entry_hash: hit.entry_hash.clone() }
    }

    /// The name of the hit on the command line: `SOURCE/ID`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.source, self.id)
    }
}

/// What a decision of a person rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseEvidence {
    /// The sequence of the KYC_VERIFIED that the case is about.
    pub based_on: u64,
    /// The version of the rules that decided it.
    pub rules_version: String,
    /// The lists screened: `SOURCE:SHA-256` each, or the version where the hash is not known.
    pub lists: Vec<String>,
    /// The hits.
    pub hits: Vec<HitKey>,
    /// SHA-256 of the documents' files, in hexadecimal digits.
    pub documents: Vec<String>,
    /// The strength of the hits, for the order of the queue.
    pub strength: HitStrength,
    /// How much speaks for the strongest hit, in points.
    pub points: u32,
    /// Whether nothing but the screening is in doubt, and it found nobody: a list was not checked in time.
    pub stale_list_only: bool,
}

/// The strength of the strongest hit, weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitStrength {
    /// There is no hit.
    #[default]
    None,
    /// On a list of politically exposed persons only.
    Exposed,
    /// A similar name; the date of birth is not known.
    Name,
    /// A similar name and a date of birth that does not exclude the person.
    CompatibleDate,
    /// A similar name and the same date of birth, or the same document.
    Identical,
}

impl HitStrength {
    fn of(hit: &Hit) -> Self {
        if hit.explanation.document_number == Agreement::Equal || hit.date_of_birth == BirthDateAgreement::Same {
            return Self::Identical;
        }
        match hit.date_of_birth {
            _ if hit.source == PEP => Self::Exposed,
            BirthDateAgreement::Compatible => Self::CompatibleDate,
            _ => Self::Name,
        }
    }
}

impl CaseEvidence {
    /// The evidence of a decision of the rules, which is event number `based_on` of its customer.
    pub fn of(decision: &KycVerified, screening: Option<&Screening>, based_on: u64) -> Self {
        let hits = screening.map(hits).unwrap_or_default();
        let failed: Vec<CheckType> =
            decision.checks.iter().filter(|check| !check.passed).map(|check| check.check_type).collect();
        let lists = screening.map(|screening| screening.lists.as_slice()).unwrap_or_default();
        let mut lists: Vec<String> = lists.iter().map(|list| format!("{}:{}", list.source, list.sha256)).collect();
        if lists.is_empty() {
            lists.push(decision.list_version.clone());
        }
        let mut documents: Vec<String> =
            decision.evidence.iter().filter_map(|document| document.sha256.clone()).collect();
        documents.sort();
        let mut keys: Vec<HitKey> = hits.iter().map(HitKey::of).collect();
        keys.sort();
        keys.dedup();
        Self {
            based_on,
            rules_version: decision.rules_version.clone(),
            lists,
            strength: hits.iter().map(HitStrength::of).max().unwrap_or_default(),
            points: hits.iter().map(|hit| hit.points).max().unwrap_or_default(),
            stale_list_only: hits.is_empty()
                && failed == [CheckType::WatchlistScreening]
                && screening.is_some_and(|screening| !screening.unread_name),
            hits: keys,
            documents,
        }
    }

    /// The priority of a case with this evidence.
    pub(super) fn priority(&self, risk: RiskLevel) -> Priority {
        match self.strength {
            HitStrength::Identical => Priority::Identical,
            HitStrength::CompatibleDate => Priority::CompatibleDate,
            _ if risk == RiskLevel::High => Priority::HighRisk,
            HitStrength::Name => Priority::NameOnly,
            HitStrength::Exposed => Priority::Exposed,
            HitStrength::None if self.stale_list_only => Priority::StaleList,
            HitStrength::None => Priority::MediumRisk,
        }
    }

    /// SHA-256, in hexadecimal digits, of all that a decision rests on. Whoever approves a proposal gives its digest:
    /// what was seen is what is decided.
    pub fn digest(
        &self,
        case: &Case,
        verdicts: &[HitVerdict],
        decision: Decision,
        reasons: &[DecisionReason],
    ) -> String {
        let key = |hit: &HitKey| json!([hit.source, hit.id, hit.entry_hash]);
        let mut verdicts: Vec<&HitVerdict> = verdicts.iter().collect();
        verdicts.sort_by_key(|verdict| &verdict.hit);
        let verdicts: Vec<_> = verdicts.iter().map(|v| json!([key(&v.hit), v.verdict, v.reasons])).collect();
        // Arrays only: the order of an object's keys depends on how serde_json is compiled.
        let seen = json!([
            case.application_id.to_string(),
            self.based_on,
            self.rules_version,
            self.lists,
            self.hits.iter().map(key).collect::<Vec<_>>(),
            self.documents,
            verdicts,
            decision,
            reasons,
        ]);
        hex(&Sha256::digest(seen.to_string()))
    }
}

fn hits(screening: &Screening) -> &[Hit] {
    match &screening.outcome {
        ScreeningOutcome::Clear => &[],
        ScreeningOutcome::Possible { hits } | ScreeningOutcome::Match { hits } => hits,
    }
}

/// Hexadecimal digits of a hash.
pub(super) fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
