//! The button that sends a form.

use leptos::prelude::*;

use crate::erased::Erase;
use crate::state::use_store;

/// Submits its form. It is disabled before hydration, because nothing can be sent then. During a request it shows the
/// busy label and keeps the focus.
#[component]
pub fn SubmitButton(
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// Its label during a request.
    busy_label: &'static str,
    /// Whether a request is in progress.
    #[prop(into)]
    busy: Signal<bool>,
    /// Whether this is the page's primary action.
    #[prop(default = true)]
    primary: bool,
) -> impl IntoView {
    let store = use_store();
    view! {
        <button
            type="submit"
            class=if primary { "button button-primary" } else { "button" }
            disabled=move || !store.hydrated.get()
            aria-disabled=move || busy.get().then_some("true")
        >
            {move || if busy.get() { busy_label.to_owned() } else { label.get() }}
        </button>
    }
    .erase()
}
