//! Faults of the picture of a document, and advice for the applicant.

use serde::{Deserialize, Serialize};

use super::DocumentKind;

/// A fault of the picture of a document. Its display form is for the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PictureIssue {
    /// Too little light.
    #[error("the picture is too dark")]
    TooDark,
    /// No sharp edges.
    #[error("the picture is blurred")]
    Blurred,
    /// A bright reflection hides part of the document.
    #[error("light is reflected on the document")]
    Glare,
    /// Part of the document lies outside of the picture.
    #[error("part of the document is cut off")]
    CutOff,
    /// Too few pixels for the print.
    #[error("the picture is too small")]
    TooSmall,
    /// No part of the picture looks like a document with text.
    #[error("no document was found in it")]
    NoDocument,
    /// The document's other side.
    #[error("this is the other side of the document")]
    WrongSide,
    /// The text does not belong to the requested kind of document.
    #[error("the text on it is not what we expect on this kind of document")]
    OtherDocument,
}

impl PictureIssue {
    /// The message for the applicant: the fault and the remedy.
    pub fn advice(self, kind: DocumentKind) -> String {
        let thing = match kind {
            DocumentKind::Passport => "passport's photo page",
            DocumentKind::IdentityCard => "identity card",
            DocumentKind::DrivingLicence => "driving licence",
            DocumentKind::ProofOfAddress => "proof of address",
        };
        match self {
            Self::TooDark => format!(
                "The picture is too dark to read. Please take a new picture of your {thing} by daylight or under a \
                 bright lamp, without a flash."
            ),
            Self::Blurred => format!(
                "The picture is too blurred to read. Please lay your {thing} flat, hold the camera still until it has \
                 focused, and take a new picture."
            ),
            Self::TooSmall => format!(
                "The picture is too small to read. Please take a new picture in which your {thing} fills most of the \
                 frame, and upload it in its original size."
            ),
            Self::NoDocument => format!(
                "We could not find a document in this picture. Please lay your {thing} flat on a plain surface, with \
                 all four corners in the frame, and take a new picture."
            ),
            Self::Glare => format!(
                "Light is reflected on it, so part cannot be read. Please tilt your {thing} or move away from the \
                 lamp, without a flash, and take a new picture."
            ),
            Self::CutOff => format!(
                "Part of it is outside the picture. Please take a new picture of your {thing} with all four corners in \
                 the frame."
            ),
            Self::WrongSide => format!(
                "This is the other side. Please turn it round, and take a picture of the side of your {thing} with \
                 your name and date of birth."
            ),
            Self::OtherDocument => match kind {
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
}
