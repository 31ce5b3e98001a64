//! The outcome of the identity check: its meaning and the next step.

use domain::event::{KycStatus, KycVerified};
use leptos::prelude::*;

use crate::components::Icon;
use crate::erased::Erase;
use crate::logic::text;
use crate::state::use_store;

/// The outcome as a banner.
#[component]
pub fn Outcome(
    /// The decision.
    kyc: KycVerified,
) -> impl IntoView {
    let store = use_store();
    let address = Memo::new(move |_| {
        store.journey.with(|journey| journey.user_info.as_ref().map(|info| info.email.clone()).unwrap_or_default())
    });
    let reference = Memo::new(move |_| {
        store.session.with(|session| session.as_ref().map(|session| session.application_id.to_string()))
    });
    match kyc.status {
        KycStatus::Approved => view! {
            <div class="notice notice-good" data-outcome="approved">
                <h3 class="notice-title">{Icon::Tick} "Your identity is confirmed"</h3>
                <p>"All the checks are done. There is nothing more for you to prove."</p>
            </div>
        }
        .erase(),
        KycStatus::Review if !kyc.asks.is_empty() => view! {
            <div class="notice notice-warn" data-outcome="asked">
                <h3 class="notice-title">{Icon::Person} "A colleague needs something from you"</h3>
                <p class="notice-next">
                    "Next: open the step “Documents” above and hand in what it asks for. The check then goes on by itself."
                </p>
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
            // A person's rejection says the same whatever the reason was.
            let said = if kyc.reviewed {
                "A colleague looked at your application. We cannot offer you a policy with what we have."
            } else {
                "So we cannot offer you a policy with what we have. The reasons:"
            };
            let reasons = (!kyc.reviewed).then(|| {
                let failed = kyc.checks.into_iter().filter(|check| !check.passed);
                let reasons = failed
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
                view! { <ul class="notice-list">{reasons}</ul> }
            });
            view! {
                <div class="notice notice-bad" data-outcome="rejected">
                    <h3 class="notice-title">{Icon::Cross} "We could not confirm your identity"</h3>
                    <p>{said}</p>
                    {reasons}
                    <p class="notice-next">
                        "Next: if you think that we are mistaken, ask our support for a second look and give this \
                         reference: "
                        <strong class="breakable">{move || reference.get()}</strong>
                    </p>
                </div>
            }
            .erase()
        }
    }
}
