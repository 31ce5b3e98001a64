//! What kind of file it is, by its content; names and headers are the sender's word only.

/// The kinds of file that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `application/pdf`
    Pdf,
}

impl MediaType {
    /// The IANA name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// The usual ending of a file name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
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
    } else if head.windows(5).any(|five| five == b"%PDF-") {
        Some(MediaType::Pdf)
    } else {
        None
    }
}
