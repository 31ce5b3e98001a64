//! What people see: pages, tiles and the live connection.
//!
//! Compiled twice, never with both features: `ssr` renders the pages on the server, `hydrate` brings them to life in
//! the browser. Both start from the same state, which the server writes into the page once; from then on only events
//! change it. `logic` decides, `tiles` and `parts` show, `browser` speaks to the world.

// Views nest, and with them the types of their futures.
#![recursion_limit = "256"]

mod app;
mod boot;
mod browser;
pub mod logic;
mod pages;
mod parts;
mod shell;
mod state;
mod tiles;

pub use app::App;
pub use boot::{Outbox, PageState, PhoneLink};
pub use shell::shell;
#[cfg(feature = "ssr")]
pub use shell::trouble_html;
