//! Compares everything but the names: dates of birth, document numbers, sex, countries.

use jiff::civil::Date;

use super::entry::{BirthDate, Entry, ListedDocument, Precision, Source};
use super::screened_person::{PersonDocument, ScreenedPerson, alpha2};
use super::screening::{Agreement, BirthDateAgreement, CountryAgreement};

/// The fewest letters and digits of a document number that identify a person.
const LEAST_NUMBER: usize = 5;
/// The same where the list does not say which country issued it.
const LEAST_NUMBER_WITHOUT_COUNTRY: usize = 7;

/// What is known besides the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) birth: Birth,
    pub(super) document_number: Agreement,
    pub(super) sex: Agreement,
    pub(super) country: CountryAgreement,
    pub(super) nationality: Agreement,
    pub(super) birth_place: Agreement,
}

/// The dates of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Birth {
    pub(super) agreement: BirthDateAgreement,
    /// Whether the list's period contains the day, or one part of a day is a slip. A year that is one off is not near.
    pub(super) is_near: bool,
    /// Whether one part of a day is a slip: hardly ever a coincidence.
    pub(super) is_slip: bool,
    /// The days between the nearest dates.
    pub(super) days_apart: Option<i32>,
}

impl Evidence {
    pub(super) fn of(entry: &Entry, person: &ScreenedPerson) -> Self {
        let listed: Vec<&str> = entry.countries().collect();
        let birth_places: Vec<&str> = entry.birth_places.iter().filter_map(|place| place.country.as_deref()).collect();
        let nationalities: Vec<&str> = entry.nationalities.iter().map(String::as_str).collect();
        let countries: Vec<&str> = person.countries.iter().filter_map(|code| alpha2(code)).collect();
        let own_nationalities: Vec<&str> = match person.nationalities.as_slice() {
            [] => countries.clone(),
            known => known.iter().map(String::as_str).collect(),
        };
        Self {
            birth: birth(entry, &person.dates_of_birth),
            document_number: document_number(entry, &person.documents),
            sex: match (entry.sex, person.sex) {
                (Some(listed), Some(own)) if listed == own => Agreement::Equal,
                (Some(_), Some(_)) => Agreement::Differs,
                _ => Agreement::Unknown,
            },
            country: match common(&listed, &countries) {
                Agreement::Equal => CountryAgreement::Shared,
                Agreement::Unknown => CountryAgreement::Unknown,
                _ => CountryAgreement::Different,
            },
            nationality: common(&nationalities, &own_nationalities),
            birth_place: common(&birth_places, &countries),
        }
    }

    /// How many facts speak against the entry, besides the date of birth.
    pub(super) fn against(&self) -> usize {
        [
            self.document_number == Agreement::Differs,
            self.sex == Agreement::Differs,
            self.country == CountryAgreement::Different,
        ]
        .iter()
        .filter(|against| **against)
        .count()
    }

    /// How much speaks for the entry, in points; a name of full similarity has a hundred.
    pub(super) fn points(&self, name_score: f64) -> u32 {
        use BirthDateAgreement::{Compatible, Different, Same, Unknown};
        let name = (name_score.clamp(0.0, 1.0) * 100.0).round() as i32;
        let birth = match self.birth.agreement {
            Same => 60,
            Compatible if self.birth.is_near => 30,
            Compatible => 20,
            Unknown => 0,
            Different => -60,
        };
        let fact = |agreement: Agreement, weight: i32| match agreement {
            Agreement::Equal => weight,
            Agreement::Differs => -weight,
            _ => 0,
        };
        let country = match self.country {
            CountryAgreement::Shared => 10,
            CountryAgreement::Unknown => 0,
            CountryAgreement::Different => -15,
        };
        // An equal number outweighs everything else; another one may be a second passport.
        let number = match self.document_number {
            Agreement::Equal => 200,
            Agreement::Differs => -20,
            _ => 0,
        };
        let sum = name
            + birth
            + number
            + country
            + fact(self.sex, 10)
            + fact(self.nationality, 10)
            + fact(self.birth_place, 5);
        u32::try_from(sum.max(0)).unwrap_or_default()
    }
}

