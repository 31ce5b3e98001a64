//! A certificate of residence as a PDF form that was filled in: captions on the page, values in form fields.

use jiff::civil::Date;

use crate::Person;
use crate::canvas::long_date;
use crate::pdf::{POINT, assembled, escaped, font, stream};

/// Where the values of a form are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormLayout {
    /// To the right of their captions, which end with a colon.
    Right,
    /// Below their captions, in two columns.
    Below,
    /// In the second column of a table, with the captions in the first.
    Table,
}

impl FormLayout {
    /// All layouts.
    pub const ALL: [Self; 3] = [Self::Right, Self::Below, Self::Table];
}

/// A certificate of residence of the invented municipality of Solvik. With `appearances` the form has pictures of its
/// values; without them it asks the viewer to draw them.
pub fn certificate_form(person: &Person, issued: Date, layout: FormLayout, appearances: bool) -> Vec<u8> {
    let town = format!("{} {}", person.postal_code, person.city);
    let rows = [
        ("Name", person.full_name()),
        ("Date of birth", long_date(person.date_of_birth)),
        ("Address", person.line1.clone()),
        ("Postal code and town", town),
        ("Resident since", "14 May 2019".to_owned()),
        ("Date of issue", long_date(issued)),
    ];
    let mut page = Vec::new();
    let mut put = |x: f32, y: f32, size: f32, text: &str| {
        let (x, y, size) = (x * POINT, (297.0 - y) * POINT, size * POINT);
        page.extend(format!("BT /F1 {size:.2} Tf {x:.2} {y:.2} Td (").bytes());
        page.extend(escaped(text));
        page.extend(b") Tj ET\n");
    };
    put(20.0, 24.0, 6.0, "Solvik kommune");
    put(20.0, 42.0, 5.0, "Certificate of residence");
    // Left and baseline of each value.
    let mut places = Vec::new();
    for ((caption, _), i) in rows.iter().zip(0_u8..) {
        let i_f = f32::from(i);
        let (x, y) = match layout {
            FormLayout::Right => {
                put(20.0, 60.0 + 14.0 * i_f, 4.0, &format!("{caption}:"));
                (90.0, 60.0 + 14.0 * i_f)
            }
            FormLayout::Table => {
                put(20.0, 60.0 + 12.0 * i_f, 4.0, caption);
                (75.0, 60.0 + 12.0 * i_f)
            }
            FormLayout::Below => {
                let (x, y) = (20.0 + 90.0 * f32::from(i % 2), 60.0 + 18.0 * f32::from(i / 2));
                put(x, y, 3.2, caption);
                (x, y + 6.5)
            }
        };
        places.push((x, y));
    }
    put(20.0, 170.0, 3.6, "This is a specimen of an invented municipality for an invented person.");

    const FIRST: usize = 7;
    let each = 1 + usize::from(appearances);
    let widgets: Vec<usize> = (0..rows.len()).map(|i| FIRST + i * each).collect();
    let references: String = widgets.iter().map(|number| format!("{number} 0 R ")).collect();
    let need = if appearances { "" } else { "/NeedAppearances true" };
    let (width, height) = (210.0 * POINT, 297.0 * POINT);
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.2} {height:.2}] \
             /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R /Annots [{references}] >>"
        )
        .into_bytes(),
        stream("", &page),
        font("Helvetica"),
        format!("<< /Fields [{references}] /DR << /Font << /F1 5 0 R >> >> /DA (/F1 11 Tf 0 g) {need} >>").into_bytes(),
    ];
    for (i, ((_, value), (x, y))) in rows.iter().zip(&places).enumerate() {
        let (left, bottom) = (x * POINT, (297.0 - y) * POINT - 3.0);
        let (w, h) = (85.0 * POINT, 16.0);
        let mut widget = format!(
            "<< /Type /Annot /Subtype /Widget /FT /Tx /T (field{i}) /F 4 /DA (/F1 11 Tf 0 g) \
             /Rect [{left:.2} {bottom:.2} {:.2} {:.2}] /V (",
            left + w,
            bottom + h
        )
        .into_bytes();
        widget.extend(escaped(value));
        widget.extend(b")");
        if appearances {
            widget.extend(format!(" /AP << /N {} 0 R >>", widgets[i] + 1).bytes());
        }
        widget.extend(b" >>");
        objects.push(widget);
        if appearances {
            let mut drawn = b"/Tx BMC q BT /F1 11 Tf 0 3 Td (".to_vec();
            drawn.extend(escaped(value));
            drawn.extend(b") Tj ET Q EMC");
            let header = format!(
                "/Type /XObject /Subtype /Form /BBox [0 0 {w:.2} {h:.2}] /Resources << /Font << /F1 5 0 R >> >>"
            );
            objects.push(stream(&header, &drawn));
        }
    }
    assembled(&objects)
}
