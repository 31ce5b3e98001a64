//! The line of a tile that waits for the server.

use leptos::prelude::*;

use crate::components::Icon;
use crate::erased::Erase;

/// One line with a turning icon.
#[component]
pub fn Waiting(
    /// The work and its usual duration.
    text: &'static str,
) -> impl IntoView {
    view! {
        <p class="waiting">
            {Icon::Working}
            <span>{text}</span>
        </p>
    }
    .erase()
}
