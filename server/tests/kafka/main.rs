//! Kafka as the server uses it, against the broker of the embedded stack or a cluster: what is delivered, in which order, how often,
//! and what becomes of it when something fails.
#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod delivery;
mod failures;
mod groups;
mod outages;
mod publishing;
#[path = "../stack/mod.rs"]
mod stack;
mod stopping;
mod support;
