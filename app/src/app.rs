//! The application: state, routes, and browser-only effects.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use crate::boot::{Boot, StoredProducts};
use crate::browser::{dom, live};
use crate::pages::{JourneyPage, NotFound, OutboxPage, PhoneLinkPage, PhonePage, ServerError, ThankYou};
use crate::state::PageStore;

/// The content of `<body>` that is hydrated. The same on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let Boot { snapshot, outbox, products, phone_link, .. } = Boot::shared();
    let store = PageStore::new(snapshot);
    provide_context(store);
    provide_context(StoredProducts::new(products));
    start_in_browser(store);
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "OnboardAI".to_owned() } else { format!("{title} | OnboardAI") }
        } />
        <ErrorBoundary fallback=|_| view! { <ServerError /> }>
            <Router>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=JourneyPage />
                    <Route path=path!("/thank-you") view=ThankYou />
                    <Route path=path!("/phone") view=PhonePage />
                    <Route
                        path=path!("/phone/:token")
                        view=move || view! { <PhoneLinkPage works=phone_link.unwrap_or_default() /> }
                    />
                    <Route path=path!("/outbox") view=move || view! { <OutboxPage messages=outbox.clone() /> } />
                </Routes>
            </Router>
        </ErrorBoundary>
    }
    .into_any()
}

/// Effects, which run in the browser only: report the hydration, and connect as soon as there is a session.
fn start_in_browser(store: PageStore) {
    Effect::new(move |_| store.hydrated.set(dom::announce_hydrated()));
    Effect::new(move |_| {
        if store.newer_version.get() {
            dom::announce_newer_version();
        }
    });
    Effect::new(move |started: Option<bool>| {
        let started = started.unwrap_or_default();
        match store.session.get() {
            Some(session) if !started && store.hydrated.get() => {
                live::start(store, session);
                true
            }
            _ => started,
        }
    });
}
