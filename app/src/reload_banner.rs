//! The banner that offers a reload if the WebAssembly has not arrived within five seconds, or if a newer version is
//! ready.
//!
//! It must work without the WebAssembly, so it is a small inline script with two `<template>`s outside of the hydrated
//! elements. The script watches two attributes of `<html>`: `data-hydrated` removes the banner, `data-newer-version`
//! shows it for good. Before a reload the script stores the values of the inputs, and restores them in the next page,
//! where hydration adopts them.

use leptos::nonce::use_nonce;
use leptos::prelude::*;

const SCRIPT: &str = include_str!("reload_banner.js");

/// The banner, empty at first. The script fills it, so that a screen reader announces it as a change.
#[component]
pub(crate) fn ReloadBanner() -> impl IntoView {
    let button = || view! { <button type="button" class="button button-primary">"Reload this page"</button> };
    view! {
        <div class="reload-banner" id="reload-banner" role="alert"></div>
        <template id="reload-late">
            <div class="notice notice-warn">
                <p class="notice-title">"This page is not ready yet"</p>
                <p>
                    "A part of it is still on its way, so its buttons do not work. You can wait a little longer, or \
                     reload the page. What you typed is kept."
                </p>
                <div class="actions">{button()}</div>
            </div>
        </template>
        <template id="reload-newer">
            <div class="notice notice-warn">
                <p class="notice-title">"A newer version is ready: reload"</p>
                <p>"This page is older than our server and may miss something. What you typed is kept."</p>
                <div class="actions">{button()}</div>
            </div>
        </template>
        <script nonce=use_nonce().map(|nonce| nonce.to_string())>{SCRIPT}</script>
    }
}
