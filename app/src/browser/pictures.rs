//! The pictures of a document's pages: whether they are to be had, and how large they are.

use std::collections::BTreeMap;

use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::HtmlImageElement;

use crate::state::Session;

/// What is known of a page's picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// It is on its way.
    Coming,
    /// It is here, in so many pixels.
    Here {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// It is not to be had: deleted when its time was over, or the line is cut.
    Gone,
}

/// The pictures of one document. Copies are handles to the same pictures.
#[derive(Clone, Copy)]
pub struct Pictures {
    address: StoredValue<Option<String>>,
    known: RwSignal<BTreeMap<u8, Picture>>,
}

impl Pictures {
    /// Those of a document; none without a session.
    pub fn of(session: Option<&Session>, document_id: Uuid) -> Self {
        let address =
            session.map(|session| format!("/api/applications/{}/documents/{document_id}/pages", session.application_id));
        Self { address: StoredValue::new(address), known: RwSignal::new(BTreeMap::new()) }
    }

    /// Where a page's picture is.
    pub fn address(self, page: u8) -> Option<String> {
        self.address.with_value(|address| address.as_ref().map(|address| format!("{address}/{page}")))
    }

    /// What is known of a page's picture; the same as [`Picture::Coming`] before it was asked for.
    pub fn get(self, page: u8) -> Picture {
        self.known.with(|known| known.get(&page).copied()).unwrap_or(Picture::Coming)
    }

    /// Fetches a page's picture, once.
    pub fn want(self, page: u8) {
        if self.known.with_untracked(|known| known.contains_key(&page)) {
            return;
        }
        let (Some(address), Ok(image)) = (self.address(page), HtmlImageElement::new()) else {
            self.set(page, Picture::Gone);
            return;
        };
        self.set(page, Picture::Coming);
        let loaded = image.clone();
        // The picture may come after the document was replaced: hence `try_`, in `set`.
        let on_load = Closure::once_into_js(move || {
            let picture = match (loaded.natural_width(), loaded.natural_height()) {
                (0, _) | (_, 0) => Picture::Gone,
                (width, height) => Picture::Here { width, height },
            };
            self.set(page, picture);
        });
        let on_error = Closure::once_into_js(move || self.set(page, Picture::Gone));
        image.set_onload(Some(on_load.unchecked_ref()));
        image.set_onerror(Some(on_error.unchecked_ref()));
        image.set_src(&address);
    }

    fn set(self, page: u8, picture: Picture) {
        _ = self.known.try_update(|known| known.insert(page, picture));
    }
}
