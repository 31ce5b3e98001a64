//! The server: commands, store, outbox, Kafka, consumers, sockets and HTTP. [`Server::start`] builds them from a
//! configuration, in tests as in production.

pub mod aws;
pub mod backends;
pub mod blobs;
pub mod build_info;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod consumers;
pub mod context;
mod descriptors;
pub mod documents;
pub mod errors;
pub mod http;
pub mod kafka;
pub mod keys;
pub mod live;
pub mod notify;
pub mod outbox;
mod private;
pub mod raw_event;
mod server;
#[cfg(feature = "embedded")]
pub mod stack_file;
pub mod store;
mod table_names;
pub mod telemetry;
pub mod watchlists;
pub mod workers;

pub use server::{Server, StartError};
