//! The notice of a tile's problem: the fault, its meaning and the remedy, in that order.

use domain::event::WorkflowError;
use domain::journey::Tile;
use leptos::prelude::*;

use crate::components::Icon;
use crate::erased::ErasedView;
use crate::state::use_store;

/// The open problem of a tile, if there is one.
#[component]
pub fn Problem(
    /// The tile.
    tile: Tile,
    /// The title, by the code of the problem.
    title: fn(&WorkflowError) -> &'static str,
    /// The next step. It receives whether a retry may help.
    #[prop(into)]
    next: Callback<bool, ErasedView>,
) -> impl IntoView {
    let store = use_store();
    let problem = Memo::new(move |_| store.journey.with(|journey| journey.problem(tile).cloned()));
    move || {
        problem.get().map(|problem| {
            view! {
                <div class="notice notice-warn" data-problem=problem.code.clone()>
                    <h3 class="notice-title">{Icon::Attention} {title(&problem)}</h3>
                    <p>{problem.message.clone()}</p>
                    {next.run(problem.retryable)}
                </div>
            }
        })
    }
}
