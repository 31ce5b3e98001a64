//! Any text as a machine-readable zone: reading, repairing and finding.
#![no_main]

use domain::mrz::{Checks, Format, find, parse, repair};
use jiff::civil::{Date, date};
use libfuzzer_sys::fuzz_target;

const TODAY: Date = date(2026, 11, 26);

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    read(&text);
    find_in(&text.lines().collect::<Vec<_>>());
});

fn read(text: &str) {
    let repaired = repair(text);
    assert_eq!(repair(&repaired), repaired, "a repair is final");
    let Ok(zone) = parse(text, TODAY) else { return };

    assert!(zone.birth.year.is_none_or(|year| (1926..=2026).contains(&year)), "{:?}", zone.birth);
    assert!(zone.date_of_birth.is_none_or(|born| born <= TODAY && zone.birth.fits(born)));
    assert!(zone.expiry_date.is_none_or(|end| (1976..2076).contains(&end.year())), "{:?}", zone.expiry_date);
    for words in [&zone.family_name, &zone.given_names, &zone.optional_data] {
        assert_eq!(words.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "), *words);
    }
    for (name, element) in zone.elements() {
        let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, ' ' | '-');
        assert!(!element.value.is_empty() && element.value.chars().all(letter), "{name:?}: {element:?}");
    }

    let repaired = parse(&repaired, TODAY).expect("a repaired zone is a zone");
    assert_eq!(repaired.format, zone.format);
}

fn find_in(lines: &[&str]) {
    let Some(found) = find(lines) else { return };
    let zone = parse(&found, TODAY).expect("a zone that was found is a zone");
    assert_eq!(repair(&found), found, "a zone that was found is repaired");
    assert!(holding(zone.format, zone.checks) >= 2, "{found}: {:?}", zone.checks);
    assert_eq!(find(&found.lines().collect::<Vec<_>>()).as_ref(), Some(&found), "it is found again");
}

/// How many check digits hold. Those that a layout does not have count as holding in [`Checks`].
fn holding(format: Format, checks: Checks) -> usize {
    let Checks { document_number, date_of_birth, expiry_date, composite, optional } = checks;
    let own = [
        document_number,
        date_of_birth,
        expiry_date && format.has_expiry(),
        composite && !format.is_visa(),
        optional && format == Format::Td3,
    ];
    own.into_iter().filter(|holds| *holds).count()
}
