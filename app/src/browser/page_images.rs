//! The images of a document's pages. They are `no-store`, so each is fetched once and kept in memory until its view is
//! disposed of.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Blob, BlobPropertyBag, HtmlImageElement, Url};

use super::http;
use crate::state::Session;

/// The state of a page's image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageImage {
    /// It is not fetched yet.
    Loading,
    /// It can be shown.
    Loaded {
        /// Its `blob:` URL.
        address: String,
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// It was deleted by retention, or the request failed.
    Unavailable,
}

/// The images of one document. Copies are handles to the same images.
#[derive(Clone, Copy)]
pub struct PageImages {
    pages: StoredValue<Option<String>>,
    known: RwSignal<BTreeMap<u8, PageImage>>,
}

impl PageImages {
    /// The images of a document. Without a session they are unavailable. They are revoked with the calling view.
    pub fn of(session: Option<&Session>, document_id: Uuid) -> Self {
        let pages = session
            .map(|session| format!("/api/applications/{}/documents/{document_id}/pages", session.application_id));
        let pictures = Self { pages: StoredValue::new(pages), known: RwSignal::new(BTreeMap::new()) };
        on_cleanup(move || {
            let known = pictures.known.try_with_untracked(|known| known.values().cloned().collect::<Vec<_>>());
            for picture in known.into_iter().flatten() {
                revoke(&picture);
            }
        });
        pictures
    }

    /// The state of a page's image; [`PageImage::Loading`] before it was requested.
    pub fn get(self, page: u8) -> PageImage {
        self.known.with(|known| known.get(&page).cloned()).unwrap_or(PageImage::Loading)
    }

    /// Fetches a page's image, once.
    pub fn request(self, page: u8) {
        if self.known.with_untracked(|known| known.contains_key(&page)) {
            return;
        }
        let Some(path) = self.pages.with_value(|pages| pages.as_ref().map(|pages| format!("{pages}/{page}"))) else {
            return self.set(page, PageImage::Unavailable);
        };
        self.set(page, PageImage::Loading);
        spawn_local(async move {
            let bytes = http::picture(&path).await;
            if bytes.and_then(|bytes| self.decode(page, &bytes)).is_none() {
                self.set(page, PageImage::Unavailable);
            }
        });
    }

    /// Lets the browser decode an image, which gives its size.
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
            self.set(page, PageImage::Loaded { address, width, height });
        });
        let on_error = Closure::once_into_js(move || self.set(page, PageImage::Unavailable));
        image.set_onload(Some(on_load.unchecked_ref()));
        image.set_onerror(Some(on_error.unchecked_ref()));
        image.set_src(&source);
        Some(())
    }

    /// Stores the state of an image. If the view was disposed of meanwhile, the image is revoked.
    fn set(self, page: u8, picture: PageImage) {
        let unwanted = self.known.try_update({
            let picture = picture.clone();
            move |known| _ = known.insert(page, picture)
        });
        if unwanted.is_none() {
            revoke(&picture);
        }
    }
}

fn revoke(picture: &PageImage) {
    if let PageImage::Loaded { address, .. } = picture {
        _ = Url::revoke_object_url(address);
    }
}
