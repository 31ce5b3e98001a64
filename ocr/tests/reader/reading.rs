//! Readable documents: every required field is exact.

use domain::document::{Agreement, DOUBTFUL_BELOW, DocumentKind, FieldName, FieldSource, PictureIssue};
use image::imageops;
use jiff::civil::date;
use ocr::Reading;
use specimens::{Bill, CaptureQuality, Degradation, Paper, Person, Specimen, Theme};

use crate::support::{ISSUED, TODAY, draw, jpeg, read, reader, value};

fn viktor() -> Person {
    Person {
        given_names: "Viktor Oleg".into(),
        family_name: "Zarenko-Holm".into(),
        date_of_birth: date(1971, 8, 12),
        sex: 'M',
        document_number: "G0Q8B5S2Z".into(),
        ..Person::ingrid()
    }
}

fn assert_person(reading: &Reading, person: &Person, note: &str) {
    let expected = [
        (FieldName::GivenNames, person.given_names.clone()),
        (FieldName::FamilyName, person.family_name.clone()),
        (FieldName::DateOfBirth, person.date_of_birth.to_string()),
        (FieldName::DocumentNumber, person.document_number.clone()),
        (FieldName::ExpiryDate, person.expiry_date.to_string()),
    ];
    for (name, expected) in expected {
        assert_eq!(value(reading, name), expected, "{note}: {name:?}");
    }
}

fn assert_bill(reading: &Reading, person: &Person, note: &str) {
    let address = format!("{}, {} {}, {}", person.line1, person.postal_code, person.city, person.country);
    assert_eq!(value(reading, FieldName::FullName), person.full_name(), "{note}");
    assert_eq!(value(reading, FieldName::Address), address, "{note}");
    assert_eq!(value(reading, FieldName::IssueDate), ISSUED.to_string(), "{note}");
    assert_eq!(value(reading, FieldName::Issuer), "Nordlys Energi AS", "{note}");
}

async fn passports_are_read(person: &Person, photographs: std::ops::Range<u64>) {
    let reader = reader();
    for (degrade, seeds) in
        [(CaptureQuality::None, 0..1), (CaptureQuality::Light, 0..1), (CaptureQuality::Phone, photographs)]
    {
        for seed in seeds {
            let note = format!("{degrade:?} {seed}");
            let picture = draw(DocumentKind::Passport, person, &Theme::new(degrade, seed));
            let reading = read(&reader, DocumentKind::Passport, jpeg(&picture)).await.unwrap();
            assert_eq!(value(&reading, FieldName::Mrz), person.passport_mrz(), "{note}");
            assert_person(&reading, person, &note);
            assert_eq!(value(&reading, FieldName::Nationality), "NOR", "{note}");
            assert_eq!(value(&reading, FieldName::IssuingCountry), "NOR", "{note}");
            assert_eq!(value(&reading, FieldName::DocumentType), "P", "{note}");
            assert_eq!(value(&reading, FieldName::Sex), person.sex.to_string(), "{note}");
            // A value with a verified check digit needs no confirmation.
            for name in [FieldName::DateOfBirth, FieldName::DocumentNumber, FieldName::ExpiryDate] {
                let field = &reading.fields[&name];
                assert_eq!(field.source, FieldSource::Mrz);
                assert!(field.confidence >= 0.9, "{note}: {name:?} {}", field.confidence);
            }
        }
    }
}

#[tokio::test]
async fn passports_are_read_clean_scanned_and_photographed() {
    passports_are_read(&Person::ingrid(), 0..1).await;
}

/// Phones with 48 megapixels take such pictures by default.
#[tokio::test]
async fn photograph_of_more_than_40_megapixels_is_read() {
    let ingrid = Person::ingrid();
    let page = draw(DocumentKind::Passport, &ingrid, &Theme::new(CaptureQuality::None, 0));
    let height = 8000 * page.height() / page.width();
    let large = imageops::resize(&page, 8000, height, imageops::FilterType::Triangle);
    assert!(large.width() * large.height() > 40_000_000, "{height}");
    let reading = read(&reader(), DocumentKind::Passport, jpeg(&large)).await.unwrap();
    assert_person(&reading, &ingrid, "more than 40 megapixels");
}

