//! A tile that waits says for what, and how long it usually takes.

use leptos::prelude::*;

use crate::parts::Icon;

/// One line with a turning ring.
#[component]
pub fn Waiting(
    /// What is being done, and how long it takes.
    text: &'static str,
) -> impl IntoView {
    view! {
        <p class="waiting">
            {Icon::Working}
            <span>{text}</span>
        </p>
    }
    .into_any()
}
