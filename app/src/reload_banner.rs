//! The banner that offers a reload: the WebAssembly has not arrived within five seconds, it has stopped after a fault,
//! or a newer version is ready.
//!
//! It must work without the WebAssembly, so it is an element and three `<template>`s outside of the hydrated elements,
//! which the script of the page fills ([`PageScript`](crate::page_script::PageScript)). Before a reload the script
//! stores the values of the inputs, and restores them in the next page, where hydration adopts them.

use leptos::prelude::*;

/// The banner, empty at first. The script fills it, so that a screen reader announces it as a change.
#[component]
pub(crate) fn ReloadBanner() -> impl IntoView {
    view! {
        <div class="reload-banner" id="reload-banner" role="alert"></div>
        <Offer
            id="reload-late"
            title="This page is not ready yet"
            text="A part of it is still on its way, so its buttons do not work. You can wait a little longer, or \
                  reload the page. What you typed is kept."
        />
        <Offer
            id="reload-failed"
            title="This page has stopped working"
            text="Something went wrong in it, so its buttons may not work. Reload it to go on. What you sent is saved, \
                  and what you typed is kept."
        />
        <Offer
            id="reload-newer"
            title="A newer version is ready: reload"
            text="This page is older than our server and may miss something. What you typed is kept."
        />
    }
}

#[component]
fn Offer(id: &'static str, title: &'static str, text: &'static str) -> impl IntoView {
    view! {
        <template id=id>
            <div class="notice notice-warn">
                <p class="notice-title">{title}</p>
                <p>{text}</p>
                <div class="actions">
                    <button type="button" class="button button-primary">"Reload this page"</button>
                </div>
            </div>
        </template>
    }
}