#[tokio::test]
async fn passports_with_double_names_are_read_clean_scanned_and_photographed() {
    passports_are_read(&viktor(), 10..11).await;
}

#[tokio::test]
async fn identity_cards_are_read_clean_and_photographed() {
    let (reader, person) = (reader(), viktor());
    for (degrade, seeds) in [(CaptureQuality::None, 0..1), (CaptureQuality::Phone, 0..1)] {
        for seed in seeds {
            let note = format!("{degrade:?} {seed}");
            let picture = draw(DocumentKind::IdentityCard, &person, &Theme::new(degrade, seed));
            let reading = read(&reader, DocumentKind::IdentityCard, jpeg(&picture)).await.unwrap();
            assert_eq!(value(&reading, FieldName::Mrz), person.card_mrz(), "{note}");
            assert_eq!(value(&reading, FieldName::Address), "Storgata 14, 0184 Oslo", "{note}");
            assert_person(&reading, &person, &note);
        }
    }
}

#[tokio::test]
async fn driving_licences_are_read_by_their_numbers() {
    let (reader, person) = (reader(), Person::ingrid());
    for (degrade, seed) in [(CaptureQuality::None, 0), (CaptureQuality::Light, 1), (CaptureQuality::Phone, 2)] {
        let note = format!("{degrade:?} {seed}");
        let picture = draw(DocumentKind::DrivingLicence, &person, &Theme::new(degrade, seed));
        let reading = read(&reader, DocumentKind::DrivingLicence, jpeg(&picture)).await.unwrap();
        assert_person(&reading, &person, &note);
        assert_eq!(value(&reading, FieldName::IssueDate), person.issue_date.to_string(), "{note}");
        assert!(reading.fields.values().all(|field| field.source == FieldSource::PrintedZone));
    }
}

#[tokio::test]
async fn bills_are_read_from_pictures() {
    let (reader, person) = (reader(), Person::ingrid());
    for (degrade, seed) in [(CaptureQuality::None, 0), (CaptureQuality::Light, 1), (CaptureQuality::Phone, 2)] {
        let picture = draw(DocumentKind::ProofOfAddress, &person, &Theme::new(degrade, seed));
        let reading = read(&reader, DocumentKind::ProofOfAddress, jpeg(&picture)).await.unwrap();
        assert_bill(&reading, &person, &format!("{degrade:?} {seed}"));
    }
}

#[tokio::test]
async fn bills_are_read_from_pdf_text_layers_with_accents() {
    let person = Person { given_names: "Søren Åge".into(), line1: "Østre gate 7B".into(), ..Person::ingrid() };
    let file = specimens::text_pdf(&person, &Bill::issued(ISSUED));
    let reading = read(&reader(), DocumentKind::ProofOfAddress, file.into()).await.unwrap();
    assert_bill(&reading, &person, "text layer");
    for field in reading.fields.values() {
        assert_eq!(field.source, FieldSource::TextLayer);
        assert!(field.confidence >= DOUBTFUL_BELOW);
    }
}

#[tokio::test]
async fn pdfs_without_text_are_read_as_pictures() {
    let (reader, person) = (reader(), Person::ingrid());
    let bill = draw(DocumentKind::ProofOfAddress, &person, &Theme::new(CaptureQuality::Light, 5));
    let file = specimens::image_pdf(&bill).unwrap();
    let reading = read(&reader, DocumentKind::ProofOfAddress, file.into()).await.unwrap();
    assert_bill(&reading, &person, "picture of a bill");
    assert!(reading.fields.values().all(|field| field.source == FieldSource::PrintedZone));
}

#[tokio::test]
async fn documents_are_read_in_any_orientation() {
    let (reader, person) = (reader(), Person::ingrid());
    let passport = draw(DocumentKind::Passport, &person, &Theme::new(CaptureQuality::Phone, 4));
    for turned in [imageops::rotate90(&passport), imageops::rotate180(&passport), imageops::rotate270(&passport)] {
        let reading = read(&reader, DocumentKind::Passport, jpeg(&turned)).await.unwrap();
        assert_eq!(value(&reading, FieldName::Mrz), person.passport_mrz());
        assert_person(&reading, &person, "turned");
    }
    let bill = draw(DocumentKind::ProofOfAddress, &person, &Theme::new(CaptureQuality::Light, 4));
    let reading = read(&reader, DocumentKind::ProofOfAddress, jpeg(&imageops::rotate270(&bill))).await.unwrap();
    assert_bill(&reading, &person, "turned");
}

