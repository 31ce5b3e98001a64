//! Reads documents locally, without any service: a picture or PDF goes in, fields with their confidence come out.
//!
//! The machine-readable zone (MRZ) is read by template matching against OCR-B, the printed page by Tesseract, and PDFs
//! by Poppler. Tesseract, Poppler and libheif run as subprocesses in a sandbox, so that a crash, an endless loop or a
//! fault in a decoder ends there. [`Reader::new`] finds them, [`Reader::prepare`] prepares a file, [`Reader::read`] reads it.
//! [`fields_in`] finds fields in words that a cloud service has recognised. The pipeline is described in
//! `ocr/README.md`.

mod barcode;
mod dependencies;
mod error;
mod lengths;
mod merge;
mod mrz;
mod page;
mod prepare;
mod reader;
pub mod sandbox;
mod tesseract;
mod tool;

pub use error::{ReadError, SetupError};
pub use page::{PageText, Word, date_in, fields_in, is_without_end, title_case};
pub use prepare::{MediaType, Page, Prepared, media_type};
pub use reader::{Reader, ReaderConfig, Reading};
