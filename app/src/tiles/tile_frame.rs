//! The frame of all tiles: number, title, summary line, state, and a body that is rendered only while it is open.

use domain::journey::{Tile, TileState};
use leptos::prelude::*;

use crate::components::{StateMark, outcome_name, state_name};
use crate::effect::effect_with;
use crate::erased::{ContentFn, Erase};
use crate::state::use_store;

/// One tile. `data-tile`, `data-state` and `data-open` carry its state for programs.
#[component]
pub fn TileFrame(
    /// The tile.
    tile: Tile,
    /// Its body.
    #[prop(into)]
    body: ContentFn,
) -> impl IntoView {
    let store = use_store();
    let state = Memo::new(move |_| store.shown(tile));
    let known = Memo::new(move |_| store.line(tile));
    let wanted = Memo::new(move |_| store.opens(tile));
    let asked = RwSignal::new(false);
    // A tile that was opened by hand closes when the journey moves past it again.
    effect_with(move |before: Option<bool>| {
        let wanted = wanted.get();
        if before == Some(true) && !wanted {
            asked.set(false);
        }
        wanted
    });
    let shown = Memo::new(move |_| wanted.get() || (asked.get() && state.get().state != TileState::Locked));
    let foldable = Memo::new(move |_| !wanted.get() && state.get().state != TileState::Locked);
    let body = StoredValue::new(body);
    let number = tile.number();
    let (title_id, body_id) = (format!("tile-{number}-title"), format!("tile-{number}-body"));

    view! {
        <section
            class="tile"
            id=format!("tile-{number}")
            aria-labelledby=title_id.clone()
            data-tile=serde_json::to_value(tile).ok().and_then(|name| name.as_str().map(str::to_owned))
            data-state=move || state_name(state.get().state)
            data-outcome=move || outcome_name(state.get().outcome)
            data-open=move || shown.get().to_string()
        >
            <header class="tile-head">
                <span class="tile-number" aria-hidden="true">{number}</span>
                <div class="tile-heading">
                    <h2 class="tile-title" id=title_id.clone() tabindex="-1">{tile.title()}</h2>
                    <p class="tile-line">{move || known.get()}</p>
                </div>
                <StateMark shown=state />
                <Show when=move || foldable.get()>
                    <button
                        type="button"
                        class="link tile-toggle"
                        aria-expanded=move || shown.get().to_string()
                        aria-controls=body_id.clone()
                        on:click=move |_| asked.update(|asked| *asked = !*asked)
                    >
                        {move || if shown.get() { "Hide" } else { "Show" }}
                        <span class="visually-hidden">{format!(" {}", tile.title())}</span>
                    </button>
                </Show>
            </header>
            <div class="tile-body" id=format!("tile-{number}-body")>
                <Show when=move || shown.get()>
                    <div class="tile-inner">{body.with_value(ContentFn::render)}</div>
                </Show>
            </div>
        </section>
    }
    .erase_fixed()
}
