//! Says what changed to those who do not see it.

use domain::journey::{Tile, TileState};
use leptos::prelude::*;

use crate::logic::tiles::state_words;
use crate::state::use_store;

/// The state of every tile, and the newest line of the history.
type Known = ([(Tile, TileState); Tile::ALL.len()], Option<String>);

/// A polite live region. It speaks of changes only, never of the page as it came.
#[component]
pub fn Announcer() -> impl IntoView {
    let store = use_store();
    let words = RwSignal::new(String::new());
    let known = Memo::new(move |_| {
        let states = Tile::ALL.map(|tile| (tile, store.tile(tile)));
        let last = store.journey.with(|journey| journey.history.last().map(|line| line.text.clone()));
        (states, last)
    });
    Effect::new(move |before: Option<Known>| {
        let now = known.get();
        if let Some((states, last)) = before {
            let mut sentences = Vec::new();
            if now.1 != last {
                sentences.extend(now.1.clone());
            }
            for ((tile, state), (_, was)) in now.0.into_iter().zip(states) {
                if state != was {
                    let told = store.journey.with_untracked(|journey| state_words(journey, tile, state));
                    sentences.push(format!("{}: {}.", tile.title(), told.to_lowercase()));
                }
            }
            if !sentences.is_empty() {
                words.set(sentences.join(" "));
            }
        }
        now
    });
    view! { <p class="visually-hidden" aria-live="polite" data-announcer>{move || words.get()}</p> }.into_any()
}
