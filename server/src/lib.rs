//! x

pub mod kafka;
