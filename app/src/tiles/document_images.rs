//! The image of a field: a crop beside the field, and the whole page in a dialogue.

use domain::document::{Document, FieldName, Region};
use leptos::html;
use leptos::prelude::*;

use crate::browser::page_images::{PageImage, PageImages};
use crate::effect::effect;
use crate::erased::{Erase, ErasedView};
use crate::logic::crop::{Rect, crop_around, region_rect};
use crate::state::use_store;

/// A field and its region on a page.
pub type Place = (FieldName, Region);

/// The page images that the fields of one document share. Copies are handles to the same images.
#[derive(Clone, Copy)]
pub struct DocumentImages {
    pictures: PageImages,
    /// How many pages have an image.
    pages: u8,
    /// The field that the dialogue shows.
    looking: RwSignal<Option<Place>>,
}

impl DocumentImages {
    /// The images of a document.
    pub fn of(document: &Document) -> Self {
        let session = use_store().session.get_untracked();
        Self {
            pictures: PageImages::of(session.as_ref(), document.document_id),
            pages: document.pages,
            looking: RwSignal::new(None),
        }
    }

    /// The region of a field, if its page has an image.
    pub fn place(self, name: FieldName, region: Option<Region>) -> Option<Place> {
        region.filter(|region| (1..=self.pages).contains(&region.page)).map(|region| (name, region))
    }
}

/// The crop around a field. Its space is reserved, so that loading causes no layout shift.
#[component]
pub fn FieldCrop(
    /// The document.
    images: DocumentImages,
    /// The field.
    place: Place,
    /// Whether it is visible, so that the image must be fetched.
    #[prop(into)]
    wanted: Signal<bool>,
) -> impl IntoView {
    let (name, region) = place;
    let DocumentImages { pictures, looking, .. } = images;
    let page = region.page;
    effect(move |_| {
        if wanted.get() {
            pictures.request(page);
        }
    });
    let label = name.label().to_lowercase();
    move || match pictures.get(page) {
        PageImage::Loading => view! { <div class="cutout cutout-coming" data-cutout="coming"></div> }.erase(),
        PageImage::Unavailable => {
            view! { <p class="cutout cutout-gone hint" data-cutout="gone">"The picture is no longer there."</p> }
                .erase()
        }
        PageImage::Loaded { address, width, height } => {
            let value = region_rect(region, width, height);
            let shown = value.map(|value| crop_around(value, width, height));
            let (Some(value), Some(shown)) = (value, shown) else {
                return view! { <div class="cutout cutout-gone" data-cutout="gone"></div> }.erase();
            };
            let name_of_button = format!("The {label} on your document. Show the whole page.");
            view! {
                <button
                    type="button"
                    class="cutout"
                    data-cutout=name.as_str()
                    aria-label=name_of_button
                    on:click=move |_| looking.set(Some(place))
                >
                    {drawing(&address, shown, (width, height), value)}
                </button>
            }
            .erase()
        }
    }
}

/// A part of an image with the value marked.
fn drawing(address: &str, shown: Rect, (width, height): (u32, u32), value: Rect) -> ErasedView {
    // A little larger than the value, so that the frame does not cross its letters.
    let air = value.height * 0.15;
    view! {
        <svg class="cutout-picture" viewBox=shown.view_box() aria-hidden="true" focusable="false">
            <image href=address.to_owned() x="0" y="0" width=width.to_string() height=height.to_string() />
            <rect
                class="cutout-mark"
                x=format!("{:.1}", value.x - air)
                y=format!("{:.1}", value.y - air)
                width=format!("{:.1}", value.width + 2.0 * air)
                height=format!("{:.1}", value.height + 2.0 * air)
            />
        </svg>
    }
    .erase()
}

/// The whole page in a dialogue, with the field marked.
#[component]
pub fn PageDialog(
    /// The document.
    images: DocumentImages,
    /// The prefix of its ids.
    slug: &'static str,
) -> impl IntoView {
    let DocumentImages { pictures, looking, .. } = images;
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move |_| {
        let wanted = looking.with(Option::is_some);
        if let Some(dialog) = dialog.get()
            && wanted
            && !dialog.open()
        {
            _ = dialog.show_modal();
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let content = move || {
        let (name, region) = looking.get()?;
        let PageImage::Loaded { address, width, height } = pictures.get(region.page) else { return None };
        let value = region_rect(region, width, height)?;
        let all = Rect { x: 0.0, y: 0.0, width: f64::from(width), height: f64::from(height) };
        let title = format!("{} on page {}", name.label(), region.page);
        Some(view! {
            <div class="page-head">
                <h4 class="page-name" id=format!("{slug}-page-title")>{title}</h4>
                <button type="button" class="button" on:click=close>"Close"</button>
            </div>
            <div class="page-picture">{drawing(&address, all, (width, height), value)}</div>
        })
    };
    view! {
        <dialog
            class="page-look"
            aria-labelledby=move || looking.with(Option::is_some).then(|| format!("{slug}-page-title"))
            node_ref=dialog
            on:close=move |_| looking.set(None)
        >
            {content}
        </dialog>
    }
    .erase()
}
