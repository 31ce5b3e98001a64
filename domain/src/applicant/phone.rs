//! Telephone numbers in ITU-T E.164.
//!
//! The server reads a number by the numbering plan of its country (`numbering_plan`, by a port of Google's
//! libphonenumber). The browser checks only its form: it must never refuse a number that the server accepts.

use super::limits;
use crate::country::{self, Country};
use crate::field_error::FieldError;

#[cfg(not(feature = "full-validation"))]
use form::read;
#[cfg(feature = "full-validation")]
use numbering_plan::read;

#[cfg(any(test, not(feature = "full-validation")))]
mod form;
#[cfg(feature = "full-validation")]
mod numbering_plan;

const FIELD: &str = "phoneNumber";

/// The fewest digits after the plus that any country uses (Niue: 683 and four digits), and the most (E.164, section 6).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Why a number is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumberFault {
    /// Too few digits, or no area code.
    TooShort,
    /// Too many digits.
    TooLong,
    /// Fewer digits than some numbers of its plan have, and more than others. The browser does not know.
    #[cfg(feature = "full-validation")]
    Length,
    /// No country's numbering plan has it.
    Unknown,
}

/// Parses a number. Spaces, dots, dashes, slashes and brackets are ignored; a leading `00` means `+`; a national number
/// is read by the numbering plan of `country`.
pub(super) fn parse(typed: &str, country: Option<&Country>) -> Result<String, FieldError> {
    if typed.chars().nth(limits::PHONE * 4).is_some() {
        return Err(too_long());
    }
    let typed = crate::text::tidy(typed);
    if typed.is_empty() {
        return Err(FieldError::new(FIELD, "required", "Your phone number is missing. Please fill it in."));
    }
    if typed.chars().nth(limits::PHONE).is_some() {
        return Err(too_long());
    }
    let bare: String = typed.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '/' | '(' | ')')).collect();
    let digits = bare.strip_prefix('+').unwrap_or(&bare);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let message = "A phone number can have digits, spaces, brackets, dashes and a plus in front. Please remove \
                       anything else.";
        return Err(FieldError::new(FIELD, "invalid_character", message));
    }
    read(&bare, country).map_err(|fault| {
        let fault = match fault {
            NumberFault::TooShort => "This phone number has too few digits.",
            NumberFault::TooLong => "This phone number has too many digits.",
            #[cfg(feature = "full-validation")]
            NumberFault::Length => "This phone number has a digit too few or too many.",
            NumberFault::Unknown => "This is not a phone number that can be called.",
        };
        let example = country.map_or("47", |country| country.calling_code);
        let message = format!(
            "{fault} Please give the whole number with its area code, or with its country code, starting like \
             +{example}."
        );
        FieldError::new(FIELD, "invalid", message)
    })
}

fn too_long() -> FieldError {
    let message = format!("Your phone number is too long. Please use {} characters or fewer.", limits::PHONE);
    FieldError::new(FIELD, "too_long", message)
}

