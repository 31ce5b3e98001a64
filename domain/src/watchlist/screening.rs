//! The outcome of a screening as it is stored with the decision: evidence for a reviewer, never disclosed to the
//! applicant. Every field that version 0.1 did not have is optional; those that it reads are still written.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Agreement of a person's date of birth with an entry's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BirthDateAgreement {
    /// The same day.
    Same,
    /// Within a month, a year or a range of the list; within a year of a date that the list gives as a year; with day
    /// and month exchanged; or one of year, month and day differs.
    Compatible,
    /// The list has none, or one that cannot be parsed.
    #[default]
    Unknown,
    /// Another day.
    Different,
}

/// Agreement of a person's countries with an entry's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountryAgreement {
    /// They have one in common.
    Shared,
    /// The list, or the person, gives none.
    #[default]
    Unknown,
    /// They have none in common.
    Different,
}

/// How one fact about the person stands to the same fact of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The same.
    Equal,
    /// The same name in another spelling, or with a letter wrong.
    Spelt,
    /// A name that sounds alike.
    SoundsAlike,
    /// Days or years apart, or less precise: see [`Explanation::days_apart`].
    DaysApart,
    /// Not the same.
    Differs,
    /// One side does not state it.
    #[default]
    Unknown,
}

/// A name of an entry, compared with the most similar name of the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NameEvidence {
    /// The name as published.
    pub listed: String,
    /// Whether the publisher marks it as too common or too doubtful to be a hit by itself.
    #[serde(default)]
    pub weak: bool,
    /// How it agrees.
    pub agreement: Agreement,
    /// Similarity from 0 to 1; 0 for a name that has too little in common to be compared.
    pub score: f64,
}

/// What agrees and what does not, as data. Whoever shows it makes the words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Explanation {
    /// Every name of the entry, at most fifty, the most similar first.
    pub names: Vec<NameEvidence>,
    /// The date of birth.
    pub date_of_birth: Agreement,
    /// For [`Agreement::DaysApart`] the days between the nearest dates; 0 within a period of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_apart: Option<i32>,
    /// The number of a document: `Differs` only for one of the same kind and country.
    pub document_number: Agreement,
    /// Male or female.
    pub sex: Agreement,
    /// Nationality.
    pub nationality: Agreement,
    /// The country of birth.
    pub birth_place: Agreement,
}

/// An entry with a name similar to the person's, or with the number of the person's document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// The publisher's number of the entry, where it has one: what version 0.1 stored. 0 for other identifiers.
    #[serde(default)]
    pub entry: u32,
    /// The list, for instance `OFAC-SDN`. Empty in hits of version 0.1, which knew that list only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The publisher's identifier of the entry.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// A hash of the entry's content: it changes when the publisher adds an alias or corrects a date.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entry_hash: String,
    /// Its first name on the list, `FAMILY, Given`.
    pub name: String,
    /// The sanctions programme.
    pub programme: String,
    /// Similarity of the names, from 0 to 1.
    pub name_score: f64,
    /// Agreement of the dates of birth.
    pub date_of_birth: BirthDateAgreement,
    /// Agreement of the countries.
    pub country: CountryAgreement,
    /// How much speaks for the entry, in points: it orders hits, and decides nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: u32,
    /// What agrees and what does not. Absent in hits of version 0.1.
    #[serde(default, skip_serializing_if = "is_absent")]
    pub explanation: Explanation,
}

/// Fields of version 0.1 are written as that version wrote them.
fn is_zero(points: &u32) -> bool {
    *points == 0
}

fn is_absent(explanation: &Explanation) -> bool {
    *explanation == Explanation::default()
}

/// The outcome of a screening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ScreeningOutcome {
    /// Nobody on the lists matches.
    Clear,
    /// The applicant may be on a list, or has a name that cannot be screened; a person must look.
    Possible {
        /// Those with most points first.
        hits: Vec<Hit>,
    },
    /// The applicant is on a list, by name and date of birth or by document; a person must confirm.
    Match {
        /// The matches first, then those with most points.
        hits: Vec<Hit>,
    },
}

/// A list that was screened against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListUsed {
    /// The list, for instance `OFAC-SDN`.
    pub source: String,
    /// The day on which the publisher made it.
    pub published: Date,
    /// Its number of entries.
    pub entries: usize,
    /// SHA-256 of its files.
    pub sha256: String,
    /// When it was last compared successfully with what the publisher offers. Absent where nobody compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<Timestamp>,
}

/// A screening; it is stored with the decision that it led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Screening {
    /// The outcome.
    #[serde(flatten)]
    pub outcome: ScreeningOutcome,
    /// The best name score among the hits or, for a clear outcome, among the namesakes; from 0 to 1.
    pub score: f64,
    /// Entries with a similar name that are other people by what else is known; at most ten.
    pub namesakes: Vec<Hit>,
    /// The versions of the lists screened, divided by semicolons.
    pub list_version: String,
    /// The day on which the oldest of them was published.
    pub published: Date,
    /// The lists screened. Empty in screenings of version 0.1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListUsed>,
    /// Whether every list was compared with its publisher's recently enough. Absent where nobody compares, as in version
    /// 0.1: then the day of publication tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<bool>,
    /// Whether no name of the person can be read in letters that the lists have: then nobody can be excluded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unread_name: bool,
}