#[tokio::test]
async fn printed_name_that_contradicts_the_mrz_is_doubtful() {
    let person = Person::ingrid();
    let mut picture = draw(DocumentKind::Passport, &person, &Theme::CLEAN);
    let other =
        draw(DocumentKind::Passport, &Person { family_name: "Zarenko".into(), ..person.clone() }, &Theme::CLEAN);
    // The printed part of one passport above the MRZ of another.
    let printed = imageops::crop_imm(&other, 0, 0, other.width(), other.height() * 7 / 10).to_image();
    imageops::replace(&mut picture, &printed, 0, 0);
    let reading = read(&reader(), DocumentKind::Passport, jpeg(&picture)).await.unwrap();
    let name = &reading.fields[&FieldName::FamilyName];
    // The printed name is used, and the MRZ's is kept beside it for the reviewer.
    assert_eq!((name.value.as_str(), name.source), ("Zarenko", FieldSource::PrintedZone));
    assert!(name.confidence < DOUBTFUL_BELOW);
    assert_eq!(value(&reading, FieldName::Mrz), person.passport_mrz());
    assert!(reading.fields[&FieldName::GivenNames].confidence >= DOUBTFUL_BELOW);
}

#[tokio::test]
async fn concurrent_readings_are_independent() {
    let reader = reader();
    let people = [Person::ingrid(), viktor()];
    let [first, second] = people.each_ref().map(|person| jpeg(&draw(DocumentKind::Passport, person, &Theme::CLEAN)));
    let (first, second) =
        tokio::join!(read(&reader, DocumentKind::Passport, first), read(&reader, DocumentKind::Passport, second));
    assert_person(&first.unwrap(), &people[0], "first");
    assert_person(&second.unwrap(), &people[1], "second");
}

/// Each region, cropped and read by itself, contains the value of its field.
#[tokio::test]
async fn regions_contain_the_text_of_their_fields() {
    let (reader, person) = (reader(), Person::ingrid());
    for (kind, degrade, names) in [
        (
            DocumentKind::Passport,
            CaptureQuality::Phone,
            &[FieldName::DateOfBirth, FieldName::FamilyName, FieldName::Mrz][..],
        ),
        (DocumentKind::DrivingLicence, CaptureQuality::Light, &[FieldName::DocumentNumber, FieldName::FamilyName]),
        (DocumentKind::ProofOfAddress, CaptureQuality::None, &[FieldName::FullName, FieldName::Address]),
    ] {
        let file = jpeg(&draw(kind, &person, &Theme::new(degrade, 2)));
        let document = reader.prepare(kind, file, &|_| {}).await.unwrap();
        let reading = reader.read(&document, TODAY, &|_| {}).await.unwrap();
        let page = image::load_from_memory(&document.pages[0].jpeg).unwrap().into_luma8();
        for name in names {
            let field = &reading.fields[name];
            let region = field.region.unwrap();
            assert_eq!(region.page, 1);
            let (width, height) = (page.width(), page.height());
            let side = |part: u16, whole: u32| u32::from(part) * whole / 1000;
            // A margin, because letters at the edge of a picture are often misread.
            let room = height / 100;
            let (left, top) =
                (side(region.left, width).saturating_sub(room), side(region.top, height).saturating_sub(room));
            let (right, bottom) =
                ((side(region.right, width) + room).min(width), (side(region.bottom, height) + room).min(height));
            assert!((right - left) * (bottom - top) < width * height / 4, "{kind:?} {name:?}: {region:?} is too large");
            let piece = imageops::crop_imm(&page, left, top, right - left, bottom - top).to_image();
            if *name == FieldName::Mrz {
                // In the lowest part of the page, with the width of an MRZ.
                assert!(region.top > 600 && region.right - region.left > 700, "{region:?}");
                continue;
            }
            let text = tesseract(&piece);
            let part = match (field.source, name) {
                // The MRZ has another date format.
                (FieldSource::Mrz, FieldName::DateOfBirth) => "8703".to_owned(),
                (_, FieldName::Address) => person.line1.clone(),
                _ => field.value.clone(),
            };
            let bare = |text: &str| text.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            assert!(bare(&text).contains(&bare(&part)), "{kind:?} {name:?}: {text:?} at {region:?}");
        }
    }
}

