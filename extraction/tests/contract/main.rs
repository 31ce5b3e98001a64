//! One contract for all providers, over real HTTP. A server on this machine plays the services with the documented
//! answers in `tests/responses`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod documents;
mod environment;
mod failing;
mod reading;
mod requests;
mod services;
mod stand;

/// Generates a test of each case for each service.
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
