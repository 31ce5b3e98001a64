//! Writes a bill as PDF: one page, either with a text layer or with a picture only.

use crate::bill::{Bill, runs};
use crate::{Person, RgbImage, jpeg};

/// Points in a millimetre.
const POINT: f32 = 72.0 / 25.4;

/// A bill as PDF with a text layer, in Helvetica. Characters outside of Windows-1252 become `?`.
pub fn text_pdf(person: &Person, bill: &Bill) -> Vec<u8> {
    let mut content = Vec::new();
    for run in runs(person, bill) {
        let font = if run.bold { "F2" } else { "F1" };
        let (x, y, size) = (run.x * POINT, (297.0 - run.y) * POINT, run.size * POINT);
        content.extend(format!("BT /{font} {size:.2} Tf {x:.2} {y:.2} Td (").bytes());
        for c in run.text.chars() {
            match u8::try_from(c) {
                Ok(b @ (b'(' | b')' | b'\\')) => content.extend([b'\\', b]),
                Ok(b) => content.push(b),
                Err(_) => content.push(b'?'),
            }
        }
        content.extend(b") Tj ET\n");
    }
    let font = |name: &str| {
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>").into_bytes()
    };
    document("/Font << /F1 5 0 R /F2 6 0 R >>", stream("", &content), &[font("Helvetica"), font("Helvetica-Bold")])
}

/// A picture as PDF, without any text.
///
/// # Errors
/// Errors of the JPEG encoder.
pub fn image_pdf(picture: &RgbImage) -> Result<Vec<u8>, image::ImageError> {
    let (width, height) = picture.dimensions();
    let header = format!(
        "/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB /BitsPerComponent 8 \
         /Filter /DCTDecode"
    );
    let picture = stream(&header, &jpeg(picture, 85)?);
    let content = format!("q {:.2} 0 0 {:.2} 0 0 cm /Im Do Q", 210.0 * POINT, 297.0 * POINT);
    Ok(document("/XObject << /Im 5 0 R >>", stream("", content.as_bytes()), &[picture]))
}

fn stream(header: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!("<< {header} /Length {} >>\nstream\n", body.len()).into_bytes();
    out.extend(body);
    out.extend(b"\nendstream");
    out
}

/// One A4 page with its resources; `more` are the objects from number 5 on.
fn document(resources: &str, content: Vec<u8>, more: &[Vec<u8>]) -> Vec<u8> {
    let page = format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {:.2} {:.2}] /Resources << {resources} >> /Contents 4 0 R >>",
        210.0 * POINT,
        297.0 * POINT
    );
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        page.into_bytes(),
        content,
    ];
    objects.extend_from_slice(more);

    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n", i + 1).bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let table = out.len();
    let size = objects.len() + 1;
    out.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    for place in places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    out.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").bytes());
    out
}
