//! Detects the media type by content; file names and headers come from the sender and are not trusted.

/// The kinds of file that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/webp`
    WebP,
    /// `image/tiff`
    Tiff,
    /// `image/heic`, the kind of HEIF that phones write.
    Heic,
    /// `application/pdf`
    Pdf,
}

impl MediaType {
    /// All media types.
    pub const ALL: [Self; 6] = [Self::Jpeg, Self::Png, Self::WebP, Self::Tiff, Self::Heic, Self::Pdf];

    /// The IANA name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Tiff => "image/tiff",
            Self::Heic => "image/heic",
            Self::Pdf => "application/pdf",
        }
    }

    /// The usual ending of a file name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Tiff => "tif",
            Self::Heic => "heic",
            Self::Pdf => "pdf",
        }
    }
}

/// The kind of a file by its first bytes; `None` for anything else.
pub fn media_type(bytes: &[u8]) -> Option<MediaType> {
    // ISO 32000-1, annex H: readers accept the header within the first 1024 bytes.
    let head = &bytes[..bytes.len().min(1024)];
    if bytes.starts_with(b"\xff\xd8\xff") {
        Some(MediaType::Jpeg)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(MediaType::Png)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(MediaType::WebP)
    } else if [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| bytes.starts_with(*magic)) {
        Some(MediaType::Tiff)
    } else if is_heic(head) {
        Some(MediaType::Heic)
    } else if head.windows(5).any(|five| five == b"%PDF-") {
        Some(MediaType::Pdf)
    } else {
        None
    }
}

/// ISO/IEC 23008-12: a `ftyp` box that names HEVC still pictures among its brands. Other kinds of HEIF, such as AVIF,
/// are not read.
fn is_heic(head: &[u8]) -> bool {
    if head.get(4..8) != Some(b"ftyp") {
        return false;
    }
    let length = head.first_chunk().map_or(0, |four| u32::from_be_bytes(*four)) as usize;
    let Some(brands) = head.get(8..length.min(head.len())) else { return false };
    // The second four bytes are the version of the first brand.
    let mut brands = brands.as_chunks::<4>().0.iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, brand)| brand);
    brands.any(|brand| [b"heic", b"heix", b"heim", b"heis"].contains(&brand))
}
