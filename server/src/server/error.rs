//! Why the server did not start.

use std::net::SocketAddr;

/// Why the server did not start; the message is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be bound.
    #[error("http.address (LEPTOS_SITE_ADDR) {address}: {error}; does another program listen there?")]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// A folder, or a file under it, cannot be used.
    #[error("{key} {folder}: {error}")]
    Data {
        /// The setting that names it, and its variable.
        key: &'static str,
        /// The folder.
        folder: String,
        /// Why.
        error: std::io::Error,
    },
    /// Settings ask for the embedded stack, which this build leaves out.
    #[error("this build has no embedded stack: set KAFKA_BROKERS and AWS's settings, or build with it")]
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
