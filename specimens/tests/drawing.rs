//! Properties of the drawn documents of a given person.

#![allow(clippy::unwrap_used)]

use jiff::civil::date;
use specimens::{Bill, CaptureQuality, Person, Theme};

#[test]
fn drawing_is_deterministic_by_seed() {
    let person = Person::ingrid();
    let draw = |seed| specimens::draw_driving_licence(&person, &Theme::new(CaptureQuality::Light, seed)).unwrap();
    let first = draw(1);
    assert!(first == draw(1));
    assert!(first != draw(2));
}

#[test]
fn pages_have_the_proportions_of_their_documents() {
    let person = Person::ingrid();
    let bill = Bill::issued(date(2026, 11, 1));
    for (picture, width, height) in [
        (specimens::draw_passport(&person, &Theme::CLEAN), 125.0, 88.0),
        (specimens::draw_driving_licence(&person, &Theme::CLEAN), 85.6, 54.0),
        (specimens::draw_utility_bill(&person, &bill, &Theme::CLEAN), 210.0, 297.0),
    ] {
        let picture = picture.unwrap();
        let ratio = f64::from(picture.width()) / f64::from(picture.height());
        assert!((ratio - width / height).abs() < 0.01, "{ratio}");
    }
}

#[test]
fn mrz_of_specimens_is_valid() {
    let person = Person { family_name: "Åsen-Ødegård".into(), given_names: "Jürgen".into(), ..Person::ingrid() };
    for zone in [person.passport_mrz(), person.card_mrz()] {
        let mrz = domain::mrz::parse(&zone, date(2026, 11, 21)).unwrap();
        assert!(mrz.checks_pass());
        assert_eq!(mrz.document_number, person.document_number);
        assert_eq!(mrz.date_of_birth, Some(person.date_of_birth));
        assert!(domain::mrz::agrees(&person.family_name, &mrz.family_name, false));
    }
}

#[test]
fn pdf_object_offsets_are_correct() {
    let person = Person { family_name: "Brandvold (Ås)".into(), ..Person::ingrid() };
    let pdf = specimens::text_pdf(&person, &Bill::issued(date(2026, 11, 1)));
    let text = String::from_utf8_lossy(&pdf).into_owned();
    assert!(text.contains("Brandvold \\("), "brackets are escaped");
    // `startxref` contains the offset of the table, and the table contains the offset of each object.
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap().trim().parse::<usize>().unwrap();
    let find = |what: &[u8]| pdf.windows(what.len()).rposition(|part| part == what).unwrap();
    let table = number(&pdf[find(b"startxref") + 9..find(b"%%EOF")]);
    assert!(pdf[table..].starts_with(b"xref\n"));
    let entries = table + pdf[table..].windows(6).position(|part| part == b"65535 ").unwrap() + 9;
    for i in 1..=6 {
        let entry = entries + 20 * (i - 1) - 1;
        let place = number(&pdf[entry..entry + 11]);
        assert!(pdf[place..].starts_with(format!("{i} 0 obj").as_bytes()), "object {i}");
    }
}
