//! Errors of setup and of reading, with the words for the applicant.

use std::path::PathBuf;

/// Why a [`crate::Reader`] cannot be made. The texts are for the operator.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A program is missing.
    #[error("{program} not found: install the Debian package {package}, or put its folder on the PATH")]
    Program {
        /// Its name.
        program: &'static str,
        /// The Debian package that contains it.
        package: &'static str,
    },
    /// The OCR-B font is missing.
    #[error("font OCRB.otf not found: install the Debian package fonts-ocr-b, or set ONBOARD_FONT_DIR to its folder")]
    Font,
    /// The file is not a valid font.
    #[error("font {path} cannot be read: reinstall the Debian package fonts-ocr-b")]
    BrokenFont {
        /// Where it is.
        path: PathBuf,
    },
    /// Tesseract lacks a language that the configuration names.
    #[error("Tesseract has no data for the language {language}: install the Debian package tesseract-ocr-{language}")]
    Language {
        /// As Tesseract names it.
        language: String,
    },
    /// Tesseract did not list its languages.
    #[error("tesseract does not say which languages it has: {0}")]
    Silent(#[source] std::io::Error),
}

/// Why a document was not read. It contains no text of the document.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// An unsupported kind of file, or a truncated one.
    #[error("the file is damaged, or of a kind that is not read")]
    Malformed,
    /// The picture would take too much memory.
    #[error("the picture has {pixels} pixels, more than {limit}")]
    TooLarge {
        /// Width times height.
        pixels: u64,
        /// The limit.
        limit: u64,
    },
    /// A TIFF of a kind that is not read.
    #[error("TIFF with {kind} is not read")]
    UnreadTiff {
        /// What is not read.
        kind: &'static str,
    },
    /// A PDF that asks for a password.
    #[error("the PDF is protected by a password")]
    Encrypted,
    /// Reading took longer than the configuration allows.
    #[error("reading the document took too long")]
    Timeout,
    /// Too many documents are waiting; another try may succeed.
    #[error("too many documents are waiting to be read")]
    Busy,
    /// A tool failed; another file would not help.
    #[error("{program} failed: {reason}")]
    Tool {
        /// Which one.
        program: &'static str,
        /// The error of the operating system. Never the tool's output, which may contain text of the document.
        reason: String,
    },
}

impl ReadError {
    /// The text for the applicant: what happened, and what to do next. `None` if the fault is ours and another file
    /// would not help.
    pub fn advice(&self) -> Option<String> {
        let words = match self {
            Self::Malformed => {
                "We could not open this file. It may be damaged, or not be a JPEG, PNG, WebP, TIFF or HEIC picture or \
                 a PDF. Please take a new picture, or save the document again as a PDF, and upload that."
                    .to_owned()
            }
            Self::TooLarge { limit, .. } => format!(
                "This picture has more than {} megapixels, which is more than we can take. Please set your camera to a \
                 lower resolution, or scan at 300 dpi, and upload the new picture.",
                limit / 1_000_000
            ),
            Self::UnreadTiff { kind } => format!(
                "This TIFF is written with {kind}, which we cannot open. Please scan the document again as a PDF or \
                 JPEG, or take a picture of it, and upload that."
            ),
            Self::Encrypted => {
                "This PDF is protected by a password, so we could not open it. Please save a copy without the \
                 password, or take a picture of the page, and upload that."
                    .to_owned()
            }
            Self::Timeout => {
                "Reading this file took too long, so we stopped. Please upload a simpler file: one clear picture of \
                 the document, or a PDF of only the page that matters."
                    .to_owned()
            }
            Self::Busy | Self::Tool { .. } => return None,
        };
        Some(words)
    }
}
