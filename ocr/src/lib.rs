//! Reads documents on this machine, without any service: a picture or PDF goes in, fields with their confidence come out.
//!
//! The machine-readable zone is read by our own comparison with OCR-B, the printed page by Tesseract, PDFs by Poppler's
//! tools; both run as subprocesses, so that a crash or an endless loop over a hostile file ends there.
//! [`Reader::new`] finds them, [`Reader::read`] reads one document.

mod error;
mod find;
mod lengths;
mod media;
mod merge;
mod page;
mod pdf;
mod picture;
mod reader;
mod tesseract;
mod tool;
mod zone;

pub use error::{ReadError, SetupError, Unreadable};
pub use media::{MediaType, media_type};
pub use reader::{Reader, ReaderConfig, Reading};
