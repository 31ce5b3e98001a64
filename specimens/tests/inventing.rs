//! Properties of random documents, on which measurements rely: correct true values and enough variation.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use domain::document::FieldName;
use domain::field_value::normalise;
use jiff::civil::{Date, date};
use specimens::{Defect, Degradation, Paper, Person, Specimen};

const TODAY: Date = date(2026, 11, 21);

/// Seeds of each kind; few, so that the tests are fast.
const SEEDS: std::ops::Range<u64> = 0..3;

fn all() -> impl Iterator<Item = Specimen> {
    SEEDS.flat_map(|seed| Paper::ALL.map(|paper| Specimen::invent(paper, seed, TODAY).unwrap()))
}

#[test]
fn truth_is_in_normalised_spelling() {
    for specimen in all() {
        let kind = specimen.paper.kind();
        for name in kind.required_fields() {
            let one_name = *name == FieldName::GivenNames && specimen.person.given_names.is_empty();
            assert!(specimen.truth.contains_key(name) || one_name, "{:?} lacks {name:?}", specimen.paper);
        }
        for (name, value) in specimen.truth.iter().chain(&specimen.optional) {
            if *name != FieldName::Mrz {
                assert_eq!(normalise(kind, *name, value, TODAY).as_ref(), Ok(value), "{:?} {name:?}", specimen.paper);
            }
        }
    }
}

#[test]
fn mrz_matches_the_page() {
    let mut with_zone = 0;
    for seed in 0..300 {
        let person = Person::invent(seed, TODAY);
        for zone in [person.passport_mrz(), person.td2_mrz(), person.card_mrz()] {
            let mrz = domain::mrz::parse(&zone, TODAY).unwrap();
            assert!(mrz.checks_pass(), "{zone}");
            assert_eq!(mrz.document_number, person.document_number);
            assert_eq!(mrz.date_of_birth, Some(person.date_of_birth));
            assert_eq!(mrz.expiry_date, Some(person.expiry_date));
            assert_eq!(mrz.sex, Some(person.sex));
            with_zone += 1;
        }
    }
    assert_eq!(with_zone, 900);
}

#[test]
fn invented_people_vary() {
    let people: Vec<Person> = (0..300).map(|seed| Person::invent(seed, TODAY)).collect();
    let count = |of: &dyn Fn(&Person) -> String| people.iter().map(of).collect::<BTreeSet<_>>().len();
    assert!(count(&|p| p.nationality.clone()) >= 15);
    assert!(count(&|p| p.country.clone()) >= 6);
    assert_eq!(count(&|p| p.sex.to_string()), 3);
    assert!(count(&|p| p.full_name()) > 150);
    let some = |test: &dyn Fn(&Person) -> bool| people.iter().filter(|p| test(p)).count();
    assert!(some(&|p| p.given_names.is_empty()) > 5, "single names");
    assert!(some(&|p| p.given_names.contains(' ')) > 30, "several given names");
    assert!(some(&|p| p.family_name.contains('-')) > 10, "hyphens");
    assert!(some(&|p| p.family_name.contains('\'')) > 5, "apostrophes");
    assert!(some(&|p| !p.full_name().is_ascii()) > 100, "diacritics");
    assert!(some(&|p| p.nationality == "D") > 5, "state with a one-letter code");
    assert!(some(&|p| p.expiry_date < TODAY) > 10, "expired documents");
    assert!(people.iter().all(|p| p.issue_date < TODAY && p.date_of_birth < p.issue_date));
}

#[test]
fn every_paper_has_at_least_three_layouts() {
    for paper in Paper::ALL {
        let layouts: BTreeSet<_> = (0..8).map(|seed| Specimen::invent(paper, seed, TODAY).unwrap().layout).collect();
        assert!(layouts.len() >= 3, "{paper:?}: {layouts:?}");
    }
}

#[test]
fn case_is_ignored_only_for_fields_printed_in_capitals() {
    let mut specimen = Specimen::invent(Paper::Passport, 0, TODAY).unwrap();
    specimen.truth.insert(FieldName::FamilyName, "Ørsted".into());
    specimen.capitals.clear();
    assert!(specimen.is_exact(FieldName::FamilyName, "Ørsted"));
    assert!(!specimen.is_exact(FieldName::FamilyName, "ØRSTED"));
    specimen.capitals.insert(FieldName::FamilyName);
    assert!(specimen.is_exact(FieldName::FamilyName, "ØRSTED"));
    assert!(!specimen.is_exact(FieldName::FamilyName, "ORSTED"));
    specimen.truth.insert(FieldName::GivenNames, "Zoë".into());
    assert!(specimen.is_exact(FieldName::GivenNames, "Zoe\u{308}"), "composed and decomposed letters are equal");
    assert!(!specimen.is_exact(FieldName::Address, "Oslo"), "a field that is not on the document is never exact");
}

#[test]
fn degradations_are_deterministic() {
    let specimen = Specimen::invent(Paper::LicenceEu, 3, TODAY).unwrap();
    let clean = Degradation::Clean.picture(&specimen, 0.5, 3);
    for degradation in Degradation::ALL {
        let picture = degradation.picture(&specimen, 0.5, 3);
        if matches!(degradation, Degradation::Noise | Degradation::Background | Degradation::Shadow) {
            assert!(picture == degradation.picture(&specimen, 0.5, 3), "{degradation:?}");
        }
        assert_eq!(picture == clean, matches!(degradation, Degradation::Clean | Degradation::Jpeg), "{degradation:?}");
    }
    assert!(Degradation::Scan.picture(&specimen, 0.5, 3) != Degradation::Scan.picture(&specimen, 0.5, 4));
    let bytes = |degradation: Degradation| degradation.jpeg(&specimen, 0.5, 3).unwrap().len();
    assert!(bytes(Degradation::Jpeg) * 2 < bytes(Degradation::Clean));
}

#[test]
fn defects_have_their_visible_effect() {
    let draw = |defect: Defect| Defect::draw(defect, Paper::LicenceEu, 2, TODAY).unwrap();
    let mean = |picture: &specimens::RgbImage| {
        picture.as_raw().iter().map(|v| u64::from(*v)).sum::<u64>() / picture.as_raw().len() as u64
    };
    assert!(mean(&draw(Defect::TooDark)) < 16);
    let white = |picture: &specimens::RgbImage| {
        picture.pixels().filter(|p| p.0.iter().all(|v| *v > 250)).count() * 100 / (picture.pixels().count())
    };
    assert!(white(&draw(Defect::Glare)) > 10);
    // Differences between neighbours: print has many, an empty table and a blurred page few.
    let edges = |picture: &specimens::RgbImage| {
        let (w, h) = picture.dimensions();
        let strong = (0..h).step_by(3).flat_map(|y| (6..w).map(move |x| (x, y)));
        strong.filter(|(x, y)| picture.get_pixel(*x, *y).0[1].abs_diff(picture.get_pixel(*x - 6, *y).0[1]) > 60).count()
    };
    let sharp = edges(&Degradation::Clean.picture(&Specimen::invent(Paper::LicenceEu, 2, TODAY).unwrap(), 0.5, 2));
    assert!(edges(&draw(Defect::Blurred)) * 10 < sharp);
}
