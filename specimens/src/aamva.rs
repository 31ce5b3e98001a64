//! North American driving licences: fronts in several layouts, and backs with a barcode as in the AAMVA DL/ID Card
//! Design Standard (2020), annexes A and D. State and issuer number belong to no jurisdiction.

use std::collections::BTreeMap;

use domain::document::FieldName;
use jiff::civil::Date;
use rand::Rng;
use rand::rngs::StdRng;
use rxing::pdf417::{PDF417Writer, encoder::Dimensions};
use rxing::{BarcodeFormat, EncodeHints, Writer as _};

use crate::canvas::{INK, Sheet};
use crate::fonts::Fonts;
use crate::person::pattern;
use crate::specimen::{caseless, identity};
use crate::style::{Captions, Style};
use crate::words::DateForm;
use crate::{FontError, Paper, Person, Specimen, pick};

const SIZE: (f32, f32) = (85.6, 54.0);
const SCALE: f32 = 22.0;

/// The values of the licence besides its holder's names and dates.
struct Details {
    street: String,
    city: String,
    zip: String,
    height: String,
}

/// Adapts a person to an American licence: letters A to Z in capitals, an address with a ZIP code.
fn american(person: &mut Person, rng: &mut StdRng) -> Details {
    const STREETS: &[&str] =
        &["N MAIN ST", "OAK RIDGE DR APT 4", "WILSHIRE BLVD UNIT 12B", "COUNTY ROAD 9", "E 42ND AVE"];
    const CITIES: &[&str] = &["SPRINGFIELD", "FAIRVIEW", "NEW SALEM", "CEDAR RAPIDS", "ST GEORGE"];
    let plain = |text: &str| any_ascii::any_ascii(text).to_uppercase();
    person.given_names = plain(&person.given_names);
    person.family_name = plain(&person.family_name);
    person.document_number =
        pattern(pick(rng, &["@#######", "########", "@############", "###-##-####", "@@######@"]), rng);
    person.document_number.retain(|c| c != '-');
    Details {
        street: format!("{} {}", rng.random_range(1..9999), pick(rng, STREETS)),
        city: (*pick(rng, CITIES)).to_owned(),
        zip: pattern("#####", rng),
        height: format!("{}'-{:02}\"", rng.random_range(4..7), rng.random_range(0..12)),
    }
}

fn truth(person: &Person, details: &Details) -> BTreeMap<FieldName, String> {
    let mut truth = identity(person);
    truth.insert(FieldName::IssueDate, person.issue_date.to_string());
    truth.insert(FieldName::Sex, person.sex.to_string());
    truth.insert(FieldName::Address, format!("{}, {}, {STATE} {}", details.street, details.city, details.zip));
    truth
}

fn optional() -> BTreeMap<FieldName, String> {
    BTreeMap::from([(FieldName::Categories, "D".to_owned()), (FieldName::IssuingCountry, "USA".to_owned())])
}

/// A state that does not exist.
const STATE: &str = "XX";

/// The front.
pub(crate) fn draw_front(mut person: Person, rng: &mut StdRng) -> Result<Specimen, FontError> {
    let details = american(&mut person, rng);
    let mut style = Style::invent(Captions::Above, rng);
    style.dates = DateForm::American;
    let fonts = Fonts::of(style.family)?;
    let layout = *pick(rng, &["inline", "above", "wide"]);
    let mut sheet = style.sheet(SIZE, SCALE, &fonts.bold, (20.0, 50.0, 10.0));
    let heading = *pick(rng, &["DRIVER LICENSE", "DRIVER'S LICENSE", "OPERATOR LICENSE"]);
    sheet.text(&fonts.bold, 30.0, 6.5, 3.8, style.heading, heading);
    sheet.text_within(&fonts.plain, (4.0, 6.5), 2.6, 25.0, style.heading, "STATE OF SPECIMEN");
    sheet.portrait(4.0, 12.0, 22.0, 28.0);

    let date = |date| style.dates.write(date);
    let city = format!("{}, {STATE} {}", details.city, details.zip);
    let captioned = layout != "inline";
    // Caption, value, column, row.
    let rows: [(&str, String, f32, f32); 10] = [
        (if captioned { "4d. DL NO." } else { "4d DLN" }, person.document_number.clone(), 0.0, 0.0),
        ("9 CLASS", "D".to_owned(), 34.0, 0.0),
        (if captioned { "1. FAMILY NAME" } else { "1" }, person.family_name.clone(), 0.0, 1.0),
        (if captioned { "2. GIVEN NAMES" } else { "2" }, person.given_names.clone(), 0.0, 2.0),
        (if captioned { "8. ADDRESS" } else { "8" }, details.street.clone(), 0.0, 3.0),
        (if captioned { "3. DATE OF BIRTH" } else { "3 DOB" }, date(person.date_of_birth), 0.0, 5.0),
        (if captioned { "15. SEX" } else { "15 SEX" }, person.sex.to_string(), 30.0, 5.0),
        (if captioned { "4a. ISS" } else { "4a ISS" }, date(person.issue_date), 0.0, 6.0),
        (if captioned { "4b. EXP" } else { "4b EXP" }, date(person.expiry_date), 27.0, 6.0),
        ("16 HGT", details.height.clone(), 42.0, 5.0),
    ];
    let font = if style.strong { &fonts.bold } else { &fonts.plain };
    for (caption, value, across, row) in rows.clone() {
        if value.is_empty() {
            continue;
        }
        let beside =
            rows.iter().filter(|(_, _, other, of)| *of == row && *other > across).map(|(_, _, other, _)| other - 2.0);
        let (x, room) = (29.0 + across, beside.fold(54.0, f32::min) - across);
        if captioned {
            let y = 10.5 + 5.9 * row;
            sheet.text(&fonts.plain, x, y, 1.6, style.caption, caption);
            sheet.text_within(font, (x, y + 2.9), 2.9, room, style.ink, &value);
        } else {
            let y = 13.0 + 5.4 * row;
            let after = sheet.width(&fonts.plain, 1.9, caption) + 1.2;
            sheet.text(&fonts.plain, x, y, 1.9, style.caption, caption);
            sheet.text_within(font, (x + after, y), 3.1, room - after, style.ink, &value);
        }
        if caption.starts_with('8') {
            let y = if captioned { 10.5 + 5.9 * row + 6.2 } else { 13.0 + 5.4 * row + 4.0 };
            let indent = if captioned { 0.0 } else { sheet.width(&fonts.plain, 1.9, caption) + 1.2 };
            sheet.text_within(font, (x + indent, y), if captioned { 2.9 } else { 3.1 }, room, style.ink, &city);
        }
    }
    let truth = truth(&person, &details);
    Ok(Specimen {
        paper: Paper::LicenceAamva,
        person,
        layout,
        truth,
        optional: optional(),
        capitals: caseless(true),
        picture: sheet.image,
    })
}

