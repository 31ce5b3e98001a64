//! Dates, times, money and confidence as text. They use no clock and no locale, so that the server and the browser
//! render the same.

use domain::date::parse_iso;
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

fn long_date(date: Date) -> String {
    let month = usize::try_from(date.month() - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
    format!("{} {month} {:04}", date.day(), date.year())
}

/// A date `YYYY-MM-DD` as `14 March 1987`. Any other text is unchanged.
pub fn date(iso: &str) -> String {
    parse_iso(iso).map_or_else(|| iso.to_owned(), long_date)
}

/// A time in RFC 3339 as `1 March 2026, 09:30 UTC`. Any other text is unchanged.
pub fn moment(rfc3339: &str) -> String {
    let Ok(at) = rfc3339.parse::<Timestamp>() else { return rfc3339.to_owned() };
    let at = at.to_zoned(TimeZone::UTC).datetime();
    format!("{}, {:02}:{:02} UTC", long_date(at.date()), at.hour(), at.minute())
}

/// A sum in minor units as `€ 1,250.00`; a currency without a sign keeps its ISO 4217 code.
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
    // A no-break space keeps sign and amount on one line.
    format!("{sign}\u{a0}{grouped}.{:02}", minor % 100)
}

/// A premium as `€ 12.50 a month`.
pub fn premium(premium: &Premium) -> String {
    format!("{} a month", money(premium.monthly_cents, &premium.currency))
}

/// The confidence of a reading as text.
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

/// The label of a check.
pub const fn check_label(check: CheckType) -> &'static str {
    match check {
        CheckType::AgeVerification => "Your age",
        CheckType::NameMatch => "Your name",
        CheckType::WatchlistScreening => "Sanctions lists",
        CheckType::DocumentValidity => "Your document",
        CheckType::AddressVerification => "Your address",
    }
}

/// The purpose of a check, shown before it has a result.
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
    fn date_is_written_out() {
        assert_eq!(date("1987-03-14"), "14 March 1987");
        assert_eq!(date("2000-12-01"), "1 December 2000");
        assert_eq!(date("14.3.87"), "14.3.87");
    }

    #[test]
    fn time_is_shown_in_utc_for_any_offset() {
        assert_eq!(moment("2026-03-01T09:30:00Z"), "1 March 2026, 09:30 UTC");
        assert_eq!(moment("2026-03-01T00:05:00+01:00"), "28 February 2026, 23:05 UTC");
        assert_eq!(moment("soon"), "soon");
    }

    #[test]
    fn money_has_currency_groups_and_cents() {
        assert_eq!(money(1250, "EUR"), "€\u{a0}12.50");
        assert_eq!(money(5, "GBP"), "£\u{a0}0.05");
        assert_eq!(money(123_456_789, "DKK"), "DKK\u{a0}1,234,567.89");
        assert_eq!(money(10_000, "USD"), "$\u{a0}100.00");
    }

    #[test]
    fn confidence_below_the_domains_threshold_asks_for_a_check() {
        assert_eq!(confidence(DOUBTFUL_BELOW - 0.001), "please check");
        assert_eq!(confidence(DOUBTFUL_BELOW), "read well");
        assert_eq!(confidence(0.99), "read clearly");
        assert_eq!(percent(0.999), "99\u{a0}%");
        assert_eq!(percent(1.0), "100\u{a0}%");
    }
}
