//! The page for an unknown address.

use leptos::prelude::*;

use super::page_frame::PageFrame;
use super::title::set_title;
use crate::erased::Erase;

/// Sets status 404 where the server renders it.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let (Some(response), Ok(status)) = (use_context::<leptos_axum::ResponseOptions>(), 404_u16.try_into()) {
        response.set_status(status);
    }
    set_title("Page not found");
    view! {
        <PageFrame>
            <div class="page-narrow" data-page="not-found">
                <h1 class="page-title">"There is no page here"</h1>
                <p class="lead">
                    "The address may be mistyped, or the page may have moved. Your application is where you left it."
                </p>
                <p class="actions"><a class="button button-primary" href="/">"Go to your application"</a></p>
            </div>
        </PageFrame>
    }
    .erase()
}