fn common(listed: &[&str], own: &[&str]) -> Agreement {
    if listed.is_empty() || own.is_empty() {
        Agreement::Unknown
    } else if own.iter().any(|code| listed.contains(code)) {
        Agreement::Equal
    } else {
        Agreement::Differs
    }
}

fn birth(entry: &Entry, born: &[Date]) -> Birth {
    use BirthDateAgreement::{Compatible, Different, Same, Unknown};
    let pairs = || entry.births.iter().flat_map(|listed| born.iter().map(move |born| (*listed, *born)));
    let days_apart = pairs().map(|(listed, born)| days_between(listed, born)).min();
    let any = |agrees: fn(BirthDate, Date) -> bool| pairs().any(|(listed, born)| agrees(listed, born));
    let is_within = any(|listed, born| listed.from <= born && born <= listed.to);
    let agreement = if days_apart.is_none() {
        Unknown
    } else if any(|listed, born| listed.from == born && listed.to == born) {
        Same
    } else if is_within || any(is_compatible) {
        Compatible
    } else if entry.unclear_birth {
        Unknown
    } else {
        Different
    };
    let is_slip = |listed: BirthDate, born| listed.precision == Precision::Day && is_compatible(listed, born);
    let is_slip = pairs().any(|(listed, born)| is_slip(listed, born));
    let is_near = is_within || is_slip;
    Birth { agreement, is_near, is_slip, days_apart: days_apart.filter(|_| agreement != Unknown) }
}

fn days_between(listed: BirthDate, born: Date) -> i32 {
    let days = |from: Date, to: Date| from.until(to).map_or(i32::MAX, |span| span.get_days());
    if born < listed.from {
        days(born, listed.from)
    } else if born > listed.to {
        days(listed.to, born)
    } else {
        0
    }
}

/// Whether a date may be a person's although it is not within the list's: a year is often one off, and so is one part of
/// a day; day and month are exchanged.
fn is_compatible(listed: BirthDate, born: Date) -> bool {
    let year_off =
        (i32::from(listed.from.year()) - 1..=i32::from(listed.to.year()) + 1).contains(&i32::from(born.year()));
    match listed.precision {
        // 1 January is a year, and a day too.
        Precision::Year => year_off,
        Precision::Month | Precision::Range => listed.from <= born && born <= listed.to,
        Precision::Day => {
            let listed = listed.from;
            let same = [listed.year() == born.year(), listed.month() == born.month(), listed.day() == born.day()];
            let swapped = same[0] && listed.month() == born.day() && listed.day() == born.month();
            // A person's own 1 January is a year as well.
            let only_year = born.month() == 1 && born.day() == 1 && same[0];
            swapped || only_year || same.iter().filter(|same| **same).count() == 2
        }
    }
}

fn document_number(entry: &Entry, documents: &[PersonDocument]) -> Agreement {
    let pairs = || entry.documents.iter().flat_map(|listed| documents.iter().map(move |own| (listed, own)));
    if pairs().any(|(listed, own)| is_same_document(listed, own, entry.source)) {
        return Agreement::Equal;
    }
    let comparable = |listed: &ListedDocument, own: &PersonDocument| {
        listed.kind == own.kind && own.country.is_some() && listed.country == own.country
    };
    if pairs().any(|(listed, own)| comparable(listed, own)) { Agreement::Differs } else { Agreement::Unknown }
}

/// The same number of the same country. Kinds are not compared: publishers mix them up.
fn is_same_document(listed: &ListedDocument, own: &PersonDocument, source: Source) -> bool {
    let number = plain_number(&own.number);
    let is_long = |least| number.len() >= least && number.bytes().filter(u8::is_ascii_digit).count() >= least - 2;
    let countries_allow = match (&listed.country, &own.country) {
        (Some(listed), Some(own)) => listed == own && is_long(LEAST_NUMBER),
        // Identifiers of politically exposed persons are of any kind.
        _ => !source.is_pep() && is_long(LEAST_NUMBER_WITHOUT_COUNTRY),
    };
    countries_allow && plain_number(&listed.number) == number
}

