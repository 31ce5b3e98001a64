//! Why the server did not start.

use std::net::SocketAddr;

/// Why the server did not start; the message is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be bound.
    #[error("http.address (LEPTOS_SITE_ADDR) {address}: {error}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// A folder or file under `data_dir` cannot be used.
    #[error("data_dir {folder}: {error}")]
    Data {
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
