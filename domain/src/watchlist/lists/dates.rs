//! Dates of birth as publishers write them.

use jiff::civil::Date;

use crate::watchlist::entry::BirthDate;

/// OFAC's: `12 Aug 1971`, `Aug 1971`, `1971`, each perhaps after `circa`, or two of them with ` to ` between.
pub(super) fn ofac(text: &str) -> Option<BirthDate> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("circa ") {
        return ofac(rest)?.circa();
    }
    match text.split_once(" to ") {
        Some((from, to)) => BirthDate::range(ofac_period(from)?, ofac_period(to)?),
        None => ofac_period(text),
    }
}

fn ofac_period(text: &str) -> Option<BirthDate> {
    const FORM: &str = "%d %b %Y";
    // jiff also accepts years with a sign and of other lengths.
    let year = four_digits(text.split_whitespace().last()?)?;
    if text.trim().len() == 4 {
        return BirthDate::year(year);
    }
    if let Ok(day) = Date::strptime(FORM, text) {
        return Some(BirthDate::day(day));
    }
    let first = Date::strptime(FORM, format!("1 {text}")).ok()?;
    BirthDate::month(first.year(), first.month())
}

/// The UK's: `12/08/1971`, with `dd`, `mm`, `00` or nothing for what is not known (`dd/mm/1945`, `00/00/1975`, `1973`),
/// and with stray apostrophes.
pub(super) fn uk(text: &str) -> Option<BirthDate> {
    let text = text.trim_matches(|c: char| matches!(c, '\'' | '’' | '"') || c.is_whitespace());
    let parts: Vec<&str> = text.split(['/', '-', '.']).map(str::trim).collect();
    let known = |part: &str| part.parse::<i8>().ok().filter(|number| *number > 0);
    let unknown = |part: &str| part.bytes().all(|byte| matches!(byte.to_ascii_lowercase(), b'd' | b'm' | b'0'));
    match parts.as_slice() {
        [year] => BirthDate::year(four_digits(year)?),
        [day, month, year] => {
            let year = four_digits(year)?;
            match (known(day), known(month)) {
                (Some(day), Some(month)) => Date::new(year, month, day).ok().map(BirthDate::day),
                (None, Some(month)) if unknown(day) => BirthDate::month(year, month),
                (_, None) if unknown(month) => BirthDate::year(year),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `1971-08-12`, `1971-08` or `1971`, perhaps with a time or an offset after the day (`2015-07-01-04:00`).
pub(super) fn iso(text: &str) -> Option<BirthDate> {
    let text = text.trim();
    if let Some(day) = iso_day(text) {
        return Some(BirthDate::day(day));
    }
    match text.split_once('-') {
        None => BirthDate::year(four_digits(text)?),
        Some((year, month)) if month.len() <= 2 => BirthDate::month(four_digits(year)?, month.parse().ok()?),
        Some(_) => None,
    }
}

/// The day at the beginning of a date and time in the form of ISO 8601.
pub(super) fn iso_day(text: &str) -> Option<Date> {
    let day = text.trim().get(..10)?;
    let is_form =
        day.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if is_form { day.parse().ok() } else { None }
}

/// A year of four digits.
pub(super) fn four_digits(text: &str) -> Option<i16> {
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_year { text.parse().ok().filter(|year| *year > 0) } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::watchlist::entry::Precision;

    fn ends(birth: Option<BirthDate>) -> Option<(Date, Date)> {
        birth.map(|birth| (birth.from, birth.to))
    }

    #[test]
    fn every_form_of_ofac_is_parsed() {
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
            assert_eq!(ends(ofac(text)), Some((from, to)), "{text}");
        }
        for text in ["", "unknown", "31 Feb 1960", "1962 to 1960", "60", "1 Foo 1960", "19600", "12 Aug 1971 1"] {
            assert_eq!(ofac(text), None, "{text}");
        }
    }

    #[test]
    fn every_form_of_the_uk_is_parsed() {
        for (text, from, to) in [
            ("12/08/1971", date(1971, 8, 12), date(1971, 8, 12)),
            ("dd/mm/1945", date(1945, 1, 1), date(1945, 12, 31)),
            ("DD/MM/1945", date(1945, 1, 1), date(1945, 12, 31)),
            ("00/00/1975", date(1975, 1, 1), date(1975, 12, 31)),
            ("dd/08/1971", date(1971, 8, 1), date(1971, 8, 31)),
            ("1973", date(1973, 1, 1), date(1973, 12, 31)),
            ("'12/08/1971'", date(1971, 8, 12), date(1971, 8, 12)),
            ("’1973", date(1973, 1, 1), date(1973, 12, 31)),
        ] {
            assert_eq!(ends(uk(text)), Some((from, to)), "{text}");
        }
        for text in ["", "15/08/19yy", "32/01/1970", "12/13/1971", "approximately 1970", "1/2/70", "dd/mm/yyyy"] {
            assert_eq!(uk(text), None, "{text}");
        }
    }

    #[test]
    fn iso_dates_may_be_incomplete_or_have_an_offset() {
        assert_eq!(ends(iso("1971-08-12")), Some((date(1971, 8, 12), date(1971, 8, 12))));
        assert_eq!(ends(iso("1971-08")), Some((date(1971, 8, 1), date(1971, 8, 31))));
        assert_eq!(ends(iso("1971")), Some((date(1971, 1, 1), date(1971, 12, 31))));
        assert_eq!(iso_day("2015-07-01-04:00"), Some(date(2015, 7, 1)));
        assert_eq!(iso_day("2026-02-27T00:00:09.554Z"), Some(date(2026, 2, 27)));
        assert_eq!((iso_day("27 Feb 2026"), iso("1971-13"), iso("71")), (None, None, None));
        assert_eq!(iso("1969-01-01").unwrap().precision, Precision::Year);
    }

    proptest! {
        #[test]
        fn parsed_ranges_are_ordered(text in "(circa |[0-9]{1,4}|/|-| |Jan| to |dd|mm|\\PC){0,8}") {
            for birth in [ofac(&text), uk(&text), iso(&text)].into_iter().flatten() {
                prop_assert!(birth.from <= birth.to);
            }
        }
    }
}
