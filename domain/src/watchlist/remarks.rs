//! Parses the remarks of an entry: dates of birth, countries and weak aliases.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use crate::country;

/// The tolerance of `circa`, in years either way.
const CIRCA: i32 = 2;

/// A date of birth of a list: a range of days, both ends included; a single day where they are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BirthDates {
    pub(super) from: Date,
    pub(super) to: Date,
}

/// The parts of the remarks that screening needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    pub(super) births: Vec<BirthDates>,
    /// Whether a date of birth could not be parsed. No other day can be excluded then.
    pub(super) unclear_birth: bool,
    /// Alpha-2 codes: nationality, citizenship, place of birth, issuer of a document.
    pub(super) countries: Vec<&'static str>,
    /// Aliases that are too common to be a hit alone.
    pub(super) weak_names: Vec<String>,
}

/// Parses remarks such as `DOB 12 Aug 1971; alt. DOB circa 1972; POB Minsk, Belarus; nationality Belarus.` Unknown
/// parts are ignored. A date of birth that cannot be parsed sets `unclear_birth`.
pub(super) fn parse(remarks: &str) -> Remarks {
    let mut found = Remarks::default();
    for part in remarks.split(';') {
        let part = part.trim().trim_end_matches('.').trim();
        let part = part.strip_prefix("alt. ").unwrap_or(part);
        if let Some(rest) = part.strip_prefix("DOB ") {
            match birth_dates(rest) {
                Some(dates) => found.births.push(dates),
                None => found.unclear_birth = true,
            }
        } else if let Some(rest) = part.strip_prefix("a.k.a. ") {
            let name = rest.trim_matches(['\'', '"', ' ']);
            found.weak_names.extend((!name.is_empty()).then(|| name.to_owned()));
        } else if let Some(place) = part
            .strip_prefix("nationality ")
            .or_else(|| part.strip_prefix("citizen "))
            .or_else(|| part.strip_prefix("POB "))
        {
            add_country(&mut found.countries, place);
        } else if part.starts_with("Passport ") || part.starts_with("National ID No. ") {
            let issuer = part.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
            if let Some((issuer, _)) = issuer {
                add_country(&mut found.countries, issuer);
            }
        }
    }
    found
}

fn add_country(countries: &mut Vec<&'static str>, place: &str) {
    let last = place.rsplit(", ").next().unwrap_or(place).trim();
    if let Some(code) = country_code(place.trim()).or_else(|| country_code(last))
        && !countries.contains(&code)
    {
        countries.push(code);
    }
}

/// OFAC's names of countries, where they differ from those in [`crate::country`].
fn country_code(name: &str) -> Option<&'static str> {
    let alpha2 = match name {
        "Korea, North" => "KP",
        "Korea, South" => "KR",
        "Burma" => "MM",
        "Turkey" => "TR",
        "Congo, Democratic Republic of the" => "CD",
        "Congo, Republic of the" => "CG",
        "Cote d Ivoire" | "Cote d'Ivoire" => "CI",
        "The Gambia" => "GM",
        "Czech Republic" => "CZ",
        "Palestinian" | "West Bank" | "Gaza" => "PS",
        "Cabo Verde" => "CV",
        "Macedonia" | "The Republic of North Macedonia" => "MK",
        "USSR" | "undetermined" => return None,
        other => return country::by_name(other).map(|country| country.alpha2),
    };
    country::by_alpha2(alpha2).map(|country| country.alpha2)
}

fn birth_dates(text: &str) -> Option<BirthDates> {
    if let Some(rest) = text.strip_prefix("circa ") {
        let around = birth_dates(rest)?;
        let from = around.from.checked_sub(CIRCA.years()).ok()?;
        return Some(BirthDates { from, to: around.to.checked_add(CIRCA.years()).ok()? });
    }
    match text.split_once(" to ") {
        Some((from, to)) => {
            let (from, to) = (period(from)?.from, period(to)?.to);
            (from <= to).then_some(BirthDates { from, to })
        }
        None => period(text),
    }
}

/// `12 Aug 1971`, `Aug 1971` or `1971`.
fn period(text: &str) -> Option<BirthDates> {
    const FORM: &str = "%d %b %Y";
    // jiff also accepts years with a sign and of other lengths.
    let year =
        text.split_whitespace().last().filter(|year| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()))?;
    if text.trim() == year {
        let year = year.parse().ok()?;
        return Some(BirthDates { from: date(year, 1, 1), to: date(year, 12, 31) });
    }
    if let Ok(day) = Date::strptime(FORM, text) {
        return Some(BirthDates { from: day, to: day });
    }
    let first = Date::strptime(FORM, format!("1 {text}")).ok()?;
    Some(BirthDates { from: first, to: first.last_of_month() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_published_date_form_is_parsed() {
        for (text, from, to) in [
            ("12 Aug 1971", date(1971, 8, 12), date(1971, 8, 12)),
            ("01 Jan 1960", date(1960, 1, 1), date(1960, 1, 1)),
            ("Aug 1971", date(1971, 8, 1), date(1971, 8, 31)),
            ("Feb 1972", date(1972, 2, 1), date(1972, 2, 29)),
            ("1960", date(1960, 1, 1), date(1960, 12, 31)),
            ("1960 to 1962", date(1960, 1, 1), date(1962, 12, 31)),
            ("01 Jan 1960 to 31 Mar 1960", date(1960, 1, 1), date(1960, 3, 31)),
            ("circa 1960", date(1958, 1, 1), date(1962, 12, 31)),
            ("circa 1960 to 1962", date(1958, 1, 1), date(1964, 12, 31)),
        ] {
            assert_eq!(birth_dates(text), Some(BirthDates { from, to }), "{text}");
        }
        for text in ["", "unknown", "31 Feb 1960", "1962 to 1960", "60", "1 Foo 1960", "19600", "12 Aug 1971 1"] {
            assert_eq!(birth_dates(text), None, "{text}");
        }
    }

    #[test]
    fn remarks_are_parsed() {
        let text = "DOB 12 Aug 1971; alt. DOB 1972; POB Minsk, Belarus; nationality Belarus; \
                    alt. citizen Korea, North; \
                    Passport MP1234567 (Russia) expires 01 Jan 2030 (individual); a.k.a. 'VITYA'; Gender Male.";
        let remarks = parse(text);
        assert_eq!((remarks.births.len(), remarks.unclear_birth), (2, false));
        assert_eq!(remarks.countries, ["BY", "KP", "RU"]);
        assert_eq!(remarks.weak_names, ["VITYA"]);
        let unclear = parse("DOB 12 Aug 1971; alt. DOB in the nineteen-sixties.");
        assert_eq!((unclear.births.len(), unclear.unclear_birth), (1, true));
        assert_eq!(parse("Linked To: SOMEONE ELSE."), Remarks::default());
    }

    proptest! {
        #[test]
        fn parsed_birth_ranges_are_ordered(
        text in "(DOB |alt. |circa |[0-9]{1,4} |Jan | to |; |nationality |\\PC){0,12}",
    ) {
            for birth in parse(&text).births {
                prop_assert!(birth.from <= birth.to);
            }
        }
    }
}
