//! The rail: the steps, and which one is current.

use domain::journey::Tile;
use leptos::prelude::*;

use super::icon::{icon_of, outcome_name, state_name};
use crate::erased::Erase;
use crate::state::use_store;

/// The five tiles as a short list of links; on a narrow screen one line.
#[component]
pub fn Rail() -> impl IntoView {
    let store = use_store();
    let current = Memo::new(move |_| store.current());
    let items = Tile::ALL.map(|tile| {
        let shown = Memo::new(move |_| store.shown(tile));
        view! {
            <li
                class="rail-item"
                data-state=move || state_name(shown.get().state)
                data-outcome=move || outcome_name(shown.get().outcome)
            >
                <a
                    class="rail-link"
                    href=format!("#tile-{}", tile.number())
                    aria-current=move || (current.get() == Some(tile)).then_some("step")
                >
                    <span class="rail-dot">{move || icon_of(shown.get()).into_render()}</span>
                    <span class="rail-title">{tile.title()}</span>
                    <span class="visually-hidden">{move || format!(", {}", shown.get().text.to_lowercase())}</span>
                </a>
            </li>
        }
    });
    view! {
        <nav class="rail" aria-label="Steps">
            <p class="rail-summary">
                {move || match current.get() {
                    Some(tile) => format!("Step {} of {}: {}", tile.number(), Tile::ALL.len(), tile.title()),
                    None => "All steps are done".to_owned(),
                }}
            </p>
            <ol class="rail-list">{items.collect_view()}</ol>
        </nav>
    }
    .erase_fixed()
}
