//! The server from outside: HTTP, WebSocket, Kafka and DynamoDB, against the embedded stack on free ports. One binary,
//! because each would link the whole server.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod access;
mod bad_input;
mod commands;
mod crash;
mod decisions;
mod effects;
mod live;
mod support;
