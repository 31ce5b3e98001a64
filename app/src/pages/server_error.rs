//! The page for an error of the server.

use leptos::prelude::*;

use super::page_frame::PageFrame;
use crate::erased::Erase;

/// The error without details, which are in the log.
#[component]
pub fn ServerError() -> impl IntoView {
    view! {
        <PageFrame>
            <div class="page-narrow" data-page="trouble">
                <h1 class="page-title">"Something went wrong on our side"</h1>
                <p class="lead">
                    "What you sent before is kept. Wait a moment, then load this page again; if it happens again, come \
                     back in an hour."
                </p>
                <p class="actions"><a class="button button-primary" href="/" rel="external">"Try again"</a></p>
            </div>
        </PageFrame>
    }
    .erase()
}
