//! Any text as the barcode of a driving licence.
#![no_main]

use domain::aamva::{Aamva, parse};
use domain::document::FieldName;
use jiff::civil::Date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(card) = parse(&String::from_utf8_lossy(data)) else { return };
    assert!(card.iin.len() == 6 && card.iin.bytes().all(|b| b.is_ascii_digit()), "{}", card.iin);
    assert!(card.version > 0 && matches!(card.subfile.as_str(), "DL" | "ID"));
    assert!(card.element("DAQ").is_some(), "a card without a number is none");
    for (id, value) in &card.elements {
        assert!(id.len() == 3 && id.starts_with('D') && id.bytes().all(|b| b.is_ascii_uppercase()), "{id}");
        assert!(!value.is_empty() && value.trim_matches(' ') == value, "{id}: {value:?}");
    }
    for (name, value) in card.fields() {
        assert!(!value.is_empty(), "{name:?}");
        match name {
            FieldName::DateOfBirth | FieldName::IssueDate | FieldName::ExpiryDate => {
                let day: Date = value.parse().expect("a date");
                assert!(day.to_string() == value && (1900..=2200).contains(&day.year()), "{value}");
            }
            FieldName::Sex => assert!(matches!(value.as_str(), "M" | "F" | "X"), "{value}"),
            FieldName::DocumentNumber => assert!(!value.contains(' '), "{value}"),
            _ => {}
        }
    }
    let text = write(&card);
    // A text that is too long is cut.
    if text.chars().count() <= 4000 {
        assert_eq!(parse(&text), Some(card));
    }
});

/// The card as an issuer would write it, with a space before each value.
fn write(card: &Aamva) -> String {
    let Aamva { iin, version, subfile, elements } = card;
    let own = if *version == 1 { "" } else { "00" };
    let elements: String = elements.iter().map(|(id, value)| format!("{id} {value}\n")).collect();
    format!("@\n\u{1e}\rANSI {iin}{version:02}{own}01{subfile}00000000\n{elements}")
}
