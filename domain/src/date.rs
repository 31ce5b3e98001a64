//! Dates as people and documents write them, and ages.

use jiff::civil::Date;

/// The date of expiry of a document that does not expire. In fields it is `9999-12-31`, so that every date of expiry is
/// a date.
pub const NO_EXPIRY: Date = Date::constant(9999, 12, 31);

/// Whether a date of expiry means that the document does not expire. Some documents print another day of that year.
pub fn never_expires(date: Date) -> bool {
    date.year() == NO_EXPIRY.year()
}

/// The day, if the calendar has it. `Date::new` tells the reason of a refusal, whose texts are large in the browser.
pub const fn civil(year: i16, month: i8, day: i8) -> Option<Date> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + leap as i8,
        _ => 0,
    };
    // The years of `Date::MIN` and `Date::MAX`.
    if year < -9999 || year > 9999 || day < 1 || day > days {
        return None;
    }
    Some(Date::constant(year, month, day))
}

/// A date of exactly the form `YYYY-MM-DD`. jiff's parser also accepts `+001987-03-14` and a trailing time, and is large.
pub fn parse_iso(text: &str) -> Option<Date> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    if !shaped {
        return None;
    }
    civil(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)
}

/// The age on a day, in whole years; negative before birth. A birthday on 29 February counts on 1 March in common
/// years: countries use 28 February or 1 March, and the later day never makes a minor an adult too early.
pub fn age_on(born: Date, day: Date) -> i16 {
    let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
    day.year() - born.year() - i16::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn age_counts_whole_years() {
        assert_eq!(age_on(date(2008, 11, 21), date(2026, 11, 21)), 18);
        assert_eq!(age_on(date(2008, 11, 22), date(2026, 11, 21)), 17);
        assert_eq!(age_on(date(2026, 3, 2), date(2026, 3, 1)), -1);
        assert_eq!(age_on(date(2026, 3, 1), date(2026, 3, 1)), 0);
    }

    #[test]
    fn leap_day_birthday_falls_on_first_of_march_in_common_years() {
        assert_eq!(age_on(date(2008, 2, 29), date(2026, 2, 28)), 17);
        assert_eq!(age_on(date(2008, 2, 29), date(2026, 3, 1)), 18);
        assert_eq!(age_on(date(2008, 2, 29), date(2028, 2, 28)), 19);
        assert_eq!(age_on(date(2008, 2, 29), date(2028, 2, 29)), 20);
    }

    #[test]
    fn only_the_form_with_hyphens_is_a_date() {
        assert_eq!(parse_iso("1987-03-14"), Some(date(1987, 3, 14)));
        for text in ["", "1987-3-14", "+001987-03-14", "1987-03-14T00:00", "1987-02-30", "19870314", "1987/03/14"] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for year in [i16::MIN, -9999, -1, 0, 1900, 1999, 2000, 2024, 2026, 2100, 9999, 10_000] {
            for month in -1..=14 {
                for day in -1..=33 {
                    assert_eq!(civil(year, month, day), Date::new(year, month, day).ok(), "{year} {month} {day}");
                }
            }
        }
    }

    fn any_date() -> impl Strategy<Value = Date> {
        (1910i16..2025, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| date(year, month, day))
    }

    proptest! {
        #[test]
        fn age_is_the_number_of_birthdays(born in any_date(), day in any_date()) {
            let birthdays =
                (born.year()..=day.year()).skip(1).filter(|year| date(*year, born.month(), born.day()) <= day).count();
            if born <= day {
                prop_assert_eq!(usize::try_from(age_on(born, day)).ok(), Some(birthdays));
            } else {
                prop_assert!(age_on(born, day) <= 0);
            }
        }
    }
}
