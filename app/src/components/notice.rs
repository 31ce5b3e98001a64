//! The summary above a form after a failure: the fault, the remedy, and links to the fields.

use leptos::prelude::*;

use crate::browser::dom;
use crate::effect::effect;
use crate::erased::Erase;
use crate::logic::failure::Notice;

/// The link to the application that this browser has.
#[component]
pub fn GoOn() -> impl IntoView {
    view! {
        <p class="notice-next">
            <a class="button button-primary" href="/" rel="external">"Go on with it"</a>
        </p>
    }
    .erase()
}

/// Shows a notice. A new one takes the focus.
#[component]
pub fn NoticeBox(
    /// Its id.
    id: &'static str,
    /// The notice.
    notice: RwSignal<Option<Notice>>,
    /// Maps a field of the request to the id of its input, for the link.
    input_of: fn(&str) -> Option<String>,
) -> impl IntoView {
    effect(move |_| {
        if notice.with(Option::is_some) {
            dom::focus(id);
        }
    });
    let title_id = format!("{id}-title");
    move || {
        let title_id = title_id.clone();
        notice.get().map(|notice| {
            let errors = notice
                .errors
                .into_iter()
                .map(|error| match input_of(&error.field) {
                    Some(input) => {
                        let href = format!("#{input}");
                        let go = move |event: leptos::ev::MouseEvent| {
                            // The router would treat it as a page, and the browser would not focus the target.
                            event.prevent_default();
                            dom::focus(input.clone());
                        };
                        view! { <li><a href=href on:click=go>{error.message}</a></li> }.erase()
                    }
                    None => view! { <li>{error.message}</li> }.erase(),
                })
                .collect_view();
            view! {
                <div class="notice notice-bad" id=id tabindex="-1" role="alert" aria-labelledby=title_id.clone()>
                    <h3 class="notice-title" id=title_id.clone()>{notice.title}</h3>
                    {(!notice.detail.is_empty()).then(|| view! { <p>{notice.detail}</p> })}
                    <ul class="notice-list">{errors}</ul>
                    {notice.go_on.then(|| view! { <GoOn /> })}
                </div>
            }
        })
    }
}
