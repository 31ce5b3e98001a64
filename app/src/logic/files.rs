//! Validation of a file before it is uploaded.

use domain::document::MAX_BYTES;

/// The accepted media types for `accept`. Some systems do not know the type of HEIC, hence its file extensions.
pub const ACCEPT: &str = "image/jpeg,image/png,image/webp,image/tiff,image/heic,image/heif,.heic,.heif,application/pdf";

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
mod tests {
    use super::*;

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
