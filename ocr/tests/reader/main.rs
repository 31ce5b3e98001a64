//! What a reader promises, one module for each side of it. One program of them all: it is linked once, and no core waits for the
//! last test of one file before the first of the next begins.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod defects;
mod hostile;
mod oversized_text;
mod preparing;
mod reading;
mod refusing;
mod support;
