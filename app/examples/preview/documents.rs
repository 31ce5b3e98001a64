//! The documents tile in every state of a document. The regions of the fields are those of the specimens' passport and
//! licence, so that crops of their pictures can be checked.

use std::collections::BTreeMap;

use domain::document::{Document, DocumentKind, Field, FieldName, FieldSource, PictureIssue, Provider, Region};
use domain::journey::Journey;
use uuid::Uuid;

use FieldName::{
    Address, Categories, DateOfBirth, DocumentNumber, DocumentType, ExpiryDate, FamilyName, FullName, GivenNames,
    IssueDate, Issuer, IssuingAuthority, IssuingCountry, Mrz, Nationality, PersonalNumber, PlaceOfBirth, Sex,
};

/// States with their names. `known` is a journey without documents.
pub fn states(known: &Journey) -> Vec<(&'static str, Journey)> {
    let with = |documents: Vec<Document>| Journey { documents, ..known.clone() };
    vec![
        ("20-read-well", with(vec![passport(&[])])),
        ("21-one-doubt", with(vec![passport(&[(ExpiryDate, unsure("2036-02-18"))])])),
        ("22-readings-differ", with(vec![passport(&[(DateOfBirth, disputed()), (DocumentNumber, by_others())])])),
        ("23-nothing-read", with(vec![unreadable()])),
        ("24-corrected", with(vec![corrected()])),
        ("25-extra-differs", with(vec![passport(&[(Sex, page("F").beside(&zone("M")))])])),
        ("26-licence", with(vec![licence()])),
        ("27-old-letter", with(vec![passport(&[]), letter("2025-10-02")])),
        ("28-expired", with(vec![passport(&[(ExpiryDate, page("2025-02-01").beside(&zone("2025-02-01")))])])),
        ("29-letter-to-check", with(vec![passport(&[]), unclear_letter()])),
    ]
}

fn zone(value: &str) -> Field {
    Field::read(value, 0.99, FieldSource::Mrz)
}

fn page(value: &str) -> Field {
    Field::read(value, 0.97, FieldSource::PrintedZone)
}

fn unsure(value: &str) -> Field {
    Field::read(value, 0.62, FieldSource::PrintedZone)
}

/// The machine-readable zone and the page have different dates.
fn disputed() -> Field {
    page("1987-03-14").beside(&zone("1987-03-15"))
}

/// Two services read the same print.
fn by_others() -> Field {
    page("NB4821937").by(Provider::Textract).beside(&page("NB4821987").by(Provider::GoogleVision))
}

/// The region on the specimens' passport.
fn on_passport(name: FieldName) -> Option<Region> {
    let (left, top, right, bottom) = match name {
        DocumentNumber => (685, 143, 845, 190),
        FamilyName => (340, 233, 527, 281),
        GivenNames => (340, 320, 448, 367),
        Nationality => (340, 406, 411, 453),
        Sex => (764, 406, 789, 453),
        DateOfBirth => (340, 493, 523, 539),
        PlaceOfBirth => (764, 493, 852, 539),
        IssueDate => (340, 579, 515, 626),
        ExpiryDate => (716, 579, 892, 626),
        IssuingCountry => (492, 143, 563, 190),
        Mrz => (50, 805, 950, 935),
        _ => return None,
    };
    Some(Region { page: 1, left, top, right, bottom })
}

