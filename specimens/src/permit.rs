//! Driving licences with the numbered fields of Directive 2006/126/EC, annex I, in several layouts.

use std::collections::BTreeMap;

use domain::document::FieldName;
use rand::Rng;
use rand::rngs::StdRng;

use crate::fonts::Fonts;
use crate::person::pattern;
use crate::specimen::{caseless, identity};
use crate::style::{Captions, Style};
use crate::words::DateForm;
use crate::{FontError, Paper, Person, Specimen, pick};

/// The front of a licence.
pub(crate) fn draw(mut person: Person, rng: &mut StdRng) -> Result<Specimen, FontError> {
    person.document_number = pattern(
        pick(rng, &["@@#######", "## ## ######", "########", "@##@@######", "@@@@@######@@#@@", "##@@#####"]),
        rng,
    );
    let printed_number = person.document_number.clone();
    person.document_number.retain(|c| c != ' ');
    let mut style = Style::invent(Captions::Above, rng);
    style.dates = *pick(
        rng,
        &[
            DateForm::Points,
            DateForm::Points,
            DateForm::Points,
            DateForm::ShortPoints,
            DateForm::Slashes,
            DateForm::Spaces,
        ],
    );
    let fonts = Fonts::of(style.family)?;
    let layout = *pick(rng, &["dots", "margin", "pairs", "plain"]);
    let mut sheet = style.sheet((85.6, 54.0), 22.0, &fonts.bold, (22.0, 51.0, 10.0));
    let heading = pick(
        rng,
        &[
            "DRIVING LICENCE",
            "FØRERKORT",
            "FÜHRERSCHEIN",
            "PERMIS DE CONDUIRE",
            "PERMISO DE CONDUCCIÓN",
            "KÖRKORT",
            "PRAWO JAZDY",
        ],
    );
    sheet.text(&fonts.bold, 30.0, 6.5, 3.8, style.heading, heading);
    sheet.portrait(4.0, 12.0, 22.0, 28.0);

    let date = |date| style.dates.write(date);
    let office = *pick(rng, &["Trafikkstasjon", "Landratsamt", "Licensing Office", "Préfecture"]);
    let printed_office = style.letters(office);
    let personal = rng.random_bool(0.4).then(|| pattern("###########", rng));
    let with_address = rng.random_bool(0.3);
    let address = person.address_lines();
    // On two lines, because one line has no room.
    let (street, town) = address.split_at(address.len().div_ceil(2));
    let (street, town) = (style.letters(&street.join(", ")), style.letters(&town.join(", ")));
    let birth = format!("{}  {}", date(person.date_of_birth), style.letters(&person.place_of_birth));
    let classes = *pick(rng, &["B", "AM/B", "AM/B1/B", "A, B, BE", "B C1"]);
    let mut rows: Vec<Vec<(&str, String)>> = vec![
        vec![("1", style.letters(&person.family_name))],
        vec![("2", style.letters(&person.given_names))],
        vec![("3", birth)],
    ];
    if layout == "pairs" {
        rows.push(vec![("4a", date(person.issue_date)), ("4c", printed_office)]);
        let mut second = vec![("4b", date(person.expiry_date))];
        second.extend(personal.clone().map(|number| ("4d", number)));
        rows.push(second);
    } else {
        rows.push(vec![("4a", date(person.issue_date))]);
        rows.push(vec![("4b", date(person.expiry_date))]);
        rows.push(vec![("4c", printed_office)]);
        rows.extend(personal.clone().map(|number| vec![("4d", number)]));
    }
    rows.push(vec![("5", printed_number)]);
    if with_address {
        rows.push(vec![("8", format!("{street},"))]);
        rows.push(vec![("", town)]);
    }
    rows.push(vec![("9", classes.to_owned())]);
    // People with a single name have no second line.
    rows.retain(|row| row.iter().all(|(_, value)| !value.is_empty()));

    let step = (39.0 / rows.len() as f32).min(4.9);
    let font = if style.strong { &fonts.bold } else { &fonts.plain };
    for (i, row) in rows.iter().enumerate() {
        let y = 12.5 + step * i as f32;
        for (j, (tag, value)) in row.iter().enumerate() {
            let (x, room) = (30.0 + 26.0 * j as f32, if row.len() > 1 { 19.0 } else { 47.0 });
            let (tag, indent, size) = match layout {
                _ if tag.is_empty() => (String::new(), 5.5, 3.2),
                "margin" => ((*tag).to_owned(), 5.5, 2.4),
                "plain" => (format!("{tag}. "), sheet.width(&fonts.plain, 3.0, &format!("{tag}. ")), 3.0),
                _ => (format!("{tag}."), 5.5, 3.2),
            };
            sheet.text(&fonts.plain, x, y, size, style.caption, &tag);
            sheet.text_within(font, (x + indent, y), 3.2, room, style.ink, value);
        }
    }

    let mut truth = identity(&person);
    truth.insert(FieldName::IssueDate, person.issue_date.to_string());
    truth.insert(FieldName::PlaceOfBirth, person.place_of_birth.clone());
    truth.insert(FieldName::IssuingAuthority, office.to_owned());
    truth.extend(personal.map(|number| (FieldName::PersonalNumber, number)));
    let letters = classes.split(['/', ' ', ',']).filter(|class| !class.is_empty());
    truth.insert(FieldName::Categories, letters.collect::<Vec<_>>().join(" "));
    if with_address {
        truth.insert(FieldName::Address, person.address_lines().join(", "));
    }
    let capitals = caseless(style.capitals);
    Ok(Specimen {
        paper: Paper::LicenceEu,
        person,
        layout,
        truth,
        optional: BTreeMap::new(),
        capitals,
        picture: sheet.image,
    })
}
