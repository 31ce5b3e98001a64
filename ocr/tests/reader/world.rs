//! Proofs of address of all countries, each in its country's own format.

use std::collections::BTreeMap;

use domain::country;
use domain::document::{DOUBTFUL_BELOW, DocumentKind, Field, FieldName, FieldSource};
use jiff::civil::date;
use ocr::{PageText, Word, fields_in};
use specimens::{Bill, Person, Theme, WorldHome};

use crate::support::{ISSUED, TODAY, jpeg, read, reader, value};

type Fields = BTreeMap<FieldName, Field>;

/// The words of a bill as a text layer has them, in millimetres.
fn words(bill: &Bill) -> PageText {
    let mut words = Vec::new();
    for (x, baseline, size, text) in bill.texts(&Person::ingrid()) {
        let mut left = x;
        for word in text.split_whitespace() {
            let right = left + 0.5 * size * word.chars().count() as f32;
            let (top, bottom) = (baseline - 0.72 * size, baseline);
            words.push(Word { text: word.to_owned(), confidence: 0.95, left, top, right, bottom });
            left = right + 0.28 * size;
        }
    }
    PageText { words, width: 210.0, height: 297.0 }
}

fn of_text(bill: &Bill) -> Fields {
    fields_in(DocumentKind::ProofOfAddress, &[words(bill)], FieldSource::TextLayer, TODAY)
}

/// Whether name, address and date are right. Fails if the address is wrong and nobody is asked, or if the name is lost.
fn is_whole(fields: &Fields, lines: &[String], note: &str) -> bool {
    let name = fields.get(&FieldName::FullName).map(|field| field.value.as_str());
    assert_eq!(name, Some("Ingrid Brandvold"), "{note}");
    let issued = fields.get(&FieldName::IssueDate).map(|field| field.value.clone());
    assert_eq!(issued, Some(ISSUED.to_string()), "{note}");
    let address = fields.get(&FieldName::Address);
    let whole = address.is_some_and(|field| field.value == lines.join(", "));
    let asked = address.is_none_or(|field| field.confidence < DOUBTFUL_BELOW);
    assert!(whole || asked, "{note}: {address:?}");
    whole
}

fn bill_in(alpha2: &str) -> (Bill, Vec<String>) {
    let lines = WorldHome::of(alpha2).unwrap().lines(alpha2);
    (Bill::issued(ISSUED).sent_to(lines.clone()), lines)
}

#[test]
fn bills_of_all_countries_are_read_as_text() {
    let mut parts = Vec::new();
    for country in country::all() {
        let (bill, lines) = bill_in(country.alpha2);
        if !is_whole(&of_text(&bill), &lines, country.name) {
            parts.push(country.alpha2);
        }
    }
    println!("not whole: {parts:?}");
    let most = country::all().len() / 20;
    assert!(parts.len() <= most, "{} of {} are not read whole: {parts:?}", parts.len(), country::all().len());
}

#[test]
fn bills_from_abroad_are_read_with_their_country() {
    let mut parts = Vec::new();
    for country in country::all() {
        let (_, mut lines) = bill_in(country.alpha2);
        lines.push(country.name.to_owned());
        let bill = Bill::issued(ISSUED).sent_to(lines.clone());
        let fields = of_text(&bill);
        if !is_whole(&fields, &lines, country.name) {
            parts.push(country.alpha2);
        } else if country.postal_code_forms().is_empty() {
            // Nothing is missing where there are no codes.
            assert!(fields[&FieldName::Address].confidence >= DOUBTFUL_BELOW, "{}", country.name);
        }
    }
    println!("not whole: {parts:?}");
    let most = country::all().len() / 20;
    assert!(parts.len() <= most, "{} of {} are not read whole: {parts:?}", parts.len(), country::all().len());
}

#[test]
fn missing_postal_code_is_asked_for_and_the_bill_is_kept() {
    for (alpha2, country) in [("SE", "Sweden"), ("PL", "Poland"), ("NZ", "New Zealand"), ("JP", "Japan")] {
        let home = WorldHome::of(alpha2).unwrap();
        let lines = [home.street, home.town, country].map(str::to_owned).to_vec();
        let fields = of_text(&Bill::issued(ISSUED).sent_to(lines.clone()));
        let address = &fields[&FieldName::Address];
        assert_eq!(address.value, lines.join(", "));
        assert!(address.confidence < DOUBTFUL_BELOW, "{country}");
        assert!(fields[&FieldName::FullName].confidence >= DOUBTFUL_BELOW, "{country}");
    }
}

#[test]
fn dates_in_figures_are_in_the_order_of_the_country() {
    for (alpha2, wanted) in [
        ("US", Some(date(2026, 11, 5))),
        ("PR", Some(date(2026, 11, 5))),
        ("PL", Some(date(2026, 5, 11))),
        ("GB", Some(date(2026, 5, 11))),
        ("CA", None),
    ] {
        let (bill, _) = bill_in(alpha2);
        let fields = of_text(&bill.dated("11/05/2026"));
        let issued = &fields[&FieldName::IssueDate];
        match wanted {
            Some(wanted) => {
                assert_eq!(issued.value, wanted.to_string(), "{alpha2}");
                assert!(issued.confidence >= DOUBTFUL_BELOW, "{alpha2}");
            }
            None => assert!(issued.confidence < DOUBTFUL_BELOW, "{alpha2}"),
        }
    }
}

/// One country of each format of addresses.
const FORMATS: [&str; 14] = ["SE", "PL", "CZ", "CA", "AU", "NZ", "JP", "SG", "AE", "BR", "PT", "HU", "IS", "US"];

async fn pictures_are_read(countries: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let reader = reader();
    let mut parts = Vec::new();
    for alpha2 in countries {
        let (bill, lines) = bill_in(alpha2);
        let picture = specimens::draw_utility_bill(&Person::ingrid(), &bill, &Theme::CLEAN).unwrap();
        let reading = read(&reader, DocumentKind::ProofOfAddress, jpeg(&picture)).await.unwrap();
        assert_eq!(reading.issue, None, "{alpha2}");
        if !is_whole(&reading.fields, &lines, alpha2) {
            println!("{alpha2}: {:?}", value(&reading, FieldName::Address));
            parts.push(alpha2);
        }
    }
    parts
}

#[tokio::test]
async fn bills_of_every_format_are_read_from_pictures() {
    let parts = pictures_are_read(FORMATS.into_iter()).await;
    assert!(parts.len() <= 1, "{parts:?}");
}

/// All countries take ten minutes: `cargo test -p ocr --test reader -- --ignored all_countries`.
#[tokio::test]
#[ignore = "takes ten minutes"]
async fn bills_of_all_countries_are_read_from_pictures() {
    let all = country::all();
    let parts = pictures_are_read(all.iter().map(|country| country.alpha2)).await;
    assert!(parts.len() <= all.len() / 20, "{} of {} are not read whole: {parts:?}", parts.len(), all.len());
}
