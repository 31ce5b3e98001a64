//! The button that sends a form.

use leptos::prelude::*;

use crate::state::use_store;

/// Sends the form it stands in. It waits for the browser to take over, since before that nothing can be sent; while a
/// request is under way it says so, and keeps the focus.
#[component]
pub fn SubmitButton(
    /// What it does.
    #[prop(into)]
    label: Signal<String>,
    /// What it says while it does it.
    busy_label: &'static str,
    /// Whether it is doing it.
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
    .into_any()
}
