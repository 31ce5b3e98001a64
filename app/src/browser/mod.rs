//! Access to the browser: requests, the live connection, files, storage and focus. Only effects and event handlers call
//! it. The server never runs those; the code compiles there because the views name it.

pub mod camera;
pub mod commands;
pub mod dom;
pub mod draft;
pub mod http;
pub mod live;
pub mod page_images;
#[cfg(feature = "hydrate")]
pub mod parts;
pub mod shrink;
pub mod submission;
#[cfg(feature = "hydrate")]
pub mod takeover;
pub mod upload;
