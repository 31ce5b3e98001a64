//! The browser's side of the page: requests, the live connection, files, storage and focus. Called from effects and
//! event handlers only, which the server never runs; it compiles there because the views name it.

pub mod camera;
pub mod commands;
pub mod draft;
pub mod http;
pub mod live;
pub mod page;
pub mod pictures;
pub mod sending;
pub mod upload;
