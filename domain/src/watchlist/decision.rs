//! Which entries with a similar name are hits. A table, so that every cell can be read and tested; the order of hits
//! comes from points and decides nothing.
//!
//! | name | same day | compatible date | no date | another date |
//! |---|---|---|---|---|
//! | strong | match (possible if the sex differs) | match if it is near and a country is shared, else possible; namesake if two facts differ, unless the date is a slip | possible; namesake if two facts differ | namesake; possible if the full name and a country are the same and neither sex nor number differs |
//! | strong but for a wrong letter in a short part | possible | possible, unless a fact differs | - | - |
//! | weak alias | possible | possible | - | - |
//! | close | possible, unless the sex differs | - | - | - |
//!
//! The facts are document number, sex and country. A document of the same number and country is a match whatever the
//! name. A politically exposed person is at most possible.

use super::evidence::Evidence;
use super::index::NameScore;
use super::screening::{Agreement, BirthDateAgreement, CountryAgreement};

/// From this name score on, a listed name is strong.
pub const NAME_HIT: f64 = 0.85;

/// From this name score on, a listed name is close. It is the score of two agreeing parts of three.
pub const NAME_CLOSE: f64 = 0.65;

/// How a listed name agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Band {
    /// From [`NAME_CLOSE`] on.
    Close,
    /// From [`NAME_HIT`] on, by a name that the publisher marks as weak.
    Weak,
    /// From [`NAME_HIT`] on, if a wrong letter in a short part is one.
    Slip,
    /// From [`NAME_HIT`] on.
    Strong,
    /// Every part on both sides.
    Full,
}

impl Band {
    /// The band of a name; `None` below all.
    pub(super) fn of(name: NameScore, is_weak: bool) -> Option<Self> {
        if name.score >= NAME_HIT {
            Some(match (is_weak, name.has_slip) {
                (true, true) => return None,
                (true, false) => Self::Weak,
                (false, true) => Self::Slip,
                (false, false) if name.is_full => Self::Full,
                (false, false) => Self::Strong,
            })
        } else if name.score >= NAME_CLOSE && !is_weak && !name.has_slip {
            Some(Self::Close)
        } else {
            None
        }
    }
}

/// What an entry is to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Match,
    Possible,
    /// Another person of a similar name.
    Namesake,
    Nothing,
}

