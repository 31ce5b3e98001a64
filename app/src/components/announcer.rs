//! Announces changes to screen readers.

use domain::journey::{Tile, TileState};
use leptos::prelude::*;

use crate::effect::effect_with;
use crate::erased::Erase;
use crate::logic::tiles::state_text;
use crate::state::use_store;

/// The state of every tile, and the newest line of the history.
type Known = ([(Tile, TileState); Tile::ALL.len()], Option<String>);

/// A polite live region. It announces changes, not the initial state.
#[component]
pub fn Announcer() -> impl IntoView {
    let store = use_store();
    let announcement = RwSignal::new(String::new());
    let known = Memo::new(move |_| {
        let states = Tile::ALL.map(|tile| (tile, store.tile(tile)));
        let last = store.journey.with(|journey| journey.history.last().map(|line| line.text.clone()));
        (states, last)
    });
    effect_with(move |before: Option<Known>| {
        let now = known.get();
        if let Some((states, last)) = before {
            let mut sentences = Vec::new();
            if now.1 != last {
                sentences.extend(now.1.clone());
            }
            for ((tile, state), (_, was)) in now.0.into_iter().zip(states) {
                if state != was {
                    let told = store.journey.with_untracked(|journey| state_text(journey, tile, state));
                    sentences.push(format!("{}: {}.", tile.title(), told.to_lowercase()));
                }
            }
            if !sentences.is_empty() {
                announcement.set(sentences.join(" "));
            }
        }
        now
    });
    view! { <p class="visually-hidden" aria-live="polite" data-announcer>{move || announcement.get()}</p> }
        .erase_fixed()
}
