//! Errors at start.

use std::net::SocketAddr;

/// Why the server did not start; the message is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be bound.
    #[error("http.address (LEPTOS_SITE_ADDR) {address}: {error}; check whether another program listens there")]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// A folder, or a file in it, cannot be used.
    #[error("{key} {folder}: {error}")]
    Data {
        /// The setting that names the folder, and its variable.
        key: &'static str,
        /// The folder.
        folder: String,
        /// Why.
        error: std::io::Error,
    },
    /// The settings require the embedded stack, which this build does not contain.
    #[error(
        "this build has no embedded stack: set KAFKA_BROKERS and the AWS settings, or build with the feature `embedded`"
    )]
    NotEmbedded,
    /// A part did not start.
    #[error("{part}: {error}")]
    Part {
        /// Which.
        part: &'static str,
        /// Why.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
}

pub(super) fn part<E: std::error::Error + Send + Sync + 'static>(part: &'static str) -> impl Fn(E) -> StartError {
    move |error| StartError::Part { part, error: Box::new(error) }
}