/// The back, with everything in the barcode.
pub(crate) fn draw_back(mut person: Person, rng: &mut StdRng) -> Result<Specimen, FontError> {
    let details = american(&mut person, rng);
    let style = Style::invent(Captions::Above, rng);
    let fonts = Fonts::of(style.family)?;
    let (layout, top, height, columns) =
        *pick(rng, &[("top", 4.0, 13.0, 13), ("middle", 20.0, 15.0, 12), ("tall", 6.0, 19.0, 10)]);
    let mut sheet = style.sheet(SIZE, SCALE, &fonts.bold, (20.0, 50.0, 10.0));
    barcode(&mut sheet, &elements(&person, &details), (5.0, top, 75.6, height), columns);
    let below = if top < 10.0 { top + height + 6.0 } else { 6.0 };
    for (i, line) in
        ["CLASS D: ANY NON-COMMERCIAL VEHICLE", "RESTRICTIONS: NONE   ENDORSEMENTS: NONE"].iter().enumerate()
    {
        sheet.text(&fonts.plain, 5.0, below + 4.0 * i as f32, 2.0, INK, line);
    }
    sheet.text(
        &fonts.plain,
        5.0,
        52.0,
        1.8,
        INK,
        "If found, drop in any mailbox. This is a specimen of an invented person.",
    );
    let mut truth = truth(&person, &details);
    truth.insert(FieldName::IssuingCountry, "USA".to_owned());
    Ok(Specimen {
        paper: Paper::LicenceBarcode,
        person,
        layout,
        truth,
        optional: optional(),
        capitals: caseless(true),
        picture: sheet.image,
    })
}

/// The text of the barcode: the header and one subfile `DL`, with one element per line.
fn elements(person: &Person, details: &Details) -> String {
    let date = |date: Date| date.strftime("%m%d%Y").to_string();
    let sex = match person.sex {
        'M' => "1",
        'F' => "2",
        _ => "9",
    };
    let (first, middle) = person.given_names.split_once(' ').unwrap_or((&person.given_names, "NONE"));
    let all: [(&str, &str); 22] = [
        ("DAQ", &person.document_number),
        ("DCS", &person.family_name),
        ("DDE", "N"),
        ("DAC", if first.is_empty() { "NONE" } else { first }),
        ("DDF", "N"),
        ("DAD", middle),
        ("DDG", "N"),
        ("DCA", "D"),
        ("DCB", "NONE"),
        ("DCD", "NONE"),
        ("DBD", &date(person.issue_date)),
        ("DBB", &date(person.date_of_birth)),
        ("DBA", &date(person.expiry_date)),
        ("DBC", sex),
        ("DAU", "069 IN"),
        ("DAY", "BRO"),
        ("DAG", &details.street),
        ("DAI", &details.city),
        ("DAJ", STATE),
        ("DAK", &format!("{}0000  ", details.zip)),
        ("DCF", "SPECIMEN0042"),
        ("DCG", "USA"),
    ];
    let body: String = all.iter().map(|(id, value)| format!("{id}{value}\n")).collect();
    // The header's entry: type, offset and length of the subfile, which ends with a carriage return instead of a line
    // feed.
    let subfile = format!("DL{}\r", body.trim_end_matches('\n'));
    let head = "@\n\u{1e}\rANSI 000000100001";
    format!("{head}DL{:04}{:04}{subfile}", head.len() + 10, subfile.len())
}

/// Draws a PDF417 symbol into a box of millimetres: left, top, width, height.
fn barcode(sheet: &mut Sheet, text: &str, (left, top, width, height): (f32, f32, f32, f32), columns: usize) {
    let hints = EncodeHints {
        // Annex D requires at least level 3.
        ErrorCorrection: Some("3".to_owned()),
        Margin: Some("0".to_owned()),
        Pdf417Dimensions: Some(Dimensions::new(columns, columns, 8, 60)),
        ..EncodeHints::default()
    };
    // The text is ASCII of fixed form, which always fits.
    let Ok(symbol) = PDF417Writer.encode_with_hints(text, &BarcodeFormat::PDF_417, 0, 0, &hints) else { return };
    let (w, h) = (symbol.width() as f32, symbol.height() as f32);
    sheet.fill([left - 2.0, top - 2.0, left + width + 2.0, top + height + 2.0], image::Rgb([252, 252, 252]), |_, _| {
        true
    });
    sheet.fill([left, top, left + width, top + height], INK, |x, y| {
        let (column, row) = ((x - left) / width * w, (y - top) / height * h);
        column >= 0.0 && row >= 0.0 && column < w && row < h && symbol.get(column as u32, row as u32)
    });
}
