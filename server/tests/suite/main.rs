//! The server from outside: HTTP, WebSocket, Kafka and DynamoDB, on the embedded stack or on a cluster.
//!
//! One test binary, because every test binary links the whole server.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod access;
mod bad_input;
mod blobs;
mod command_line;
mod commands;
mod configuration;
mod consistency;
mod crash;
mod decisions;
mod effects;
mod floods;
mod handoff;
mod hostile;
mod instances;
mod lists;
mod live;
mod own_stack;
mod pages;
mod readers;
mod relay;
mod retention;
mod review;
mod roles;
#[path = "../stack/mod.rs"]
mod stack;
mod support;
mod versions;
