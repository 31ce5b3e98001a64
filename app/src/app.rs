//! The application: state, routes, and browser-only effects.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;

use crate::boot::{Boot, OtherPages, StoredProducts};
use crate::browser::dom;
use crate::erased::Erase;
use crate::pages::{JourneyPage, NotFound, ServerError};
use crate::parts::{self, Parts};
use crate::state::PageStore;

/// The content of `<body>` that is hydrated. The same on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let boot = Boot::shared();
    let store = PageStore::new(boot.snapshot());
    let Boot { outbox, products, phone_link, .. } = boot;
    provide_context(store);
    provide_context(StoredProducts::new(products));
    provide_context(OtherPages::new(outbox, phone_link.unwrap_or_default()));
    let parts = Parts::initial();
    provide_context(parts);
    start_in_browser(store, parts);
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "OnboardAI".to_owned() } else { format!("{title} | OnboardAI") }
        } />
        <ErrorBoundary fallback=|_| view! { <ServerError /> }>
            <Router>
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=JourneyPage />
                    <Route path=path!("/thank-you") view=parts::thank_you />
                    <Route path=path!("/phone") view=parts::phone />
                    <Route path=path!("/phone/:token") view=parts::phone_link />
                    <Route path=path!("/outbox") view=parts::outbox />
                </FlatRoutes>
            </Router>
        </ErrorBoundary>
    }
    .erase()
}

/// Effects, which run in the browser only: report the hydration, load the rest of the page, and connect as soon as there
/// is a session.
fn start_in_browser(store: PageStore, parts: Parts) {
    Effect::new(move |_| store.hydrated.set(dom::announce_hydrated()));
    Effect::new(move |_| load_rest(store, parts));
    Effect::new(move |_| {
        if store.newer_version.get() {
            dom::announce_newer_version();
        }
    });
    Effect::new(move |started: Option<bool>| {
        let started = started.unwrap_or_default();
        match (store.session.get(), parts.session.get()) {
            (Some(session), Some(part)) if !started && store.hydrated.get() => {
                part.connect(store, session);
                true
            }
            _ => started,
        }
    });
}

#[cfg(feature = "hydrate")]
fn load_rest(store: PageStore, parts: Parts) {
    crate::browser::parts::after_hydration(store, parts);
}

#[cfg(not(feature = "hydrate"))]
const fn load_rest(_: PageStore, _: Parts) {}
