//! The rail: the steps, and which one is current.

use domain::journey::Tile;
use leptos::prelude::*;

use super::icon::{icon_of, outcome_name, state_name};
use crate::erased::Erase;
use crate::logic::tiles::{outcome, state_text};
use crate::state::use_store;

/// The five tiles as a short list of links; on a narrow screen one line.
#[component]
pub fn Rail() -> impl IntoView {
    let store = use_store();
    let current = Memo::new(move |_| store.current());
    let items = Tile::ALL.map(|tile| {
        let state = Memo::new(move |_| store.tile(tile));
        let outcome = Memo::new(move |_| store.journey.with(|journey| outcome(journey, tile)));
        let text = Memo::new(move |_| store.journey.with(|journey| state_text(journey, tile, state.get())));
        view! {
            <li
                class="rail-item"
                data-state=move || state_name(state.get())
                data-outcome=move || outcome_name(outcome.get())
            >
                <a
                    class="rail-link"
                    href=format!("#tile-{}", tile.number())
                    aria-current=move || (current.get() == Some(tile)).then_some("step")
                >
                    <span class="rail-dot">{move || icon_of(state.get(), outcome.get()).into_render()}</span>
                    <span class="rail-title">{tile.title()}</span>
                    <span class="visually-hidden">{move || format!(", {}", text.get().to_lowercase())}</span>
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
    .erase()
}
