//! The inline script of every page, which works without the WebAssembly:
//!
//! - it offers a reload if the WebAssembly has not arrived within five seconds, if it has stopped after a fault, or if
//!   a newer version is ready ([`ReloadBanner`](crate::reload_banner::ReloadBanner))
//! - it keeps what was typed over a reload, and where the page is rendered anew
//! - it knows whether something else changed the page before the WebAssembly takes over
//! - it lets live texts follow the state where a translator has replaced them
//!
//! It stands at the end of `<body>`, outside of the hydrated elements, and watches three attributes of `<html>`:
//! `data-hydrated`, `data-failed` and `data-newer-version`.

use std::sync::LazyLock;

use leptos::nonce::use_nonce;
use leptos::prelude::*;

const SCRIPT: &str = concat!(
    "(() => {\n",
    include_str!("page_script/typed_values.js"),
    include_str!("page_script/reload_banner.js"),
    include_str!("page_script/takeover.js"),
    include_str!("page_script/translation.js"),
    "})();\n"
);

/// The script as it is sent.
static SENT: LazyLock<String> = LazyLock::new(|| without_comments(SCRIPT));

/// A script without comments and indentation.
pub(crate) fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The script.
#[component]
pub(crate) fn PageScript() -> impl IntoView {
    view! { <script nonce=use_nonce().map(|nonce| nonce.to_string())>{SENT.as_str()}</script> }
}
