//! What can go wrong, and what the applicant is told of it.

use std::path::PathBuf;

use domain::document::DocumentKind;

/// Why a [`crate::Reader`] cannot be made. The texts are for the operator.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A program is not there.
    #[error("{program} not found: install the Debian package {package}, or put its folder on the PATH")]
    Program {
        /// Its name.
        program: &'static str,
        /// The Debian package that brings it.
        package: &'static str,
    },
    /// The OCR-B font is not there.
    #[error("font OCRB.otf not found: install the Debian package fonts-ocr-b, or set ONBOARD_FONT_DIR to its folder")]
    Font,
    /// The file is there, but is no font.
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
    /// Tesseract does not answer.
    #[error("tesseract does not say which languages it has: {0}")]
    Silent(#[source] std::io::Error),
}

/// Why a document was not read. No text of the document is in it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is whole, but the document in it cannot be read.
    #[error("the document cannot be read: {reason}")]
    Unreadable {
        /// What seems to be wrong.
        reason: Unreadable,
        /// What it was said to be.
        kind: DocumentKind,
    },
    /// Neither a whole JPEG, PNG nor PDF.
    #[error("the file is damaged, or is neither a JPEG, a PNG nor a PDF")]
    Malformed,
    /// The picture would take too much memory.
    #[error("the picture has {pixels} pixels, more than {limit}")]
    TooLarge {
        /// Width times height.
        pixels: u64,
        /// The most that is taken.
        limit: u64,
    },
    /// A PDF of more pages than any proof needs.
    #[error("the PDF has {pages} pages, more than {limit}")]
    TooManyPages {
        /// How many it has.
        pages: u32,
        /// The most that is taken.
        limit: u32,
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
    /// One of our tools failed; not the applicant's fault.
    #[error("{program} failed: {reason}")]
    Tool {
        /// Which one.
        program: &'static str,
        /// What the system says; never what the tool printed, which may hold text of the document.
        reason: String,
    },
}

/// What seems to be wrong with a picture in which nothing can be read. Displayed in words for the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unreadable {
    /// Hardly any light.
    #[error("the picture is too dark")]
    TooDark,
    /// No sharp edges.
    #[error("the picture is blurred")]
    Blurred,
    /// Fewer pixels than the print needs.
    #[error("the picture is too small")]
    TooSmall,
    /// Nothing that looks like a document with text.
    #[error("no document was found in it")]
    NoDocument,
    /// There is text, but not that of the kind of document that was asked for.
    #[error("the text on it is not what we expect on this kind of document")]
    OtherDocument,
}

impl ReadError {
    /// What to tell the applicant: what happened, and what to do next. `None` where the fault is ours and another file would
    /// not help.
    pub fn advice(&self) -> Option<String> {
        let words = match self {
            Self::Unreadable { reason, kind } => return Some(unreadable(*reason, *kind)),
            Self::Malformed => {
                "We could not open this file. It may be damaged, or not be a JPEG, PNG or PDF. Please take a new picture, or save \
                 the document again as a PDF, and upload that."
                    .to_owned()
            }
            Self::TooLarge { limit, .. } => format!(
                "This picture has more than {} megapixels, which is more than we can take. Please set your camera to a lower \
                 resolution, or scan at 300 dpi, and upload the new picture.",
                limit / 1_000_000
            ),
            Self::TooManyPages { pages, limit } => format!(
                "This PDF has {pages} pages; we can take up to {limit}. Please upload only the page with your name, your address \
                 and the date."
            ),
            Self::Encrypted => {
                "This PDF is protected by a password, so we could not open it. Please save a copy without the password, or take a \
                 picture of the page, and upload that."
                    .to_owned()
            }
            Self::Timeout => {
                "Reading this file took too long, so we stopped. Please upload a simpler file: one clear picture of the document, \
                 or a PDF of only the page that matters."
                    .to_owned()
            }
            Self::Busy | Self::Tool { .. } => return None,
        };
        Some(words)
    }
}

fn unreadable(reason: Unreadable, kind: DocumentKind) -> String {
    let thing = match kind {
        DocumentKind::Passport => "passport's photo page",
        DocumentKind::IdentityCard => "identity card",
        DocumentKind::DrivingLicence => "driving licence",
        DocumentKind::ProofOfAddress => "proof of address",
    };
    match reason {
        Unreadable::TooDark => format!(
            "The picture is too dark to read. Please take a new picture of your {thing} by daylight or under a bright lamp, \
             without a flash."
        ),
        Unreadable::Blurred => format!(
            "The picture is too blurred to read. Please lay your {thing} flat, hold the camera still until it has focused, and \
             take a new picture."
        ),
        Unreadable::TooSmall => format!(
            "The picture is too small to read. Please take a new picture in which your {thing} fills most of the frame, and \
             upload it in its original size."
        ),
        Unreadable::NoDocument => format!(
            "We could not find a document in this picture. Please lay your {thing} flat on a plain surface, with all four corners \
             in the frame, and take a new picture."
        ),
        Unreadable::OtherDocument => match kind {
            DocumentKind::Passport => {
                "We could not find a passport's details here. Please take a picture of the page with your \
                 photo, including the two lines of letters and arrows (<<<) at the bottom."
                    .to_owned()
            }
            DocumentKind::IdentityCard => {
                "We could not find an identity card's details here. Please take a picture of the side \
                 with the three lines of letters and arrows (<<<), or of both sides together."
                    .to_owned()
            }
            DocumentKind::DrivingLicence => {
                "We could not find a driving licence's details here. Please take a picture of the \
                 front, where your name and the numbered fields are, so that all of it is in the frame."
                    .to_owned()
            }
            DocumentKind::ProofOfAddress => {
                "We could not find a name, an address and a date here. Please upload the first page \
                 of a bill, a bank statement or an official letter that shows all three."
                    .to_owned()
            }
        },
    }
}
