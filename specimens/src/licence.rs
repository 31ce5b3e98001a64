//! A driving licence: 85.6 by 54 mm, with the numbered fields of Directive 2006/126/EC, annex I.

use image::{Rgb, RgbImage};

use crate::canvas::{INK, Sheet, point_date};
use crate::fonts::{FontError, Fonts};
use crate::{Person, Theme};

/// Draws the front of a driving licence.
///
/// # Errors
/// [`FontError`], if a font is not installed.
pub fn draw_driving_licence(person: &Person, theme: &Theme) -> Result<RgbImage, FontError> {
    let fonts = Fonts::find()?;
    let mut sheet = Sheet::new(85.6, 54.0, 18.0, Rgb([248, 240, 242]));
    sheet.guilloche(Rgb([236, 216, 224]), 0.7);
    sheet.text(&fonts.bold, 22.0, 51.0, 10.0, Rgb([234, 222, 228]), "SPECIMEN");
    sheet.text(&fonts.bold, 30.0, 7.0, 4.0, Rgb([40, 50, 110]), "DRIVING LICENCE");
    sheet.portrait(4.0, 13.0, 22.0, 28.0);
    let lines = [
        format!("1.  {}", person.family_name),
        format!("2.  {}", person.given_names),
        format!("3.  {}  {}", point_date(person.date_of_birth), person.city),
        format!("4a. {}   4c. Trafikkstasjon", point_date(person.issue_date)),
        format!("4b. {}", point_date(person.expiry_date)),
        format!("5.  {}", person.document_number),
        format!("8.  {}, {} {}", person.line1, person.postal_code, person.city),
        "9.  B".to_owned(),
    ];
    for (i, line) in lines.iter().enumerate() {
        sheet.text(&fonts.plain, 30.0, 13.5 + 4.9 * i as f32, 3.4, INK, line);
    }
    Ok(theme.apply(sheet.image))
}
