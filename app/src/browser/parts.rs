//! Loads the code of the [`parts`](crate::parts) of the page.

use std::cell::RefCell;

use futures::future::join_all;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use wasm_bindgen_futures::spawn_local;

use super::dom;
use crate::logic::connection::backoff;
use crate::parts::{CoverPart, DocumentsPart, PagesPart, Part, Parts, SessionPart};
use crate::state::PageStore;

/// After so many failures the files of this build are gone, because a newer version runs there.
const ATTEMPTS: u32 = 8;

#[wasm_split(session, wasm_split_path = ::leptos::wasm_split, fallible)]
fn session() -> Result<SessionPart, SplitLoaderError> {
    Ok(SessionPart::new())
}

#[wasm_split(documents, wasm_split_path = ::leptos::wasm_split, fallible)]
fn documents() -> Result<DocumentsPart, SplitLoaderError> {
    Ok(DocumentsPart::new())
}

#[wasm_split(cover, wasm_split_path = ::leptos::wasm_split, fallible)]
fn cover() -> Result<CoverPart, SplitLoaderError> {
    Ok(CoverPart::new())
}

#[wasm_split(pages, wasm_split_path = ::leptos::wasm_split, fallible)]
fn pages() -> Result<PagesPart, SplitLoaderError> {
    Ok(PagesPart::new())
}

/// What was loaded before hydration.
#[derive(Clone, Copy, Default)]
pub struct Loaded {
    /// The part, if it is there.
    pub session: Option<SessionPart>,
    /// As above.
    pub documents: Option<DocumentsPart>,
    /// As above.
    pub cover: Option<CoverPart>,
    /// As above.
    pub pages: Option<PagesPart>,
}

thread_local! {
    static LOADED: RefCell<Loaded> = RefCell::default();
}

/// What was loaded before hydration.
pub fn loaded() -> Loaded {
    LOADED.with_borrow(|loaded| *loaded)
}

/// Loads `parts` side by side, then calls `then`: at once if there are none.
pub fn before_hydration(parts: Vec<Part>, then: impl FnOnce() + 'static) {
    if parts.is_empty() {
        then();
        return;
    }
    spawn_local(async move {
        join_all(parts.into_iter().map(load)).await;
        then();
    });
}

/// Loads the other parts of the journey, one after the other, while the page is used.
pub fn after_hydration(store: PageStore, parts: Parts) {
    let begin = move || {
        spawn_local(async move {
            if parts.session.with_untracked(Option::is_none) {
                load(Part::Session).await;
                if let Some(part) = loaded().session {
                    store.rules.set(part.rules());
                    parts.session.set(Some(part));
                }
            }
            bring(Part::Documents, parts.documents, |loaded| loaded.documents).await;
            bring(Part::Cover, parts.cover, |loaded| loaded.cover).await;
        });
    };
    // Not every browser can tell when it is idle.
    if request_idle_callback_with_handle(begin).is_err() {
        begin();
    }
}

/// Loads a part, unless the page has it: setting it again would render its tiles anew, and lose what was typed in them.
async fn bring<T: Send + Sync + 'static>(part: Part, there: RwSignal<Option<T>>, of: fn(Loaded) -> Option<T>) {
    if there.with_untracked(Option::is_none) {
        load(part).await;
        there.set(of(loaded()));
    }
}

/// Loads a part, and tries again until it is there. Behind a load balancer an instance with another build
/// may have been asked.
async fn load(part: Part) {
    let mut attempt = 0;
    while load_once(part).await.is_err() {
        attempt += 1;
        if attempt == ATTEMPTS {
            dom::announce_newer_version();
        }
        TimeoutFuture::new(backoff(attempt, js_sys::Math::random())).await;
    }
}

async fn load_once(part: Part) -> Result<(), SplitLoaderError> {
    match part {
        Part::Session => {
            let part = session().await?;
            LOADED.with_borrow_mut(|loaded| loaded.session = Some(part));
        }
        Part::Documents => {
            let part = documents().await?;
            LOADED.with_borrow_mut(|loaded| loaded.documents = Some(part));
        }
        Part::Cover => {
            let part = cover().await?;
            LOADED.with_borrow_mut(|loaded| loaded.cover = Some(part));
        }
        Part::Pages => {
            let part = pages().await?;
            LOADED.with_borrow_mut(|loaded| loaded.pages = Some(part));
        }
    }
    Ok(())
}
