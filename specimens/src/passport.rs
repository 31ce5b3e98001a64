//! The data page of a passport: 125 by 88 mm, TD3 (Doc 9303-4).

use image::{Rgb, RgbImage};

use crate::canvas::{CAPTION, INK, Sheet, passport_date};
use crate::fonts::{FontError, Fonts, ZoneFont};
use crate::{Person, Theme};

/// Draws the data page of a passport.
///
/// # Errors
/// [`FontError`], if a font is not installed.
pub fn draw_passport(person: &Person, theme: &Theme) -> Result<RgbImage, FontError> {
    draw_passport_in(person, theme, ZoneFont::OcrB)
}

/// Draws the data page of a passport with its zone in another font.
///
/// # Errors
/// [`FontError`], if a font is not installed.
pub fn draw_passport_in(person: &Person, theme: &Theme, zone: ZoneFont) -> Result<RgbImage, FontError> {
    let fonts = Fonts { zone: zone.load()?, ..Fonts::find()? };
    let mut sheet = Sheet::new(125.0, 88.0, 14.0, Rgb([246, 243, 240]));
    sheet.guilloche(Rgb([222, 226, 236]), 0.7);
    sheet.text(&fonts.bold, 40.0, 57.0, 14.0, Rgb([226, 226, 232]), "SPECIMEN");
    let plain = &fonts.plain;
    sheet.text(&fonts.bold, 5.0, 7.5, 4.2, Rgb([60, 30, 60]), "PASS / PASSPORT / PASSEPORT");
    sheet.portrait(5.0, 14.0, 33.0, 42.0);

    let (left, middle, right) = (43.0, 70.0, 96.0);
    sheet.pair(plain, left, 12.0, "Type / Type", "P");
    sheet.pair(plain, middle - 8.0, 12.0, "Code / Code", &person.nationality);
    sheet.pair(plain, middle + 16.0, 12.0, "Pass nr. / Passport No.", &person.document_number);
    let mut y = sheet.pair(plain, left, 20.0, "Etternavn / Surname / Nom", &person.family_name.to_uppercase());
    y = sheet.pair(plain, left, y, "Fornavn / Given names / Prénoms", &person.given_names.to_uppercase());
    sheet.pair(plain, left, y, "Statsborgerskap / Nationality", &person.nationality);
    let sex = person.sex.to_string();
    y = sheet.pair(plain, right, y, "Kjønn / Sex", &sex);
    sheet.pair(plain, left, y, "Fødselsdato / Date of birth", &passport_date(person.date_of_birth));
    y = sheet.pair(plain, right, y, "Fødested / Place of birth", &person.city.to_uppercase());
    sheet.pair(plain, left, y, "Utstedt / Date of issue", &passport_date(person.issue_date));
    sheet.pair(plain, right - 6.0, y, "Utløper / Date of expiry", &passport_date(person.expiry_date));
    sheet.text(plain, 5.0, 60.5, 2.1, CAPTION, "Innehaverens underskrift / Holder's signature");

    sheet.fill([0.0, 65.0, 125.0, 65.15], INK, |_, _| true);
    for (i, line) in person.passport_mrz().lines().enumerate() {
        sheet.zone_line(&fonts.zone, 6.6, 74.5 + 7.0 * i as f32, line);
    }
    Ok(theme.apply(sheet.image))
}
