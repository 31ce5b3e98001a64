//! Tests of the reader, one module for each area. They are one program, which is linked once and keeps all cores busy until
//! the end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod defects;
mod hostile;
mod oversized_text;
mod preparing;
mod reading;
mod refusing;
mod support;
