//! Ending the session on this device.

use leptos::prelude::*;

use crate::browser::submission::Submission;
use crate::browser::{commands, dom, draft};
use crate::erased::Erase;
use crate::state::use_store;

/// The button, and the question before it ends the session.
#[component]
pub fn LeaveSession() -> impl IntoView {
    let store = use_store();
    let submission = Submission::new(store);
    let asking = RwSignal::new(false);
    let leave = move |_| {
        submission.run(
            "leave",
            |_| commands::leave(),
            |()| {
                draft::forget(draft::ABOUT);
                draft::forget(draft::NEEDS);
                dom::replace_location("/");
            },
        );
    };
    let ask = move |_| {
        asking.set(true);
        dom::focus("leave-question");
    };
    let stay = move |_| {
        asking.set(false);
        dom::focus("leave");
    };
    view! {
        <div class="leave">
            <Show
                when=move || asking.get()
                fallback=move || {
                    view! {
                        <button
                            type="button"
                            class="link"
                            id="leave"
                            disabled=move || !store.hydrated.get()
                            on:click=ask
                        >
                            "Leave on this device"
                        </button>
                    }
                }
            >
                <div
                    class="leave-question"
                    id="leave-question"
                    tabindex="-1"
                    role="group"
                    aria-labelledby="leave-title"
                >
                    <p id="leave-title">
                        <strong>"Leave on this device?"</strong>
                        " What you sent is kept, but you cannot come back to it from this browser."
                    </p>
                    {move || {
                        submission
                            .notice
                            .get()
                            .map(|notice| view! { <p class="error-text" role="alert">{notice.title}</p> })
                    }}
                    <div class="actions">
                        <button
                            type="button"
                            class="button button-bad"
                            aria-disabled=move || submission.busy.get().then_some("true")
                            on:click=leave
                        >
                            {move || if submission.busy.get() { "Leaving" } else { "Leave" }}
                        </button>
                        <button type="button" class="button" on:click=stay>"Stay"</button>
                    </div>
                </div>
            </Show>
        </div>
    }
    .erase()
}
