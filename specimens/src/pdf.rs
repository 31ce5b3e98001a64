//! Writes a bill as PDF: one page, either with a text layer or with a picture only.

use crate::bill::{Bill, runs};
use crate::{Person, RgbImage, jpeg};

/// Points in a millimetre.
pub(crate) const POINT: f32 = 72.0 / 25.4;

/// A bill as PDF with a text layer, in Helvetica. Characters outside of Latin-1 become `?`.
pub fn text_pdf(person: &Person, bill: &Bill) -> Vec<u8> {
    let content = text_content(person, bill);
    document("/Font << /F1 5 0 R /F2 6 0 R >>", stream("", &content), &[font("Helvetica"), font("Helvetica-Bold")])
}

/// The texts of a bill, with `/F1` plain and `/F2` bold.
fn text_content(person: &Person, bill: &Bill) -> Vec<u8> {
    let mut content = Vec::new();
    for run in runs(person, bill) {
        let font = if run.bold { "F2" } else { "F1" };
        let (x, y, size) = (run.x * POINT, (297.0 - run.y) * POINT, run.size * POINT);
        content.extend(format!("BT /{font} {size:.2} Tf {x:.2} {y:.2} Td (").bytes());
        content.extend(escaped(&run.text));
        content.extend(b") Tj ET\n");
    }
    content
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

/// A scanned picture as PDF, with some digital words in its margin, as scanners and archives add them.
///
/// # Errors
/// Errors of the JPEG encoder.
pub fn stamped_pdf(picture: &RgbImage, words: usize) -> Result<Vec<u8>, image::ImageError> {
    let (width, height) = picture.dimensions();
    // The longer side has the length of A4.
    let scale = 297.0 * POINT / width.max(height) as f32;
    let (w, h) = (width as f32 * scale, height as f32 * scale);
    let stamp = ["scanned", "archive", "copy", "received", "office", "entry"];
    let words: Vec<&str> = stamp.into_iter().cycle().take(words).collect();
    let mut content = format!("q {w:.2} 0 0 {h:.2} 0 0 cm /Im Do Q\n");
    for (line, i) in words.chunks(6).zip(0_u8..) {
        let text = line.join(" ");
        content += &format!("BT /F1 6 Tf 12 {:.2} Td ({text}) Tj ET\n", 10.0 + 8.0 * f32::from(i));
    }
    let header = format!(
        "/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB /BitsPerComponent 8 \
         /Filter /DCTDecode"
    );
    let page = format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {w:.2} {h:.2}] \
         /Resources << /XObject << /Im 5 0 R >> /Font << /F1 6 0 R >> >> /Contents 4 0 R >>"
    );
    Ok(assembled(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        page.into_bytes(),
        stream("", content.as_bytes()),
        stream(&header, &jpeg(picture, 85)?),
        font("Helvetica"),
    ]))
}

/// A bill of several pages with a text layer. The later pages have one line each.
pub fn long_text_pdf(person: &Person, bill: &Bill, pages: usize) -> Vec<u8> {
    const FIRST: usize = 5;
    let kids: String = (0..pages).map(|i| format!("{} 0 R ", FIRST + 2 * i)).collect();
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {pages} >>").into_bytes(),
        font("Helvetica"),
        font("Helvetica-Bold"),
    ];
    for i in 0..pages {
        let later = format!("BT /F1 12 Tf 60 780 Td (Page {} of this statement) Tj ET", i + 1);
        let content = if i == 0 { text_content(person, bill) } else { later.into_bytes() };
        let page = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {:.2} {:.2}] \
             /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents {} 0 R >>",
            210.0 * POINT,
            297.0 * POINT,
            FIRST + 2 * i + 1
        );
        objects.extend([page.into_bytes(), stream("", &content)]);
    }
    assembled(&objects)
}

/// The bytes of a text in a string of a PDF. Characters outside of Latin-1 become `?`.
pub(crate) fn escaped(text: &str) -> Vec<u8> {
    let byte = |c: char| match u8::try_from(c) {
        Ok(b @ (b'(' | b')' | b'\\')) => vec![b'\\', b],
        Ok(b) => vec![b],
        Err(_) => vec![b'?'],
    };
    text.chars().flat_map(byte).collect()
}

/// One of the fonts that every reader of PDF has.
pub(crate) fn font(name: &str) -> Vec<u8> {
    format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>").into_bytes()
}

pub(crate) fn stream(header: &str, body: &[u8]) -> Vec<u8> {
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
    assembled(&objects)
}

/// A file of these objects, numbered from 1, the first its catalogue.
pub(crate) fn assembled(objects: &[Vec<u8>]) -> Vec<u8> {
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
