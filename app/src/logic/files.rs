//! Validation of a file before it is uploaded.

use domain::document::MAX_BYTES;

/// The accepted media types for `accept`. Some systems do not know the type of HEIC, hence its file extensions.
pub const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/tiff,image/heic,image/heif,.heic,.heif,application/pdf";

/// The most pixels that are sent. The server reads no more.
const MOST_PIXELS: f64 = 40_000_000.0;

/// How many pixels a picture has after shrinking: enough for the smallest print of a document, and within what all
/// browsers can draw (4096 by 4096 on iPhones).
const SHRUNK_PIXELS: f64 = 16_000_000.0;

/// A picture of fewer bytes is not decoded in the page: photographs of so many pixels have more, and the server reduces
/// JPEG by itself.
const MAY_BE_LARGE: f64 = 2_000_000.0;

/// Whether the file may be too large, and a browser may be able to decode it and make it smaller. TIFF may have several
/// pages, of which it would keep one.
pub fn may_shrink(media_type: &str, bytes: f64) -> bool {
    bytes >= MAY_BE_LARGE && media_type.starts_with("image/") && media_type != "image/tiff"
}

/// The size at which a picture is sent, in pixels. `None`: as it is, because neither pixels nor bytes are too many.
pub fn shrunk_size(width: u32, height: u32, bytes: f64) -> Option<(u32, u32)> {
    let pixels = f64::from(width) * f64::from(height);
    if pixels < 1.0 || (pixels <= MOST_PIXELS && bytes <= MAX_BYTES as f64) {
        return None;
    }
    let scale = (SHRUNK_PIXELS / pixels).sqrt().min(1.0);
    let scaled = |side: u32| ((f64::from(side) * scale).floor() as u32).max(1);
    Some((scaled(width), scaled(height)))
}

/// The name of a file that became a JPEG.
pub fn jpeg_name(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.jpg")
}

/// Validates a file by its name, type and size in the browser. The server validates its bytes.
///
/// # Errors
/// The fault and the remedy, for the applicant.
pub fn check(name: &str, media_type: &str, bytes: f64) -> Result<(), &'static str> {
    if bytes <= 0.0 {
        return Err("This file is empty. Choose another one.");
    }
    if bytes > MAX_BYTES as f64 {
        return Err(
            "This file is larger than 10 MB. Take the photo again at a lower quality, or choose a smaller file.",
        );
    }
    // If the system does not know the type, the server decides by the bytes.
    let unknown = media_type.is_empty() || media_type == "application/octet-stream";
    let name = name.to_ascii_lowercase();
    let taken = |known: &str| known == media_type || known.starts_with('.') && name.ends_with(known);
    if !unknown && !ACCEPT.split(',').any(taken) {
        return Err(
            "We can read JPEG, PNG, WebP, TIFF and HEIC pictures and PDF files. Choose a file of one of these kinds.",
        );
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn picture_with_too_many_pixels_or_bytes_is_shrunk() {
        for (width, height, bytes) in [(8000, 6000, 3e6), (6000, 8000, 9e6), (16320, 12240, 9e6), (5000, 4000, 12e6)] {
            let (w, h) = shrunk_size(width, height, bytes).unwrap();
            let pixels = f64::from(w) * f64::from(h);
            assert!((15.9e6..=SHRUNK_PIXELS).contains(&pixels), "{width} x {height}: {w} x {h}");
            let bend = f64::from(w) / f64::from(h) / (f64::from(width) / f64::from(height));
            assert!((bend - 1.0).abs() < 0.001, "{width} x {height}: {w} x {h}");
        }
        // Only its bytes are too many.
        assert_eq!(shrunk_size(4000, 3000, 11e6), Some((4000, 3000)));
        for (width, height) in [(4000, 3000), (7000, 5700), (0, 0)] {
            assert_eq!(shrunk_size(width, height, 9e6), None, "{width} x {height}");
        }
        for (media_type, bytes, may) in [
            ("image/jpeg", 3e6, true),
            ("image/heic", 3e6, true),
            ("image/jpeg", 1e6, false),
            ("image/tiff", 3e6, false),
            ("application/pdf", 3e6, false),
            ("", 3e6, false),
        ] {
            assert_eq!(may_shrink(media_type, bytes), may, "{media_type} {bytes}");
        }
        assert_eq!((jpeg_name("IMG_1.heic"), jpeg_name("photo")), ("IMG_1.jpg".to_owned(), "photo.jpg".to_owned()));
    }

    #[test]
    fn file_of_wrong_size_or_type_is_refused() {
        for (name, media_type) in [
            ("a.png", "image/png"),
            ("a.webp", "image/webp"),
            ("a.tif", "image/tiff"),
            ("IMG_1.HEIC", "image/heic"),
            ("IMG_1.heif", "image/heif"),
            // The types that some systems report.
            ("IMG_1.HEIC", ""),
            ("IMG_1.HEIC", "application/octet-stream"),
            ("IMG_1.HEIC", "image/x-heic"),
        ] {
            assert!(check(name, media_type, 1.0).is_ok(), "{name} {media_type}");
        }
        assert!(check("a.pdf", "application/pdf", MAX_BYTES as f64).is_ok());
        assert!(check("a.pdf", "application/pdf", MAX_BYTES as f64 + 1.0).is_err());
        assert!(check("a.png", "image/png", 0.0).is_err());
        for (name, media_type) in
            [("a.gif", "image/gif"), ("a.svg", "image/svg+xml"), ("a.heic.exe", "application/x-msdownload")]
        {
            assert!(check(name, media_type, 1.0).is_err(), "{name} {media_type}");
        }
    }
}
