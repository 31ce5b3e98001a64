//! Logs and metrics.
//!
//! [`catalogue`] lists every metric with its labels; [`recorder`] keeps and renders them; [`start`] creates the series
//! whose labels are known, because a counter that first appears with 1 shows no increase to Prometheus. The code that
//! does the work records, mostly with one call of [`observe`].

pub mod catalogue;
mod labels;
mod logs;
pub mod observe;
mod recorder;
mod start;
mod store_requests;
mod watch;

pub use logs::init_logs;
pub use recorder::{CONTENT_TYPE, metrics, render};
pub use start::start;
pub use store_requests::StoreRequests;
pub use watch::Watch;
