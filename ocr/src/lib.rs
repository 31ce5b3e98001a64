//! Reads documents on this machine, without any service: a picture or PDF goes in, fields with their confidence come out.
//!
//! The machine-readable zone is read by our own comparison with OCR-B, the printed page by Tesseract, PDFs by Poppler's
//! tools; both run as subprocesses, so that a crash or an endless loop over a hostile file ends there.
//! [`Reader::new`] finds them, [`Reader::prepare`] makes a file ready, [`Reader::read`] reads it. [`fields_in`] finds the
//! fields in words that somebody else has read.

mod barcode;
mod dependencies;
mod error;
mod lengths;
mod merge;
mod mrz;
mod page;
mod prepare;
mod reader;
mod tesseract;
mod tool;

pub use error::{ReadError, SetupError};
pub use page::{PageText, Word, date_in, fields_in, title_case};
pub use prepare::{MediaType, Page, Prepared, media_type};
pub use reader::{Reader, ReaderConfig, Reading};
