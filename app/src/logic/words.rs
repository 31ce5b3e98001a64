//! Dates, times, money and confidence in words. The same on the server and in the browser: no clock, no locale.

use domain::document::DOUBTFUL_BELOW;
use domain::event::{CheckType, Premium};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn day_in_words(date: Date) -> String {
    let month = MONTHS.get(usize::try_from(date.month() - 1).unwrap_or_default()).unwrap_or(&"");
    format!("{} {month} {}", date.day(), date.year())
}

/// A date `YYYY-MM-DD` as `14 March 1987`. What is not a date is returned as it is.
pub fn date(iso: &str) -> String {
    iso.parse::<Date>().map_or_else(|_| iso.to_owned(), day_in_words)
}

/// A time in RFC 3339 as `1 March 2026, 09:30 UTC`. What is not a time is returned as it is.
pub fn moment(rfc3339: &str) -> String {
    let Ok(at) = rfc3339.parse::<Timestamp>() else { return rfc3339.to_owned() };
    let at = at.to_zoned(TimeZone::UTC).datetime();
    format!("{}, {:02}:{:02} UTC", day_in_words(at.date()), at.hour(), at.minute())
}

/// A sum in minor units as `€ 1,250.00`; a currency without a sign of its own keeps its ISO 4217 code.
pub fn money(minor: u64, currency: &str) -> String {
    let sign = match currency {
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        other => other,
    };
    let whole = (minor / 100).to_string();
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    // A no-break space: a sign and its sum stay on one line.
    format!("{sign}\u{a0}{grouped}.{:02}", minor % 100)
}

/// A premium as `€ 12.50 a month`.
pub fn premium(premium: &Premium) -> String {
    format!("{} a month", money(premium.monthly_cents, &premium.currency))
}

/// How sure a reader was of a value, in words.
pub fn confidence(confidence: f64) -> &'static str {
    if confidence < DOUBTFUL_BELOW {
        "please check"
    } else if confidence < 0.95 {
        "read well"
    } else {
        "read clearly"
    }
}

/// A share from 0 to 1 as a whole percentage, `97 %`; rounded down, so that only certainty reads as 100.
pub fn percent(share: f64) -> String {
    format!("{}\u{a0}%", (share.clamp(0.0, 1.0) * 100.0).floor())
}

/// What people call a check.
pub const fn check_label(check: CheckType) -> &'static str {
    match check {
        CheckType::AgeVerification => "Your age",
        CheckType::NameMatch => "Your name",
        CheckType::WatchlistScreening => "Sanctions lists",
        CheckType::DocumentValidity => "Your document",
        CheckType::AddressVerification => "Your address",
    }
}

/// What a check does, for the time before its result is there.
pub const fn check_purpose(check: CheckType) -> &'static str {
    match check {
        CheckType::AgeVerification => "You are old enough, and your dates of birth agree.",
        CheckType::NameMatch => "The name you typed is the name on your document.",
        CheckType::WatchlistScreening => "Your name is on no list of people we may not insure.",
        CheckType::DocumentValidity => "Your document is genuine in form and has not expired.",
        CheckType::AddressVerification => "Your address agrees with your proof of address.",
    }
}

/// `1 policy`, `2 policies`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_out() {
        assert_eq!(date("1987-03-14"), "14 March 1987");
        assert_eq!(date("2000-12-01"), "1 December 2000");
        assert_eq!(date("14.3.87"), "14.3.87");
    }

    #[test]
    fn moments_are_in_utc_whatever_their_offset() {
        assert_eq!(moment("2026-03-01T09:30:00Z"), "1 March 2026, 09:30 UTC");
        assert_eq!(moment("2026-03-01T00:05:00+01:00"), "28 February 2026, 23:05 UTC");
        assert_eq!(moment("soon"), "soon");
    }

    #[test]
    fn money_has_a_sign_groups_and_cents() {
        assert_eq!(money(1250, "EUR"), "€\u{a0}12.50");
        assert_eq!(money(5, "GBP"), "£\u{a0}0.05");
        assert_eq!(money(123_456_789, "DKK"), "DKK\u{a0}1,234,567.89");
        assert_eq!(money(10_000, "USD"), "$\u{a0}100.00");
    }

    #[test]
    fn confidence_turns_doubtful_where_the_domain_says() {
        assert_eq!(confidence(DOUBTFUL_BELOW - 0.001), "please check");
        assert_eq!(confidence(DOUBTFUL_BELOW), "read well");
        assert_eq!(confidence(0.99), "read clearly");
        assert_eq!(percent(0.999), "99\u{a0}%");
        assert_eq!(percent(1.0), "100\u{a0}%");
    }
}
