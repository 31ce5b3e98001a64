//! The server's use of Kafka, on the embedded broker or a cluster: order, repetition, failures, rebalances and outages.
#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod batches;
mod delivery;
mod failures;
mod groups;
mod outages;
mod publishing;
#[path = "../stack/mod.rs"]
mod stack;
mod stopping;
mod support;
