//! Sanctions lists and the screening of a person against them.
//!
//! | file | what |
//! |---|---|
//! | [`screening`] | the outcome as it is stored |
//! | `entry`, `lists` | an entry of any list, and the readers of the published formats |
//! | `name_parts`, `index` | which listed names are similar to a person's |
//! | `evidence`, `decision` | what else agrees, and what follows |
//! | `acceptance`, `changes`, `freshness` | whether a new issue replaces the one in use, what it changes, how long it lasts |
//!
//! A name alone does not separate a listed person from a namesake. So the name is compared first; date of birth,
//! document number, sex and countries are compared separately, and decide the outcome for a similar name.
//!
//! All but the stored shapes is behind the feature `lists`, which the browser's half does not have.

mod screening;

#[cfg(feature = "lists")]
mod acceptance;
#[cfg(feature = "lists")]
mod changes;
#[cfg(feature = "lists")]
mod decision;
#[cfg(feature = "lists")]
mod entry;
#[cfg(feature = "lists")]
mod evidence;
#[cfg(feature = "lists")]
mod freshness;
#[cfg(feature = "lists")]
mod index;
#[cfg(feature = "lists")]
mod lists;
#[cfg(feature = "lists")]
mod name_parts;
#[cfg(feature = "lists")]
mod screened_person;
#[cfg(feature = "lists")]
mod screener;

pub use screening::{
    Agreement, BirthDateAgreement, CountryAgreement, Explanation, Hit, ListUsed, NameEvidence, Screening,
    ScreeningOutcome,
};

#[cfg(feature = "lists")]
pub use self::{
    acceptance::{IssueFacts, Refusal, RefusalCause, ShrinkLimits, judge},
    changes::{ChangedEntry, ListChanges},
    decision::{NAME_CLOSE, NAME_HIT},
    entry::{
        BirthDate, Entry, ListedDocument, ListedDocumentKind, ListedName, NameKind, NameStrength, Place, Precision,
        Script, Sex, Source,
    },
    freshness::is_fresh,
    lists::{List, ListError, ListFormat, MAX_BYTES, OfacFiles},
    screened_person::{PersonDocument, ScreenedPerson},
    screener::{MOST_HITS, Watchlist},
};

#[cfg(all(test, feature = "lists"))]
mod tests;
