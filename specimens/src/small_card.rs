//! Identity cards of the size of a bank card (TD1, 85.6 by 54 mm) in several layouts, with both sides on one picture.

use domain::document::FieldName;
use image::imageops;
use rand::Rng;
use rand::rngs::StdRng;

use crate::canvas::Sheet;
use crate::fonts::Fonts;
use crate::person::pattern;
use crate::specimen::{GAP, caseless, identity, optional_values, zone_values};
use crate::style::{Captions, Style};
use crate::words::Item;
use crate::{FontError, Paper, Person, Specimen, pick};

const SIZE: (f32, f32) = (85.6, 54.0);
/// Pixels per millimetre.
const SCALE: f32 = 22.0;
const AUTHORITY: &str = "Registry Office";

/// Draws a card; one in four has a number of more than nine characters.
pub(crate) fn draw(mut person: Person, rng: &mut StdRng) -> Result<Specimen, FontError> {
    if rng.random_bool(0.25) {
        person.document_number = pattern(pick(rng, &["@@##########", "###########", "@###########"]), rng);
    }
    let (name, captions) = *pick(
        rng,
        &[
            ("stacked", Captions::Above),
            ("beside", Captions::Above),
            ("list", Captions::Beside),
            ("numbered", Captions::Numbered),
        ],
    );
    let mut style = Style::invent(captions, rng);
    style.tongues.truncate(2);
    let fonts = Fonts::of(style.family)?;
    let front = front(&person, &style, &fonts, rng);
    let with_address = rng.random_bool(0.5);
    let back = back(&person, &style, &fonts, with_address);

    // The gap between the two sides shows the background.
    let (width, height) = front.image.dimensions();
    let gap = (4.0 * SCALE) as u32;
    let side_by_side = name == "beside";
    let size = if side_by_side { (width * 2 + gap, height) } else { (width, height * 2 + gap) };
    let mut picture = image::RgbImage::from_pixel(size.0, size.1, GAP);
    imageops::replace(&mut picture, &front.image, 0, 0);
    let (x, y) = if side_by_side { (width + gap, 0) } else { (0, height + gap) };
    imageops::replace(&mut picture, &back.image, i64::from(x), i64::from(y));

    let mut truth = identity(&person);
    truth.extend(zone_values(&person, "ID", person.card_mrz()));
    if with_address {
        truth.insert(FieldName::Address, person.address_lines().join(", "));
    }
    let capitals = caseless(style.capitals);
    let mut optional = optional_values(&person, (!with_address).then_some(AUTHORITY));
    optional.remove(&FieldName::PlaceOfBirth);
    Ok(Specimen { paper: Paper::CardTd1, person, layout: name, truth, optional, capitals, picture })
}

fn front(person: &Person, style: &Style, fonts: &Fonts, rng: &mut StdRng) -> Sheet {
    let mut sheet = style.sheet(SIZE, SCALE, &fonts.bold, (6.0, 47.0, 13.0));
    let heading = pick(
        rng,
        &["IDENTITY CARD", "PERSONALAUSWEIS / IDENTITY CARD", "CARTE D'IDENTITÉ", "IDENTITETSKORT / IDENTITY CARD"],
    );
    sheet.text(&fonts.bold, 4.0, 6.5, 3.4, style.heading, heading);
    sheet.portrait(4.0, 11.0, 22.0, 28.5);
    let words = rng.random_bool(0.5);
    let nationality = if words { person.nationality_in_words() } else { &person.nationality };
    let rows: [(Item, String, f32, f32, f32); 7] = [
        (Item::Surname, style.letters(&person.family_name), 0.0, 0.0, 54.0),
        (Item::Given, style.letters(&person.given_names), 0.0, 1.0, 54.0),
        (Item::Nationality, nationality.to_owned(), 0.0, 2.0, 34.0),
        (Item::Sex, person.sex.to_string(), 36.0, 2.0, 17.0),
        (Item::Birth, style.dates.write(person.date_of_birth), 0.0, 3.0, 32.0),
        (Item::Expiry, style.dates.write(person.expiry_date), 0.0, 4.0, 32.0),
        (Item::CardNumber, person.document_number.clone(), 0.0, 5.0, 40.0),
    ];
    for (i, (item, value, right, row, room)) in rows.into_iter().enumerate() {
        let caption = style.caption(item, i + 1);
        let left = 30.0;
        let font = if style.strong { &fonts.bold } else { &fonts.plain };
        if style.captions == Captions::Beside {
            // One pair per line, on seven lines.
            let y = 13.0 + 5.6 * i as f32;
            sheet.text_within(&fonts.plain, (left, y), 1.9, 22.0, style.caption, &caption);
            sheet.text_within(font, (left + 23.5, y), 3.0, 31.0, style.ink, &value);
        } else {
            let y = 11.5 + 7.0 * row;
            sheet.text_within(&fonts.plain, (left + right, y), 1.8, room, style.caption, &caption);
            sheet.text_within(font, (left + right, y + 3.3), 3.1, room, style.ink, &value);
        }
    }
    sheet
}

fn back(person: &Person, style: &Style, fonts: &Fonts, with_address: bool) -> Sheet {
    let mut sheet = style.sheet(SIZE, SCALE, &fonts.bold, (10.0, 28.0, 11.0));
    if with_address {
        let caption = Item::Address.caption(&style.tongues, style.between);
        sheet.text(&fonts.plain, 4.0, 6.0, 1.8, style.caption, &caption);
        for (i, line) in person.address_lines().iter().enumerate() {
            sheet.text_within(&fonts.plain, (4.0, 9.6 + 4.0 * i as f32), 3.0, 60.0, style.ink, &style.letters(line));
        }
    } else {
        let caption = Item::Authority.caption(&style.tongues, style.between);
        sheet.text(&fonts.plain, 4.0, 6.0, 1.8, style.caption, &caption);
        sheet.text(&fonts.plain, 4.0, 9.6, 3.0, style.ink, &style.letters(AUTHORITY));
    }
    for (i, line) in person.card_mrz().lines().enumerate() {
        sheet.zone_line(&fonts.zone, 4.6, 36.0 + 6.0 * i as f32, line);
    }
    sheet
}
