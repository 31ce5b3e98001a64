//! The application: state, pages, and browser-only effects.

use leptos::prelude::*;
use leptos::tachys::reactive_graph::OwnedView;

use crate::boot::{Boot, OtherPages, StoredProducts};
use crate::browser::dom;
use crate::effect::{effect, effect_with};
use crate::erased::Erase;
use crate::pages::{JourneyPage, NotFound, Page, ShownPage};
use crate::parts::{self, Parts};
use crate::state::PageStore;

/// The content of `<body>` that is hydrated. The same on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    #[cfg(feature = "ssr")]
    leptos_meta::provide_meta_context();
    let boot = Boot::shared();
    let store = boot.store();
    let Boot { outbox, products, phone_link, .. } = boot;
    provide_context(store);
    provide_context(StoredProducts::new(products));
    provide_context(OtherPages::new(outbox, phone_link.unwrap_or_default()));
    let parts = Parts::initial();
    provide_context(parts);
    let page = ShownPage::new();
    provide_context(page);
    start_in_browser(store, parts, page);
    let shown = move || match page.get() {
        Page::Journey => view! { <JourneyPage /> }.erase(),
        Page::ThankYou => parts::thank_you(),
        Page::Phone => parts::phone(),
        Page::PhoneLink => parts::phone_link(),
        Page::Outbox => parts::outbox(),
        Page::NotFound => view! { <NotFound /> }.erase(),
    };
    // The server writes the HTML after this function, when its contexts are no longer those of the caller.
    OwnedView::new(shown).erase_fixed()
}

/// Effects, which run in the browser only: report the hydration, load the rest of the page, and connect as soon as there
/// is a session.
fn start_in_browser(store: PageStore, parts: Parts, page: ShownPage) {
    effect(move |_| page.follow_history());
    effect(move |_| store.hydrated.set(dom::announce_hydrated()));
    effect(move |_| load_rest(store, parts));
    effect(move |_| {
        if store.newer_version.get() {
            dom::announce_newer_version();
        }
    });
    effect_with(move |started: Option<bool>| {
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
