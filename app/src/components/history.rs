//! The history of the application.

use leptos::prelude::*;

use crate::logic::text;
use crate::state::use_store;

/// The history, newest first, in a closed disclosure.
#[component]
pub fn History() -> impl IntoView {
    let store = use_store();
    let lines = Memo::new(move |_| store.journey.with(|journey| journey.history.clone()));
    move || {
        lines.with(|lines| {
            (!lines.is_empty()).then(|| {
                let items = lines
                    .iter()
                    .rev()
                    .map(|line| {
                        view! {
                            <li>
                                <time datetime=line.at.clone()>{text::moment(&line.at)}</time>
                                <span>{line.text.clone()}</span>
                            </li>
                        }
                    })
                    .collect_view();
                view! {
                    <details class="history">
                        <summary>"What happened when"</summary>
                        <ol class="history-list">{items}</ol>
                    </details>
                }
            })
        })
    }
}
