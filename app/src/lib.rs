//! The web page: pages, tiles and the live connection.
//!
//! Compiled twice, never with both features: `ssr` renders the pages on the server, `hydrate` hydrates them in the
//! browser. Both start from the same state, which the server writes into the page once; from then on only events change
//! it. `logic` decides without a browser, `pages`, `tiles` and `components` render, `browser` calls the browser's APIs.

// Views nest, and with them the types of their futures.
#![recursion_limit = "256"]

mod app;
mod boot;
mod browser;
mod components;
mod effect;
mod erased;
pub mod logic;
#[cfg(feature = "ssr")]
mod page_script;
mod pages;
mod parts;
#[cfg(feature = "ssr")]
mod reload_banner;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
mod start_script;
mod state;
mod tiles;

pub use app::App;
#[cfg(feature = "ssr")]
pub use boot::{Outbox, PageState, PartFiles, PhoneLink};
#[cfg(feature = "ssr")]
pub use shell::{content_security_policy, server_error_html, shell};

/// Takes over the page that the server rendered. If this build cannot read the state in the page, a newer version wrote
/// it: the page then stays as it was rendered, and offers a reload.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    let Some(boot) = boot::read() else { return browser::dom::announce_newer_version() };
    browser::parts::before_hydration(boot.parts.clone(), move || {
        if boot.is_readable() {
            browser::takeover::take_over(App);
        } else {
            browser::dom::announce_newer_version();
        }
    });
}

/// Says in the page that it has stopped, and offers a reload. To be called by the panic hook: after a panic nothing in
/// the page can be relied on.
#[cfg(feature = "hydrate")]
pub fn announce_failure() {
    browser::dom::announce_failure();
}
