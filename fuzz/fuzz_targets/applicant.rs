//! Any text as an applicant's details, one value per line in the order of [`typed`].
#![no_main]

use domain::applicant::{Applicant, limits};
use domain::country;
use domain::event::{Address, UserInfo};
use jiff::civil::{Date, date};
use libfuzzer_sys::fuzz_target;

const TODAY: Date = date(2026, 11, 26);
const FIELDS: [&str; 11] = [
    "firstName",
    "lastName",
    "email",
    "dateOfBirth",
    "phoneNumber",
    "address.line1",
    "address.line2",
    "address.city",
    "address.region",
    "address.postalCode",
    "address.country",
];
const CODES: [&str; 6] = ["required", "too_long", "invalid_character", "invalid", "in_the_future", "too_long_ago"];

fuzz_target!(|data: &[u8]| {
    match Applicant::parse(&typed(&String::from_utf8_lossy(data)), TODAY) {
        Ok(applicant) => accepted(&applicant),
        Err(errors) => {
            assert!(!errors.is_empty());
            let mut fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
            assert!(fields.iter().all(|field| FIELDS.contains(field)), "{fields:?}");
            assert!(errors.iter().all(|error| CODES.contains(&error.code.as_str())), "{errors:?}");
            fields.dedup();
            assert_eq!(fields.len(), errors.len(), "one error for each field");
        }
    }
});

fn typed(text: &str) -> UserInfo {
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default().to_owned();
    UserInfo {
        first_name: next(),
        last_name: next(),
        email: next(),
        date_of_birth: next(),
        phone_number: next(),
        address: Address {
            country: next(),
            postal_code: next(),
            city: next(),
            line1: next(),
            line2: Some(next()),
            region: Some(next()),
        },
    }
}

fn accepted(applicant: &Applicant) {
    let info = applicant.user_info();
    assert_eq!(Applicant::parse(&info, TODAY).as_ref(), Ok(applicant), "parsed details parse to themselves");
    let Address { line1, line2, city, region, postal_code, country } = &info.address;
    for (text, limit) in [
        (&info.first_name, limits::NAME),
        (&info.last_name, limits::NAME),
        (&info.email, limits::EMAIL),
        (&info.date_of_birth, limits::DATE),
        (&info.phone_number, limits::PHONE),
        (line1, limits::ADDRESS_LINE),
        (line2.as_ref().unwrap_or(&String::new()), limits::ADDRESS_LINE),
        (city, limits::PLACE),
        (region.as_ref().unwrap_or(&String::new()), limits::PLACE),
        (postal_code, limits::POSTAL_CODE),
        (country, limits::COUNTRY),
    ] {
        assert!(text.chars().count() <= limit, "{text:?}: more than {limit}");
        assert!(!text.chars().any(deceives), "{text:?}");
        assert!(text.trim() == text && !text.contains("  "), "{text:?}: spaces");
    }
    let digits = info.phone_number.strip_prefix('+').expect("a plus");
    assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()), "{digits}");
    assert!((date(1906, 11, 26)..=TODAY).contains(&applicant.date_of_birth()));
    assert_eq!(country::by_alpha2(country).map(|known| known.alpha2), Some(country.as_str()));
}

/// Characters that deceive a person or a program: controls, markup, directions, invisible ones. Two joiners are part of
/// some scripts.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '<' | '>' | '\u{61C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{E007F}')
}
