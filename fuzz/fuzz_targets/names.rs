//! Any two names: given and family name of one person, then of another, one per line.
#![no_main]

use domain::agreement::{agree, is_respelling};
use domain::document::FieldName;
use domain::mrz::{agrees, transliterate};
use domain::names::{FullName, agrees_with_mrz, compare, family_name_in};
use libfuzzer_sys::fuzz_target;

const NAMES: [FieldName; 10] = [
    FieldName::GivenNames,
    FieldName::FamilyName,
    FieldName::FullName,
    FieldName::IssuingCountry,
    FieldName::DateOfBirth,
    FieldName::Address,
    FieldName::Issuer,
    FieldName::DocumentType,
    FieldName::Categories,
    FieldName::Mrz,
];

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (a, b) = (FullName::new(next(), next()), FullName::new(next(), next()));
    compared(&a, &b);
    for name in NAMES {
        assert_eq!(agree(name, &a.given, &b.given), agree(name, &b.given, &a.given), "{name:?}");
        assert_eq!(is_respelling(name, &a.given, &b.given), is_respelling(name, &b.given, &a.given), "{name:?}");
    }
    spelt(&a.given);
    spelt(&a.family);
});

fn compared(a: &FullName, b: &FullName) {
    let there = compare(a, b);
    assert!((0.0..=1.0).contains(&there.score), "{there:?}");
    assert_eq!(there.score, compare(b, a).score, "the score is symmetric");
    let own = compare(a, a).score;
    assert!(own == 1.0 || own == 0.0, "a name agrees with itself, unless it has no letters: {own}");
    assert!(there.score == 0.0 || own == 1.0);
    assert!((0.0..=1.0).contains(&family_name_in(&a.family, &b.whole())));
    let _ = agrees_with_mrz(a, b);
}

fn spelt(name: &str) {
    let zone = transliterate(name);
    assert!(zone.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '<'), "{zone}");
    assert!(!zone.starts_with('<') && !zone.ends_with('<') && !zone.contains("<<"), "{zone}");
    assert_eq!(transliterate(&zone), zone);
    if !zone.is_empty() {
        assert!(agrees(name, &zone, false), "{name:?} {zone}");
    }
}
