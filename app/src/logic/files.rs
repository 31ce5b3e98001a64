//! What can be said of a file before it is sent.

use domain::document::MAX_BYTES;

/// The media types that are taken, as `accept` wants them.
pub const ACCEPT: &str = "image/jpeg,image/png,application/pdf";

/// Judges a file by what the browser says of it. The server judges again, by its bytes.
///
/// # Errors
/// What is wrong and what to do, for the applicant.
pub fn check(media_type: &str, bytes: f64) -> Result<(), &'static str> {
    if bytes <= 0.0 {
        return Err("This file is empty. Choose another one.");
    }
    if bytes > MAX_BYTES as f64 {
        return Err(
            "This file is larger than 10 MB. Take the photo again at a lower quality, or choose a smaller file.",
        );
    }
    // Some systems do not know the type: then the server's look at the bytes decides.
    if !media_type.is_empty() && !ACCEPT.split(',').any(|known| known == media_type) {
        return Err("We can read JPEG and PNG pictures and PDF files. Choose a file of one of these kinds.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_kind_are_checked_before_anything_is_sent() {
        assert!(check("image/png", 1.0).is_ok());
        assert!(check("", 1.0).is_ok());
        assert!(check("application/pdf", MAX_BYTES as f64).is_ok());
        assert!(check("application/pdf", MAX_BYTES as f64 + 1.0).is_err());
        assert!(check("image/png", 0.0).is_err());
        assert!(check("image/heic", 1.0).is_err());
    }
}