/// A passport on which both readings agree, except for `changed`.
fn passport(changed: &[(FieldName, Field)]) -> Document {
    let both = |value: &str| page(value).beside(&zone(value));
    let mut fields = BTreeMap::from([
        (GivenNames, page("Ingrid").beside(&zone("INGRID"))),
        (FamilyName, page("Brandvold").beside(&zone("BRANDVOLD"))),
        (DateOfBirth, both("1987-03-14")),
        (DocumentNumber, both("NB4821937")),
        (ExpiryDate, both("2036-02-18")),
        (Nationality, both("NOR")),
        (Sex, both("F")),
        (IssuingCountry, both("NOR")),
        (DocumentType, zone("P")),
        (PlaceOfBirth, page("Oslo")),
        (Mrz, zone("P<NORBRANDVOLD<<INGRID<<<<<<<<<<<<<<<<<<<<<<\nNB48219370NOR8703145F3602184<<<<<<<<<<<<<<06")),
    ]);
    fields.extend(changed.iter().cloned());
    for (name, field) in &mut fields {
        field.region = on_passport(*name);
    }
    let document = Document::new(Uuid::from_u128(11), "passport.jpg".into(), DocumentKind::Passport, fields);
    Document { pages: 1, ..document }
}

/// Accepted unread after the third photo.
fn unreadable() -> Document {
    let document = Document::new(Uuid::from_u128(12), "IMG_2041.jpg".into(), DocumentKind::Passport, BTreeMap::new());
    Document { pages: 1, issues: vec![PictureIssue::Blurred], ..document }
}

fn corrected() -> Document {
    let mut document =
        passport(&[(DateOfBirth, disputed()), (ExpiryDate, unsure("2036-02-13")), (GivenNames, unsure("Ingrid"))]);
    document.confirm(DateOfBirth, "1987-03-15");
    document.confirm(ExpiryDate, "2036-02-18");
    document.confirm(GivenNames, "Ingrid");
    document.extracted_fields.remove(&DocumentNumber);
    document.confirm(DocumentNumber, "NB4821937");
    document
}

fn licence() -> Document {
    let bar = |value: &str| page(value).beside(&Field::read(value, 0.99, FieldSource::Barcode));
    let at = |field: Field, left, top, right, bottom| field.at(Some(Region { page: 1, left, top, right, bottom }));
    let fields = BTreeMap::from([
        (FamilyName, at(bar("Brandvold"), 418, 215, 585, 275)),
        (GivenNames, at(bar("Ingrid"), 416, 300, 510, 360)),
        (DateOfBirth, at(bar("1987-03-14"), 414, 385, 600, 445)),
        (PlaceOfBirth, at(page("Oslo"), 618, 385, 700, 445)),
        (IssueDate, at(bar("2026-02-18"), 422, 470, 610, 530)),
        (IssuingAuthority, at(page("Trafikkstasjon"), 695, 470, 930, 540)),
        (ExpiryDate, at(unsure("2036-02-18"), 420, 555, 608, 615)),
        (DocumentNumber, at(bar("NB4821937"), 408, 640, 606, 700)),
        (PersonalNumber, page("14038712345")),
        (Address, at(page("Storgata 14, 0184 Oslo"), 406, 722, 790, 786)),
        (Categories, at(page("B BE"), 405, 810, 432, 862)),
    ]);
    let document = Document::new(Uuid::from_u128(13), "licence.jpg".into(), DocumentKind::DrivingLicence, fields);
    Document { pages: 1, provider: Provider::Textract, ..document }
}

fn letter(issued: &str) -> Document {
    let text = |value: &str| Field::read(value, 1.0, FieldSource::TextLayer);
    let fields = BTreeMap::from([
        (FullName, text("Ingrid Brandvold")),
        (Address, text("Storgata 14, 0184 Oslo")),
        (IssueDate, text(issued)),
        (Issuer, text("Hafslund Strøm AS")),
    ]);
    let document = Document::new(Uuid::from_u128(14), "electricity.pdf".into(), DocumentKind::ProofOfAddress, fields);
    Document { pages: 1, ..document }
}

fn unclear_letter() -> Document {
    let mut letter = letter("2026-02-11");
    let address =
        page("Storgata 14, 0184 Oslo").beside(&page("Storgata 41, 0184 Oslo").by(Provider::AzureDocumentIntelligence));
    letter.extracted_fields.insert(Address, address);
    letter
}
