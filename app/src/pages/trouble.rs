//! Something went wrong on our side.

use leptos::prelude::*;

use super::frame::PageFrame;

/// Says so, in words for the applicant; the details are in the log.
#[component]
pub fn Trouble() -> impl IntoView {
    view! {
        <PageFrame>
            <div class="page-narrow" data-page="trouble">
                <h1 class="page-title">"Something went wrong on our side"</h1>
                <p class="lead">
                    "What you sent before is kept. Wait a moment, then load this page again; if it happens again, come back in an hour."
                </p>
                <p class="actions"><a class="button button-primary" href="/" rel="external">"Try again"</a></p>
            </div>
        </PageFrame>
    }
    .into_any()
}