/// Whether a country's calling code begins an international number. Ascension has its own, but is no country.
fn has_calling_code(digits: &str) -> bool {
    const ASCENSION: &str = "247";
    digits.starts_with(ASCENSION) || country::all().iter().any(|country| digits.starts_with(country.calling_code))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn of(typed: &str, alpha2: &str) -> Result<String, String> {
        parse(typed, country::by_alpha2(alpha2)).map_err(|error| error.code)
    }

    #[test]
    fn international_numbers_are_normalised() {
        for typed in ["+47 412 34 567", "0047 41234567", "+47(412)34-567", "+47.412.34.567", "\u{FF0B}47 41234567"] {
            assert_eq!(of(typed, "NO").as_deref(), Ok("+4741234567"), "{typed}");
            assert_eq!(of(typed, "ZZ").as_deref(), Ok("+4741234567"), "{typed}");
        }
        assert_eq!(of("+44 (0)20 7946 0018", "GB").as_deref(), Ok("+442079460018"));
        assert_eq!(of("+44 020 7946 0018", "GB").as_deref(), Ok("+442079460018"));
        assert_eq!(of("+39 06 6982 1234", "IT").as_deref(), Ok("+390669821234"));
        assert_eq!(of("+39 (0)6 6982 1234", "IT").as_deref(), Ok("+390669821234"));
        assert_eq!(of("0047 41234567", "US").as_deref(), Ok("+4741234567"));
    }

    #[test]
    fn national_numbers_get_the_calling_code() {
        for (typed, alpha2, wanted) in [
            ("020 7946 0018", "GB", "+442079460018"),
            ("20 7946 0018", "GB", "+442079460018"),
            ("(030) 1234567", "DE", "+49301234567"),
            ("06 69821234", "IT", "+390669821234"),
            ("312 345 6789", "IT", "+393123456789"),
            ("391 231 2312", "IT", "+393912312312"),
            ("412 34 567", "NO", "+4741234567"),
            ("(212) 555-0123", "US", "+12125550123"),
            ("1-212-555-0123", "US", "+12125550123"),
            ("07 12 34 56 78", "CI", "+2250712345678"),
            ("(11) 96123-4567", "BR", "+5511961234567"),
            ("0 15 11 96123-4567", "BR", "+5511961234567"),
            ("06 30 123 4567", "HU", "+36301234567"),
            ("5123 4567", "EE", "+37251234567"),
            ("628 123 456", "LU", "+352628123456"),
            ("660 234 567", "LI", "+423660234567"),
            ("8 (912) 345-67-89", "RU", "+79123456789"),
            ("011 15-2345-6789", "AR", "+5491123456789"),
            ("011 2345-6789", "AR", "+541123456789"),
        ] {
            assert_eq!(of(typed, alpha2).as_deref(), Ok(wanted), "{typed} {alpha2}");
        }
    }

    #[test]
    fn impossible_numbers_are_refused_with_the_reason() {
        for (typed, alpha2, reason) in [
            ("412 34 56", "NO", "a digit too few or too many"),
            ("412 34 5678", "NO", "too many"),
            ("020 7946 0018", "ZZ", "not a phone number"),
            ("+999 12345678", "NO", "not a phone number"),
            ("+1 212 555 012", "US", "too few"),
            ("555-0123", "US", "too few"),
            ("+1 112 555 0123", "US", "not a phone number"),
            ("+47 123", "NO", "too few"),
            ("+4712345678901234", "NO", "too many"),
            ("+49 1", "NO", "too few"),
            ("000", "NO", "not a phone number"),
        ] {
            let error = parse(typed, country::by_alpha2(alpha2)).unwrap_err();
            assert_eq!(error.code, "invalid", "{typed}");
            assert!(error.message.contains(reason), "{typed}: {}", error.message);
        }
    }

    #[test]
    fn hostile_and_empty_phone_numbers_have_their_code() {
        for typed in ["+47abc", "+47 412\n34567", "++4741234567", "+47;41234567", "+", "😀", "+47<41234567>"] {
            assert_eq!(of(typed, "NO").unwrap_err(), "invalid_character", "{typed:?}");
        }
        assert_eq!(of(" ", "NO").unwrap_err(), "required");
        assert_eq!(of(&"1".repeat(10_000), "NO").unwrap_err(), "too_long");
        assert_eq!(of(&"1".repeat(33), "NO").unwrap_err(), "too_long");
        assert_eq!(of(&"1".repeat(32), "NO").unwrap_err(), "invalid");
    }

    #[test]
    fn shortest_numbers_are_accepted() {
        assert_eq!(of("+683 4000", "NU").as_deref(), Ok("+6834000"));
        assert_eq!(of("4000", "NU").as_deref(), Ok("+6834000"));
        assert!(of("+683 400", "NU").is_err());
    }

    /// The light check of the browser against the numbering plans: it refuses nothing that the server accepts.
    #[test]
    fn browser_refuses_no_number_that_the_server_accepts() {
        for row in include_str!("../../tests/fixtures/published/telephone-numbers.tsv").lines().skip(2) {
            let [region, e164, national, international] = row.split('\t').collect::<Vec<_>>()[..] else { panic!() };
            let country = country::by_alpha2(region).or_else(|| country::by_alpha2("SH"));
            for typed in [e164, national, international] {
                let bare: String = typed.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
                assert!(form::read(&bare, country).is_ok(), "{typed} {region}");
            }
        }
    }

    proptest! {
        #[test]
        fn parsed_phone_number_parses_to_itself(typed in "[+0-9 ()-]{1,20}", at in 0usize..250) {
            let country = &country::all()[at];
            let parsed = parse(&typed, Some(country));
            if let Ok(number) = &parsed {
                prop_assert!(number.starts_with('+') && DIGITS.contains(&(number.len() - 1)));
                prop_assert_eq!(parse(number, Some(country)), Ok(number.clone()));
                prop_assert_eq!(parse(number, None), Ok(number.clone()));
                let bare: String = typed.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
                prop_assert!(form::read(&bare, Some(country)).is_ok());
            }
        }
    }
}