/// The letters and digits of a number, without leading zeros, which some documents print and others do not.
pub(super) fn plain_number(number: &str) -> String {
    let plain: String = number.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    plain.trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::watchlist::entry::ListedDocumentKind;

    fn listed(births: &[BirthDate]) -> Entry {
        let mut entry = Entry::new(Source::Un, "1");
        births.iter().for_each(|birth| entry.add_birth(Some(*birth)));
        entry
    }

    fn agreement(listed_birth: BirthDate, born: Date) -> BirthDateAgreement {
        birth(&listed(&[listed_birth]), &[born]).agreement
    }

    #[test]
    fn dates_agree_as_far_as_the_list_is_precise() {
        use BirthDateAgreement::{Compatible, Different, Same};
        let day = BirthDate::day(date(1971, 8, 12));
        for (born, wanted) in [
            (date(1971, 8, 12), Same),
            (date(1971, 12, 8), Compatible),
            (date(1971, 8, 13), Compatible),
            (date(1972, 8, 12), Compatible),
            (date(1971, 1, 1), Compatible),
            (date(1971, 9, 13), Different),
            (date(1990, 8, 13), Different),
        ] {
            assert_eq!(agreement(day, born), wanted, "{born}");
        }
        // "01 Jan 1969" means 1969, and a year is often one off.
        for year in [BirthDate::day(date(1969, 1, 1)), BirthDate::year(1969).unwrap()] {
            for (born, wanted) in [
                (date(1969, 7, 5), Compatible),
                (date(1968, 7, 5), Compatible),
                (date(1970, 12, 31), Compatible),
                (date(1971, 1, 2), Different),
            ] {
                assert_eq!(agreement(year, born), wanted, "{born}");
            }
        }
        let month = BirthDate::month(1971, 8).unwrap();
        assert_eq!((agreement(month, date(1971, 8, 31)), agreement(month, date(1971, 9, 1))), (Compatible, Different));
    }

    #[test]
    fn days_apart_are_stated() {
        let day = |born| birth(&listed(&[BirthDate::day(date(1971, 8, 12))]), &[born]).days_apart;
        assert_eq!(
            (day(date(1971, 8, 13)), day(date(1971, 8, 12)), day(date(1971, 8, 2))),
            (Some(1), Some(0), Some(10))
        );
        assert_eq!(birth(&listed(&[]), &[date(1971, 8, 13)]).days_apart, None);
    }

    #[test]
    fn numbers_are_compared_without_signs_and_leading_zeros() {
        let number = |listed_number: &str, listed_country: Option<&str>, own: &str, country: Option<&str>| {
            let mut entry = Entry::new(Source::Un, "1");
            let country_of = |code: Option<&str>| code.map(str::to_owned);
            entry.add_document(ListedDocument {
                kind: ListedDocumentKind::Passport,
                number: listed_number.into(),
                country: country_of(listed_country),
            });
            let own =
                PersonDocument { kind: ListedDocumentKind::Passport, number: own.into(), country: country_of(country) };
            document_number(&entry, &[own])
        };
        assert_eq!(number("99 0000001", Some("RU"), "990000001", Some("RU")), Agreement::Equal);
        assert_eq!(number("00345678", Some("YE"), "345678", Some("YE")), Agreement::Equal);
        assert_eq!(number("99 0000001", Some("RU"), "990000002", Some("RU")), Agreement::Differs);
        assert_eq!(number("99 0000001", Some("RU"), "990000001", Some("NO")), Agreement::Unknown);
        assert_eq!(number("99 0000001", None, "990000001", Some("NO")), Agreement::Equal);
        assert_eq!(number("12345", None, "12345", Some("NO")), Agreement::Unknown);
        assert_eq!(number("1", Some("NO"), "1", Some("NO")), Agreement::Differs);
    }

    proptest! {
        #[test]
        fn a_less_precise_date_agrees_wherever_the_day_does(
            year in 1900i16..2020, month in 1i8..=12, day in 1i8..=28, off in -400i32..400,
        ) {
            let listed = date(year, month, day);
            let born = listed.checked_add(jiff::Span::new().days(off)).unwrap();
            if agreement(BirthDate::day(listed), born) != BirthDateAgreement::Different {
                prop_assert_ne!(agreement(BirthDate::year(year).unwrap(), born), BirthDateAgreement::Different);
            }
        }
    }
}
