//! The pictures of a document's pages: fetched once, since nothing may keep them for us, and forgotten with the fields that
//! they belong to.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Blob, BlobPropertyBag, HtmlImageElement, Url};

use super::http;
use crate::state::Session;

/// What is known of a page's picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// It is on its way.
    Coming,
    /// It is here.
    Here {
        /// Where this page can show it from.
        address: String,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// It is not to be had: deleted when its time was over, or the line is cut.
    Gone,
}

/// The pictures of one document. Copies are handles to the same pictures.
#[derive(Clone, Copy)]
pub struct Pictures {
    pages: StoredValue<Option<String>>,
    known: RwSignal<BTreeMap<u8, Picture>>,
}

impl Pictures {
    /// Those of a document; none without a session. They are forgotten with the view that calls this.
    pub fn of(session: Option<&Session>, document_id: Uuid) -> Self {
        let pages = session
            .map(|session| format!("/api/applications/{}/documents/{document_id}/pages", session.application_id));
        let pictures = Self { pages: StoredValue::new(pages), known: RwSignal::new(BTreeMap::new()) };
        on_cleanup(move || {
            let known = pictures.known.try_with_untracked(|known| known.values().cloned().collect::<Vec<_>>());
            for picture in known.into_iter().flatten() {
                forget(&picture);
            }
        });
        pictures
    }

    /// What is known of a page's picture; [`Picture::Coming`] before it was asked for.
    pub fn get(self, page: u8) -> Picture {
        self.known.with(|known| known.get(&page).cloned()).unwrap_or(Picture::Coming)
    }

    /// Fetches a page's picture, once.
    pub fn want(self, page: u8) {
        if self.known.with_untracked(|known| known.contains_key(&page)) {
            return;
        }
        let Some(path) = self.pages.with_value(|pages| pages.as_ref().map(|pages| format!("{pages}/{page}"))) else {
            return self.set(page, Picture::Gone);
        };
        self.set(page, Picture::Coming);
        spawn_local(async move {
            let bytes = http::picture(&path).await;
            if bytes.and_then(|bytes| self.decode(page, &bytes)).is_none() {
                self.set(page, Picture::Gone);
            }
        });
    }

    /// Has the browser look at a picture. It tells the size, or that it is none.
    fn decode(self, page: u8, bytes: &[u8]) -> Option<()> {
        let kind = BlobPropertyBag::new();
        kind.set_type("image/jpeg");
        let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
        let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &kind).ok()?;
        let address = Url::create_object_url_with_blob(&blob).ok()?;
        let image = HtmlImageElement::new().ok()?;
        let (loaded, source) = (image.clone(), address.clone());
        let on_load = Closure::once_into_js(move || {
            let (width, height) = (loaded.natural_width(), loaded.natural_height());
            self.set(page, Picture::Here { address, width, height });
        });
        let on_error = Closure::once_into_js(move || self.set(page, Picture::Gone));
        image.set_onload(Some(on_load.unchecked_ref()));
        image.set_onerror(Some(on_error.unchecked_ref()));
        image.set_src(&source);
        Some(())
    }

    /// The fields may have gone meanwhile: then the picture goes, too.
    fn set(self, page: u8, picture: Picture) {
        let unwanted = self.known.try_update({
            let picture = picture.clone();
            move |known| _ = known.insert(page, picture)
        });
        if unwanted.is_none() {
            forget(&picture);
        }
    }
}

fn forget(picture: &Picture) {
    if let Picture::Here { address, .. } = picture {
        _ = Url::revoke_object_url(address);
    }
}
