//! The outcome of the identity check: its meaning and the next step.

use domain::event::{Check, KycStatus};
use leptos::prelude::*;

use crate::components::Icon;
use crate::erased::Erase;
use crate::logic::text;
use crate::state::use_store;

/// The outcome as a banner.
#[component]
pub fn Outcome(
    /// The decision.
    status: KycStatus,
    /// The checks.
    checks: Vec<Check>,
) -> impl IntoView {
    let store = use_store();
    let address = Memo::new(move |_| {
        store.journey.with(|journey| journey.user_info.as_ref().map(|info| info.email.clone()).unwrap_or_default())
    });
    let reference = Memo::new(move |_| {
        store.session.with(|session| session.as_ref().map(|session| session.application_id.to_string()))
    });
    match status {
        KycStatus::Approved => view! {
            <div class="notice notice-good" data-outcome="approved">
                <h3 class="notice-title">{Icon::Tick} "Your identity is confirmed"</h3>
                <p>"All the checks are done. There is nothing more for you to prove."</p>
            </div>
        }
        .erase(),
        KycStatus::Review => view! {
            <div class="notice notice-warn" data-outcome="review">
                <h3 class="notice-title">{Icon::Person} "A colleague is looking at your application"</h3>
                <p>
                    "Our checks left a question that a person should answer. That is no judgement on you, and you need \
                     not do anything for it."
                </p>
                <p class="notice-next">
                    "Next: a colleague looks at it, usually within one working day. We write to "
                    <strong class="breakable">{move || address.get()}</strong>
                    " as soon as it is decided. You may close this page."
                    {move || {
                        let unanswered = store.needs.with(Option::is_none);
                        unanswered.then(|| view! { <span>" Meanwhile you can tell us what you want covered."</span> })
                    }}
                </p>
            </div>
        }
        .erase(),
        KycStatus::Rejected => {
            let reasons = checks
                .into_iter()
                .filter(|check| !check.passed)
                .map(|check| {
                    view! {
                        <li>
                            <strong>{text::check_label(check.check_type)}</strong>
                            ": "
                            {check.reason}
                        </li>
                    }
                })
                .collect_view();
            view! {
                <div class="notice notice-bad" data-outcome="rejected">
                    <h3 class="notice-title">{Icon::Cross} "We could not confirm your identity"</h3>
                    <p>"So we cannot offer you a policy with what we have. The reasons:"</p>
                    <ul class="notice-list">{reasons}</ul>
                    <p class="notice-next">
                        "Next: if a document was wrong or out of date, open the step “Documents” above and replace it; \
                         the check then starts by itself. If you think that we are mistaken, ask our support for a \
                         second look and give this reference: "
                        <strong class="breakable">{move || reference.get()}</strong>
                    </p>
                </div>
            }
            .erase()
        }
    }
}