/// Decides about an entry. `band` is that of its best name, if any is similar.
pub(super) fn decide(band: Option<Band>, evidence: &Evidence) -> Verdict {
    use BirthDateAgreement::{Compatible, Different, Same, Unknown};
    if evidence.document_number == Agreement::Equal {
        return Verdict::Match;
    }
    let Some(band) = band else { return Verdict::Nothing };
    let sex_differs = evidence.sex == Agreement::Differs;
    let number_differs = evidence.document_number == Agreement::Differs;
    let is_shared = evidence.country == CountryAgreement::Shared;
    let against = evidence.against();
    match (band, evidence.birth.agreement) {
        (Band::Full | Band::Strong, Same) if sex_differs => Verdict::Possible,
        (Band::Full | Band::Strong, Same) => Verdict::Match,
        (Band::Full | Band::Strong, Compatible) => {
            if against >= 2 && !evidence.birth.is_slip {
                Verdict::Namesake
            } else if is_shared && evidence.birth.is_near && against == 0 {
                Verdict::Match
            } else {
                Verdict::Possible
            }
        }
        (Band::Full | Band::Strong, Unknown) if against >= 2 => Verdict::Namesake,
        (Band::Full | Band::Strong, Unknown) => Verdict::Possible,
        // A date alone never clears who has the whole name and the country.
        (Band::Full, Different) if is_shared && !sex_differs && !number_differs => Verdict::Possible,
        (Band::Full | Band::Strong, Different) => Verdict::Namesake,
        (Band::Slip, Same) => Verdict::Possible,
        (Band::Slip, Compatible) if against == 0 => Verdict::Possible,
        (Band::Weak, Same | Compatible) => Verdict::Possible,
        (Band::Close, Same) if !sex_differs => Verdict::Possible,
        (Band::Slip | Band::Weak | Band::Close, _) => Verdict::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::word::Kind;
    use crate::watchlist::evidence::Birth;

    fn evidence(agreement: BirthDateAgreement) -> Evidence {
        Evidence {
            birth: Birth {
                agreement,
                is_near: agreement == BirthDateAgreement::Compatible,
                is_slip: false,
                days_apart: None,
            },
            document_number: Agreement::Unknown,
            sex: Agreement::Unknown,
            country: CountryAgreement::Unknown,
            nationality: Agreement::Unknown,
            birth_place: Agreement::Unknown,
        }
    }

    #[test]
    fn every_cell_of_the_table_is_as_stated() {
        use BirthDateAgreement::{Compatible, Different, Same, Unknown};
        use Verdict::{Match, Namesake, Nothing, Possible};
        for (band, wanted) in [
            (Band::Full, [Match, Possible, Possible, Namesake]),
            (Band::Strong, [Match, Possible, Possible, Namesake]),
            (Band::Slip, [Possible, Possible, Nothing, Nothing]),
            (Band::Weak, [Possible, Possible, Nothing, Nothing]),
            (Band::Close, [Possible, Nothing, Nothing, Nothing]),
        ] {
            let found = [Same, Compatible, Unknown, Different].map(|birth| decide(Some(band), &evidence(birth)));
            assert_eq!(found, wanted, "{band:?}");
        }
        assert_eq!(decide(None, &evidence(Same)), Nothing);
    }

    #[test]
    fn country_and_sex_and_number_count() {
        use BirthDateAgreement::{Compatible, Different, Same, Unknown};
        let shared = |birth| Evidence { country: CountryAgreement::Shared, ..evidence(birth) };
        let sex = |evidence| Evidence { sex: Agreement::Differs, ..evidence };
        let number = |evidence| Evidence { document_number: Agreement::Differs, ..evidence };
        let abroad = |evidence| Evidence { country: CountryAgreement::Different, ..evidence };
        for (band, evidence, wanted) in [
            (Band::Strong, shared(Compatible), Verdict::Match),
            (Band::Strong, sex(shared(Compatible)), Verdict::Possible),
            (Band::Strong, sex(abroad(evidence(Compatible))), Verdict::Namesake),
            (Band::Strong, sex(abroad(evidence(Unknown))), Verdict::Namesake),
            (Band::Strong, abroad(evidence(Unknown)), Verdict::Possible),
            (Band::Strong, sex(evidence(Same)), Verdict::Possible),
            (Band::Full, shared(Different), Verdict::Possible),
            (Band::Full, sex(shared(Different)), Verdict::Namesake),
            (Band::Full, number(shared(Different)), Verdict::Namesake),
            (Band::Strong, shared(Different), Verdict::Namesake),
            (Band::Slip, sex(evidence(Compatible)), Verdict::Nothing),
            (Band::Close, sex(evidence(Same)), Verdict::Nothing),
        ] {
            assert_eq!(decide(Some(band), &evidence), wanted, "{band:?} {evidence:?}");
        }
    }

    #[test]
    fn same_document_is_a_match_whatever_the_name() {
        let same = Evidence {
            document_number: Agreement::Equal,
            sex: Agreement::Differs,
            ..evidence(BirthDateAgreement::Different)
        };
        assert_eq!(decide(None, &same), Verdict::Match);
        assert_eq!(decide(Some(Band::Close), &same), Verdict::Match);
    }

    #[test]
    fn names_have_bands() {
        let name = |score, has_slip, is_full| NameScore { score, has_slip, is_full, worst: Kind::Equal };
        for (score, slip, full, weak, wanted) in [
            (1.0, false, true, false, Some(Band::Full)),
            (0.98, false, false, false, Some(Band::Strong)),
            (0.90, true, false, false, Some(Band::Slip)),
            (0.98, false, true, true, Some(Band::Weak)),
            (0.90, true, false, true, None),
            (0.70, false, false, false, Some(Band::Close)),
            (0.70, true, false, false, None),
            (0.70, false, false, true, None),
            (0.60, false, false, false, None),
        ] {
            assert_eq!(Band::of(name(score, slip, full), weak), wanted, "{score} {slip} {full} {weak}");
        }
    }
}
