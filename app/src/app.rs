//! The application: state, routes, and what runs only in the browser.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use crate::boot::{Boot, StoredProducts};
use crate::browser::live;
use crate::pages::{JourneyPage, NotFound, OutboxPage, PhoneLinkPage, PhonePage, ThankYou, Trouble};
use crate::state::Store;

/// Everything inside `<body>`. The same on both sides.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let Boot { snapshot, outbox, products, phone_link } = Boot::shared();
    let store = Store::new(snapshot);
    provide_context(store);
    provide_context(StoredProducts::new(products));
    come_alive(store);
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "OnboardAI".to_owned() } else { format!("{title} | OnboardAI") }
        } />
        <ErrorBoundary fallback=|_| view! { <Trouble /> }>
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

/// What the browser does once it has taken over: say so, and keep the page live as soon as there is something to hear.
fn come_alive(store: Store) {
    Effect::new(move |_| {
        store.hydrated.set(true);
        if let Some(root) = document().document_element() {
            _ = root.set_attribute("data-hydrated", "true");
        }
    });
    Effect::new(move |started: Option<bool>| {
        let started = started.unwrap_or_default();
        match store.session.get() {
            Some(session) if !started => {
                live::start(store, session);
                true
            }
            _ => started,
        }
    });
}
