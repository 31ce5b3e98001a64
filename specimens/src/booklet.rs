//! Data pages of passports (TD3, 125 by 88 mm) and the larger identity cards (TD2, 105 by 74 mm), in several layouts.

use domain::document::FieldName;
use image::Rgb;
use rand::Rng;
use rand::rngs::StdRng;

use crate::canvas::{INK, Sheet};
use crate::fonts::Fonts;
use crate::specimen::{caseless, identity, optional_values, zone_values};
use crate::style::{Captions, Style};
use crate::words::Item;
use crate::{FontError, Paper, Person, Specimen, pick};

/// The position of a caption with its value, on a page of 125 by 88 mm.
struct Slot {
    item: Item,
    x: f32,
    y: f32,
    /// Maximum width of caption and value.
    room: f32,
}

const fn slot(item: Item, x: f32, y: f32, room: f32) -> Slot {
    Slot { item, x, y, room }
}

/// A layout: name, position of captions, the portrait's left, top and width, and the slots.
struct Layout {
    name: &'static str,
    captions: Captions,
    portrait: (f32, f32, f32),
    slots: &'static [Slot],
}

const LAYOUTS: [Layout; 4] = [
    Layout {
        name: "columns",
        captions: Captions::Above,
        portrait: (5.0, 14.0, 33.0),
        slots: &[
            slot(Item::Type, 43.0, 12.5, 14.0),
            slot(Item::Code, 59.0, 12.5, 30.0),
            slot(Item::PassportNumber, 91.0, 12.5, 31.0),
            slot(Item::Surname, 43.0, 20.1, 78.0),
            slot(Item::Given, 43.0, 27.7, 78.0),
            slot(Item::Nationality, 43.0, 35.3, 48.0),
            slot(Item::Sex, 95.0, 35.3, 26.0),
            slot(Item::Birth, 43.0, 42.9, 46.0),
            slot(Item::Place, 91.0, 42.9, 31.0),
            slot(Item::Issue, 43.0, 50.5, 44.0),
            slot(Item::Expiry, 91.0, 50.5, 31.0),
        ],
    },
    Layout {
        name: "list",
        captions: Captions::Beside,
        portrait: (5.0, 13.0, 32.0),
        slots: &[
            slot(Item::PassportNumber, 41.0, 13.5, 80.0),
            slot(Item::Surname, 41.0, 18.6, 80.0),
            slot(Item::Given, 41.0, 23.7, 80.0),
            slot(Item::Nationality, 41.0, 28.8, 80.0),
            slot(Item::Birth, 41.0, 33.9, 80.0),
            slot(Item::Sex, 41.0, 39.0, 80.0),
            slot(Item::Place, 41.0, 44.1, 80.0),
            slot(Item::Issue, 41.0, 49.2, 80.0),
            slot(Item::Expiry, 41.0, 54.3, 80.0),
        ],
    },
    Layout {
        name: "numbered",
        captions: Captions::Numbered,
        portrait: (4.0, 11.0, 36.0),
        slots: &[
            slot(Item::Surname, 44.0, 12.0, 46.0),
            slot(Item::PassportNumber, 92.0, 12.0, 30.0),
            slot(Item::Given, 44.0, 20.0, 77.0),
            slot(Item::Birth, 44.0, 28.0, 44.0),
            slot(Item::Sex, 92.0, 28.0, 30.0),
            slot(Item::Place, 44.0, 36.0, 44.0),
            slot(Item::Nationality, 92.0, 36.0, 31.0),
            slot(Item::Issue, 44.0, 44.0, 44.0),
            slot(Item::Authority, 92.0, 44.0, 30.0),
            slot(Item::Expiry, 44.0, 52.0, 44.0),
        ],
    },
    Layout {
        name: "late-number",
        captions: Captions::Above,
        portrait: (6.0, 16.0, 30.0),
        slots: &[
            slot(Item::Type, 40.0, 13.0, 12.0),
            slot(Item::Code, 54.0, 13.0, 30.0),
            slot(Item::Surname, 40.0, 20.5, 80.0),
            slot(Item::Given, 40.0, 28.0, 80.0),
            slot(Item::Birth, 40.0, 35.5, 38.0),
            slot(Item::Sex, 80.0, 35.5, 14.0),
            slot(Item::Nationality, 96.0, 35.5, 27.0),
            slot(Item::Place, 40.0, 43.0, 80.0),
            slot(Item::Issue, 40.0, 50.5, 38.0),
            slot(Item::Expiry, 80.0, 50.5, 42.0),
            slot(Item::PassportNumber, 88.0, 4.0, 33.0),
        ],
    },
];

const AUTHORITY: &str = "Passport Office";

/// A passport.
pub(crate) fn draw(person: Person, rng: &mut StdRng) -> Result<Specimen, FontError> {
    let zone = person.passport_mrz();
    page(Paper::Passport, person, zone, rng)
}

/// An identity card of size TD2.
pub(crate) fn draw_td2(person: Person, rng: &mut StdRng) -> Result<Specimen, FontError> {
    let zone = person.td2_mrz();
    page(Paper::CardTd2, person, zone, rng)
}

