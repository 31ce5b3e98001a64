//! Tests of the reader, one module per area. A single program links once and keeps all cores busy.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod century;
mod defects;
mod forms;
mod hostile;
mod oversized_text;
mod preparing;
mod reading;
mod refusing;
mod scans;
mod support;
mod world;
mod zones;
