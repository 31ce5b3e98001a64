//! An identity card: 85.6 by 54 mm, TD1 (Doc 9303-5); front and back on one picture.

use image::{Rgb, RgbImage};

use crate::canvas::{Sheet, point_date};
use crate::fonts::{FontError, Fonts};
use crate::{Person, Theme};

/// Draws an identity card: the front above, the back with its three lines below.
///
/// # Errors
/// [`FontError`], if a font is not installed.
pub fn draw_identity_card(person: &Person, theme: &Theme) -> Result<RgbImage, FontError> {
    let fonts = Fonts::find()?;
    let plain = &fonts.plain;
    let mut sheet = Sheet::new(85.6, 112.0, 16.0, Rgb([243, 246, 244]));
    sheet.guilloche(Rgb([218, 232, 226]), 0.7);
    sheet.text(&fonts.bold, 6.0, 46.0, 13.0, Rgb([222, 230, 226]), "SPECIMEN");
    sheet.text(&fonts.bold, 4.0, 6.5, 3.6, Rgb([20, 70, 60]), "IDENTITETSKORT / IDENTITY CARD");
    sheet.portrait(4.0, 11.0, 23.0, 30.0);
    let left = 31.0;
    let mut y = sheet.pair(plain, left, 13.0, "Etternavn / Surname", &person.family_name);
    y = sheet.pair(plain, left, y, "Fornavn / Given names", &person.given_names);
    sheet.pair(plain, left, y, "Statsborgerskap / Nationality", &person.nationality);
    y = sheet.pair(plain, left + 40.0, y, "Kjønn / Sex", &person.sex.to_string());
    sheet.pair(plain, left, y, "Fødselsdato / Date of birth", &point_date(person.date_of_birth));
    sheet.pair(plain, left, y + 8.0, "Utløper / Date of expiry", &point_date(person.expiry_date));
    sheet.pair(plain, 4.0, y + 8.0, "Kortnr. / Card No.", &person.document_number);

    // The gap between the two sides.
    sheet.fill([0.0, 54.0, 85.6, 58.0], Rgb([252, 252, 252]), |_, _| true);
    let y = sheet.pair(plain, 4.0, 64.0, "Adresse / Address", &person.line1);
    sheet.text(plain, 4.0, y + 0.6, 3.6, crate::canvas::INK, &format!("{} {}", person.postal_code, person.city));
    for (i, line) in person.card_mrz().lines().enumerate() {
        sheet.zone_line(&fonts.zone, 4.6, 93.5 + 6.0 * i as f32, line);
    }
    Ok(theme.apply(sheet.image))
}
