//! Telephone numbers in ITU-T E.164.

use super::limits;
use crate::country::{self, Country, Trunk};
use crate::field_error::FieldError;

const FIELD: &str = "phoneNumber";

/// The fewest digits after the plus that any country uses (Niue: 683 and four digits), and the most (E.164, section 6).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Parses a number. Spaces, dots, dashes, slashes and brackets are ignored; a leading `00` means `+`; a national number
/// gets the calling code of `country`, unless it is ambiguous.
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
    // In `+44 (0)20 ...` the 0 in brackets is dialled within the country only.
    let written = if typed.starts_with(['+', '0']) { typed.replacen("(0)", "", 1) } else { typed };
    let digits: String = written.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '/' | '(' | ')')).collect();
    let (international, digits) = match digits.strip_prefix('+').or_else(|| digits.strip_prefix("00")) {
        Some(rest) => (true, rest),
        None => (false, digits.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let message = "A phone number can have digits, spaces, brackets, dashes and a plus in front. Please remove \
                       anything else.";
        return Err(FieldError::new(FIELD, "invalid_character", message));
    }
    let full = if international { without_trunk(digits) } else { complete(digits, country) };
    let full = full.filter(|full| DIGITS.contains(&full.len())).filter(|full| follows_its_plan(full));
    full.map(|full| format!("+{full}")).ok_or_else(|| {
        let example = country.map_or("47", |country| country.calling_code);
        let message = format!(
            "This is not a whole phone number. Please give it with its country code, starting like +{example}, at \
             most 15 digits."
        );
        FieldError::new(FIELD, "invalid", message)
    })
}

fn too_long() -> FieldError {
    let message = format!("Your phone number is too long. Please use {} characters or fewer.", limits::PHONE);
    FieldError::new(FIELD, "too_long", message)
}

/// The countries whose calling code begins an international number.
fn plan(digits: &str) -> impl Iterator<Item = &'static Country> {
    country::all().iter().filter(move |country| digits.starts_with(country.calling_code))
}

/// An international number without a trunk prefix 0 after the calling code; `None` for an unknown calling code.
fn without_trunk(digits: &str) -> Option<String> {
    let country = plan(digits).next()?;
    let national = digits.get(country.calling_code.len()..)?;
    match (country.trunk, national.strip_prefix('0')) {
        (Trunk::Zero, Some(rest)) => Some(format!("{}{rest}", country.calling_code)),
        _ => Some(digits.to_owned()),
    }
}

/// A national number, with its calling code prepended.
fn complete(digits: &str, country: Option<&Country>) -> Option<String> {
    let country = country?;
    let national = match country.trunk {
        Trunk::Zero => digits.strip_prefix('0').filter(|rest| !rest.starts_with('0'))?,
        Trunk::Kept => digits.starts_with('0').then_some(digits)?,
        Trunk::Whole(length) => (digits.len() == usize::from(length)).then_some(digits)?,
        Trunk::American => match digits.len() {
            11 => digits.strip_prefix('1')?,
            _ => digits,
        },
        Trunk::Unknown => return None,
    };
    Some(format!("{}{national}", country.calling_code))
}

/// Whether a complete number fits its numbering plan: its calling code exists; in the North American plan ten digits
/// follow, the first from 2 to 9.
fn follows_its_plan(full: &str) -> bool {
    match full.strip_prefix('1') {
        Some(national) => national.len() == 10 && !national.starts_with(['0', '1']),
        None => plan(full).next().is_some(),
    }
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
    }

    #[test]
    fn national_numbers_get_the_calling_code() {
        for (typed, alpha2, wanted) in [
            ("020 7946 0018", "GB", "+442079460018"),
            ("(030) 1234567", "DE", "+49301234567"),
            ("06 69821234", "IT", "+390669821234"),
            ("412 34 567", "NO", "+4741234567"),
            ("(212) 555-0123", "US", "+12125550123"),
            ("1-212-555-0123", "US", "+12125550123"),
            ("07 12 34 56 78", "CI", "+2250712345678"),
        ] {
            assert_eq!(of(typed, alpha2).as_deref(), Ok(wanted), "{typed} {alpha2}");
        }
    }

    #[test]
    fn ambiguous_or_incomplete_numbers_are_refused() {
        for (typed, alpha2) in [
            ("412 34 56", "NO"),
            ("412 34 5678", "NO"),
            ("20 7946 0018", "GB"),
            ("020 7946 0018", "ZZ"),
            ("8 495 123 45 67", "RU"),
            ("+999 12345678", "NO"),
            ("+1 212 555 012", "US"),
            ("+1 112 555 0123", "US"),
            ("+47 123", "NO"),
            ("+4712345678901234", "NO"),
            ("000", "NO"),
        ] {
            assert_eq!(of(typed, alpha2).unwrap_err(), "invalid", "{typed}");
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
    fn phone_numbers_have_seven_to_fifteen_digits() {
        assert_eq!(of("+470000000000000", "NO").as_deref(), Ok("+470000000000000"));
        assert!(of("+4700000000000000", "NO").is_err());
        assert_eq!(of("+683 4000", "NU").as_deref(), Ok("+6834000"));
        assert!(of("+683 400", "NU").is_err());
    }

    proptest! {
        #[test]
        fn parsed_phone_number_parses_to_itself(typed in "[+0-9 ()-]{1,20}", at in 0usize..249) {
            let country = &country::all()[at];
            if let Ok(number) = parse(&typed, Some(country)) {
                prop_assert!(number.starts_with('+') && DIGITS.contains(&(number.len() - 1)));
                prop_assert_eq!(parse(&number, Some(country)), Ok(number.clone()));
                prop_assert_eq!(parse(&number, None), Ok(number.clone()));
            }
        }
    }
}