fn page(paper: Paper, person: Person, zone: String, rng: &mut StdRng) -> Result<Specimen, FontError> {
    let passport = paper == Paper::Passport;
    let layout = pick(rng, &LAYOUTS);
    let mut style = Style::invent(layout.captions, rng);
    if layout.captions == Captions::Beside {
        // The page has room for two languages only.
        style.tongues.truncate(2);
    }
    let fonts = Fonts::of(style.family)?;
    // Both formats have the same proportions, but the zone has a fixed size.
    let (size, k) = if passport { ((125.0, 88.0), 1.0) } else { ((105.0, 74.0), 0.84) };
    let mut sheet = style.sheet(size, 20.0, &fonts.bold, (42.0 * k, 57.0 * k, 14.0 * k));
    let heading = match (passport, rng.random_range(0..3)) {
        (true, 0) => "PASS / PASSPORT / PASSEPORT",
        (true, 1) => "PASSPORT",
        (true, _) => "PASSEPORT · PASSPORT",
        (false, 0) => "IDENTITY CARD / CARTE D'IDENTITÉ",
        (false, 1) => "PERSONALAUSWEIS / IDENTITY CARD",
        (false, _) => "IDENTITY CARD",
    };
    let beside = layout.slots.iter().filter(|slot| slot.y < 8.0).map(|slot| slot.x - 3.0).fold(120.0, f32::min);
    sheet.text_within(&fonts.bold, (5.0 * k, 7.5 * k), 4.2 * k, (beside - 5.0) * k, style.heading, heading);
    let (left, top, width) = layout.portrait;
    sheet.portrait(left * k, top * k, width * k, width * 1.28 * k);

    let words = rng.random_bool(0.5);
    let grouped = rng.random_bool(0.12);
    for (i, slot) in layout.slots.iter().enumerate() {
        let value = value(slot.item, passport, &person, &style, words, grouped);
        let item = if slot.item == Item::PassportNumber && !passport { Item::CardNumber } else { slot.item };
        put(&mut sheet, &style, &fonts, slot, (item, i + 1), &value, k);
    }
    if style.captions != Captions::Beside && passport {
        sheet.text(
            &fonts.plain,
            5.0 * k,
            61.5 * k,
            2.1 * k,
            style.caption,
            "Signature of bearer / Signature du titulaire",
        );
    }

    let (line, baselines) = if passport { (64.2, [73.9, 80.9]) } else { (51.2, [60.4, 67.0]) };
    if rng.random() {
        sheet.fill([0.0, line, size.0, line + 0.15], INK, |_, _| true);
    } else {
        // A white field for the zone.
        sheet.fill([0.0, line, size.0, size.1], Rgb([250, 250, 248]), |_, _| true);
    }
    let zone_left = if passport { 6.6 } else { 6.8 };
    for (text, y) in zone.lines().zip(baselines) {
        sheet.zone_line(&fonts.zone, zone_left, y, text);
    }

    let mut truth = identity(&person);
    truth.extend(zone_values(&person, if passport { "P" } else { "ID" }, zone));
    truth.insert(FieldName::IssueDate, person.issue_date.to_string());
    let optional =
        optional_values(&person, layout.slots.iter().any(|slot| slot.item == Item::Authority).then_some(AUTHORITY));
    let capitals = caseless(style.capitals);
    Ok(Specimen { paper, person, layout: layout.name, truth, optional, capitals, picture: sheet.image })
}

/// The value of a caption.
fn value(item: Item, passport: bool, person: &Person, style: &Style, words: bool, grouped: bool) -> String {
    match item {
        Item::Type => if passport { "P" } else { "ID" }.to_owned(),
        Item::Code => person.nationality.clone(),
        Item::PassportNumber | Item::CardNumber if grouped && person.document_number.len() == 9 => {
            let number = &person.document_number;
            format!("{} {} {}", &number[..2], &number[2..5], &number[5..])
        }
        Item::PassportNumber | Item::CardNumber => person.document_number.clone(),
        Item::Surname => style.letters(&person.family_name),
        Item::Given => style.letters(&person.given_names),
        Item::Nationality if words => person.nationality_in_words().to_owned(),
        Item::Nationality => person.nationality.clone(),
        Item::Birth => style.dates.write(person.date_of_birth),
        Item::Place => style.letters(&person.place_of_birth),
        Item::Sex => person.sex.to_string(),
        Item::Issue => style.dates.write(person.issue_date),
        Item::Expiry => style.dates.write(person.expiry_date),
        Item::Authority => style.letters(AUTHORITY),
        Item::Address => style.letters(&person.address_lines().join(", ")),
    }
}

fn put(
    sheet: &mut Sheet,
    style: &Style,
    fonts: &Fonts,
    slot: &Slot,
    (item, number): (Item, usize),
    value: &str,
    k: f32,
) {
    let font = if style.strong { &fonts.bold } else { &fonts.plain };
    let caption = style.caption(item, number);
    let (x, y, room) = (slot.x * k, slot.y * k, slot.room * k);
    if style.captions == Captions::Beside {
        let half = room * 0.42;
        sheet.text_within(&fonts.plain, (x, y), 2.2 * k, half - 1.0, style.caption, &caption);
        sheet.text_within(font, (x + half, y), 3.5 * k, room - half, style.ink, value);
    } else {
        sheet.text_within(&fonts.plain, (x, y), 2.0 * k, room, style.caption, &caption);
        sheet.text_within(font, (x, y + 3.9 * k), 3.6 * k, room, style.ink, value);
    }
}
