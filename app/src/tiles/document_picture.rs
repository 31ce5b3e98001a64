//! The place on a document where a value stands: cut out beside the field, and on the whole page.

use domain::document::{Document, FieldName, Region};
use leptos::html;
use leptos::prelude::*;

use crate::browser::pictures::{Picture, Pictures};
use crate::logic::crop::{Frame, around, marked};
use crate::state::use_store;

/// A field's place on its page.
pub type Place = (FieldName, Region);

/// What the fields of one document share to show where they stand. Copies are handles to the same.
#[derive(Clone, Copy)]
pub struct Sight {
    pictures: Pictures,
    /// How many pages can be looked at.
    pages: u8,
    /// What is looked at on the whole page.
    looking: RwSignal<Option<Place>>,
}

impl Sight {
    /// For a document of this page's applicant.
    pub fn of(document: &Document) -> Self {
        let session = use_store().session.get_untracked();
        Self {
            pictures: Pictures::of(session.as_ref(), document.document_id),
            pages: document.pages,
            looking: RwSignal::new(None),
        }
    }

    /// The place of a field, where there is a picture of it.
    pub fn place(self, name: FieldName, region: Option<Region>) -> Option<Place> {
        region.filter(|region| (1..=self.pages).contains(&region.page)).map(|region| (name, region))
    }
}

/// The cut-out. It keeps its room from the beginning, so that nothing moves when the picture comes, or does not.
#[component]
pub fn Cutout(
    /// The document.
    sight: Sight,
    /// What to show of it.
    place: Place,
    /// Whether it is to be seen now.
    #[prop(into)]
    wanted: Signal<bool>,
) -> impl IntoView {
    let (name, region) = place;
    let Sight { pictures, looking, .. } = sight;
    let page = region.page;
    Effect::new(move |_| {
        if wanted.get() {
            pictures.want(page);
        }
    });
    let label = name.label().to_lowercase();
    move || match pictures.get(page) {
        Picture::Coming => view! { <div class="cutout cutout-coming" data-cutout="coming"></div> }.into_any(),
        Picture::Gone => {
            view! { <p class="cutout cutout-gone hint" data-cutout="gone">"The picture is no longer there."</p> }
                .into_any()
        }
        Picture::Here { address, width, height } => {
            let value = marked(region, width, height);
            let shown = value.map(|value| around(value, width, height));
            let (Some(value), Some(shown)) = (value, shown) else {
                return view! { <div class="cutout cutout-gone" data-cutout="gone"></div> }.into_any();
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
            .into_any()
        }
    }
}

/// A part of a picture with a value marked.
fn drawing(address: &str, shown: Frame, (width, height): (u32, u32), value: Frame) -> AnyView {
    // A little wider than the value: a line through its letters would help nobody.
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
    .into_any()
}

/// The whole page, with the place marked that was asked for. Escape closes it, as the button does.
#[component]
pub fn WholePage(
    /// The document.
    sight: Sight,
    /// What its ids begin with.
    slug: &'static str,
) -> impl IntoView {
    let Sight { pictures, looking, .. } = sight;
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
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
        let Picture::Here { address, width, height } = pictures.get(region.page) else { return None };
        let value = marked(region, width, height)?;
        let all = Frame { x: 0.0, y: 0.0, width: f64::from(width), height: f64::from(height) };
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
    .into_any()
}
