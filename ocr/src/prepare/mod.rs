//! Before reading: from a file's bytes to upright pictures of its pages, in bounded memory, or to why that cannot be.

mod media;
mod pdf;
mod picture;

use std::sync::Arc;

use bytes::Bytes;
use domain::document::{DocumentKind, PictureIssue};
use image::GrayImage;

pub(crate) use pdf::{Pdf, Poppler};
pub(crate) use picture::{Quality, decode, encode};

pub use media::{MediaType, media_type};

use crate::page::PageText;

/// A page of a document, upright.
#[derive(Clone, Debug)]
pub struct Page {
    /// What our own reader reads.
    pub(crate) grey: Arc<GrayImage>,
    /// The same picture as JPEG, without any metadata: what people look at, what services read, and what the regions of fields
    /// refer to.
    pub jpeg: Bytes,
}

/// A document that is ready to be read.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What the applicant says it is.
    pub kind: DocumentKind,
    /// What the file is.
    pub media: MediaType,
    /// At least one; the first ones of a long document.
    pub pages: Vec<Page>,
    /// What the file itself says is written on its pages, where it is a PDF that tells.
    pub text: Option<Arc<Vec<PageText>>>,
    /// What makes reading its pictures hopeless, if anything does.
    pub issue: Option<PictureIssue>,
    /// Of the first page.
    pub(crate) quality: Quality,
}