/// Reads a small picture with Tesseract, enlarged twice.
fn tesseract(piece: &image::GrayImage) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let large = imageops::resize(piece, piece.width() * 2, piece.height() * 2, imageops::FilterType::Triangle);
    let mut child = Command::new("tesseract")
        .args(["stdin", "stdout", "--psm", "6"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = format!("P5\n{} {}\n255\n", large.width(), large.height()).into_bytes();
    input.extend_from_slice(large.as_raw());
    child.stdin.take().unwrap().write_all(&input).unwrap();
    String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned()
}

#[tokio::test]
async fn agreeing_mrz_and_print_raise_confidence() {
    let file = jpeg(&draw(DocumentKind::Passport, &viktor(), &Theme::CLEAN));
    let fields = read(&reader(), DocumentKind::Passport, file).await.unwrap().fields;
    for (name, used, other) in [
        (FieldName::FamilyName, FieldSource::PrintedZone, FieldSource::Mrz),
        (FieldName::DateOfBirth, FieldSource::Mrz, FieldSource::PrintedZone),
    ] {
        let field = &fields[&name];
        assert_eq!((field.source, field.other_readings[0].source), (used, other), "{name:?}");
        assert_eq!(field.agreement(name), Agreement::Agrees, "{name:?}");
        assert!(field.confidence >= 0.9, "{name:?}");
    }
    assert!(fields[&FieldName::DateOfBirth].confidence > 0.9);
    // A value from the print alone has less confidence.
    let issued = &fields[&FieldName::IssueDate];
    assert!(issued.confidence <= 0.9 && issued.other_readings.is_empty());
}

#[tokio::test]
async fn mrz_outside_a_tinted_area_is_not_cropped() {
    // Scanned under a white lid, the tinted part beside the portrait has the clearest outline.
    let passport = Specimen::invent(Paper::Passport, 58, TODAY).unwrap();
    let file = Degradation::Scan.jpeg(&passport, 0.5, 58).unwrap();
    let reading = read(&reader(), DocumentKind::Passport, file.into()).await.unwrap();
    assert!(passport.is_exact(FieldName::Mrz, value(&reading, FieldName::Mrz)));
    assert!(reading.fields[&FieldName::DocumentNumber].confidence > 0.9);
}

#[tokio::test]
async fn mrz_is_read_under_reflections_and_among_other_papers() {
    let reader = reader();
    for (paper, degradation, seed) in [
        // Beside papers with long lines of print.
        (Paper::Passport, Degradation::PhoneLike, 96),
        // Under a reflection, across the edge of a shadow.
        (Paper::Passport, Degradation::PhoneLike, 114),
        // Upside down.
        (Paper::Passport, Degradation::PhoneLike, 140),
        // On chequered cloth, of which a corner looks like the card's.
        (Paper::CardTd1, Degradation::PhoneLike, 106),
        (Paper::CardTd1, Degradation::Background, 24),
    ] {
        let specimen = Specimen::invent(paper, seed, TODAY).unwrap();
        let file = degradation.jpeg(&specimen, 0.5, seed).unwrap();
        let reading = read(&reader, paper.kind(), file.into()).await.unwrap();
        let zone = value(&reading, FieldName::Mrz);
        assert!(specimen.is_exact(FieldName::Mrz, zone), "{paper:?} {seed}: {zone}");
    }
}

#[tokio::test]
async fn small_print_out_of_focus_is_read() {
    let licence = Specimen::invent(Paper::LicenceAamva, 12, TODAY).unwrap();
    let file = Degradation::Focus.jpeg(&licence, 0.5, 12).unwrap();
    let reading = read(&reader(), DocumentKind::DrivingLicence, file.into()).await.unwrap();
    for name in [FieldName::FamilyName, FieldName::DateOfBirth, FieldName::DocumentNumber, FieldName::ExpiryDate] {
        assert!(licence.is_exact(name, value(&reading, name)), "{name:?}: {}", value(&reading, name));
    }
}

#[tokio::test]
async fn licence_barcode_is_read_with_its_region() {
    let reader = reader();
    // In the second one the columns look like a card's edge.
    for (seed, degradation) in [(2, Degradation::Scan), (246, Degradation::Clean)] {
        let back = Specimen::invent(Paper::LicenceBarcode, seed, TODAY).unwrap();
        let file = degradation.jpeg(&back, 0.5, seed).unwrap();
        let reading = read(&reader, DocumentKind::DrivingLicence, file.into()).await.unwrap();
        assert_eq!(reading.issue, None);
        for name in [FieldName::FamilyName, FieldName::DateOfBirth, FieldName::DocumentNumber, FieldName::ExpiryDate] {
            let field = &reading.fields[&name];
            assert!(back.is_exact(name, &field.value), "{seed}, {name:?}: {}", field.value);
            assert_eq!(field.source, FieldSource::Barcode);
            assert!(field.region.is_some() && field.confidence > 0.9);
        }
    }
}

#[tokio::test]
async fn visa_is_reported_as_another_document() {
    let person = Person::ingrid();
    let zone = domain::mrz::write_mrva(&domain::mrz::Holder {
        document_type: "V".into(),
        issuing_state: "NOR".into(),
        family_name: person.family_name.clone(),
        given_names: person.given_names.clone(),
        document_number: person.document_number.clone(),
        nationality: "NOR".into(),
        date_of_birth: person.date_of_birth,
        sex: Some('F'),
        expiry_date: person.expiry_date,
        optional_data: String::new(),
    });
    let mut page = draw(DocumentKind::Passport, &person, &Theme::CLEAN);
    write_zone(&mut page, &zone);
    let reading = read(&reader(), DocumentKind::Passport, jpeg(&page)).await.unwrap();
    assert_eq!((reading.issue, reading.fields.len()), (Some(PictureIssue::OtherDocument), 0));
}

/// Replaces the MRZ of a passport's page of 125 by 88 mm.
fn write_zone(page: &mut image::RgbImage, zone: &str) {
    use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
    let folder = std::env::var("ONBOARD_FONT_DIR").unwrap_or_else(|_| "/usr/share/fonts/opentype/ocr-b".to_owned());
    let font = FontVec::try_from_vec(std::fs::read(format!("{folder}/OCRB.otf")).unwrap()).unwrap();
    let mm = page.width() as f32 / 125.0;
    for y in (66.0 * mm) as u32..page.height() {
        (0..page.width()).for_each(|x| page.put_pixel(x, y, image::Rgb([245; 3])));
    }
    let scale = PxScale::from(100.0 * 2.54 * mm / font.as_scaled(100.0).h_advance(font.glyph_id('0')));
    for (i, line) in zone.lines().enumerate() {
        for (j, c) in line.chars().enumerate() {
            let at = point((6.6 + 2.54 * j as f32) * mm, (74.5 + 7.0 * i as f32) * mm);
            let Some(outline) = font.outline_glyph(font.glyph_id(c).with_scale_and_position(scale, at)) else {
                continue;
            };
            let origin = outline.px_bounds().min;
            outline.draw(|x, y, cover| {
                if cover > 0.5 {
                    page.put_pixel(origin.x as u32 + x, origin.y as u32 + y, image::Rgb([30; 3]));
                }
            });
        }
    }
}

#[tokio::test]
async fn visible_part_of_an_mrz_under_a_reflection_is_read() {
    let person = Person::ingrid();
    let mut page = draw(DocumentKind::Passport, &person, &Theme::CLEAN);
    // Covers the end of the second line, so that the composite check digit cannot hold.
    let mm = page.width() as f32 / 125.0;
    for y in (76.0 * mm) as u32..(84.0 * mm) as u32 {
        for x in (82.0 * mm) as u32..page.width() {
            page.put_pixel(x, y, image::Rgb([252; 3]));
        }
    }
    let reading = read(&reader(), DocumentKind::Passport, jpeg(&page)).await.unwrap();
    assert_eq!(value(&reading, FieldName::DocumentNumber), person.document_number);
    assert_eq!(value(&reading, FieldName::DateOfBirth), person.date_of_birth.to_string());
    assert!(value(&reading, FieldName::FamilyName).eq_ignore_ascii_case(&person.family_name));
    assert!(reading.fields.get(&FieldName::Mrz).is_none_or(|zone| zone.confidence < DOUBTFUL_BELOW));
}
