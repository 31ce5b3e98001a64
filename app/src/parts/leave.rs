//! Leaving: ends the session on this device.

use leptos::prelude::*;

use crate::browser::sending::Sending;
use crate::browser::{commands, draft, page};
use crate::state::use_store;

/// A button that asks before it leaves.
#[component]
pub fn Leave() -> impl IntoView {
    let store = use_store();
    let sending = Sending::new(store);
    let asking = RwSignal::new(false);
    let leave = move |_| {
        sending.run(
            "leave",
            |_| commands::leave(),
            |()| {
                draft::forget(draft::ABOUT);
                draft::forget(draft::NEEDS);
                page::replace("/");
            },
        );
    };
    let ask = move |_| {
        asking.set(true);
        page::focus("leave-question");
    };
    let stay = move |_| {
        asking.set(false);
        page::focus("leave");
    };
    view! {
        <div class="leave">
            <Show
                when=move || asking.get()
                fallback=move || {
                    view! {
                        <button type="button" class="link" id="leave" disabled=move || !store.hydrated.get() on:click=ask>
                            "Leave on this device"
                        </button>
                    }
                }
            >
                <div class="leave-question" id="leave-question" tabindex="-1" role="group" aria-labelledby="leave-title">
                    <p id="leave-title">
                        <strong>"Leave on this device?"</strong>
                        " What you sent is kept, but you cannot come back to it from this browser."
                    </p>
                    {move || sending.notice.get().map(|notice| view! { <p class="error-text" role="alert">{notice.title}</p> })}
                    <div class="actions">
                        <button
                            type="button"
                            class="button button-bad"
                            aria-disabled=move || sending.busy.get().then_some("true")
                            on:click=leave
                        >
                            {move || if sending.busy.get() { "Leaving" } else { "Leave" }}
                        </button>
                        <button type="button" class="button" on:click=stay>"Stay"</button>
                    </div>
                </div>
            </Show>
        </div>
    }
    .into_any()
}
