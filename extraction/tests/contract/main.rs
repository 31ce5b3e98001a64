//! One list of promises for everybody who reads documents, over real HTTP. The services are played by a server on this machine that
//! answers, in their documented shapes, what `tests/responses` holds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod documents;
mod environment;
mod failing;
mod reading;
mod requests;
mod services;
mod stand;

/// Makes a test of each case for each of the services.
macro_rules! of_every_service {
    ($($case:ident),* $(,)?) => {
        mod textract {
            $(#[tokio::test] async fn $case() { super::$case(crate::services::Service::Textract).await })*
        }
        mod google_vision {
            $(#[tokio::test] async fn $case() { super::$case(crate::services::Service::Vision).await })*
        }
        mod azure {
            $(#[tokio::test] async fn $case() { super::$case(crate::services::Service::Azure).await })*
        }
    };
}
pub(crate) use of_every_service;
