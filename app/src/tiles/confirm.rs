//! Tile 5: the choice of a policy, and the consent.

use domain::api::{FieldError, Selection};
use domain::event::{PolicyRecommended, UserInfo, WorkflowError};
use domain::journey::Tile;
use leptos::html;
use leptos::prelude::*;

use super::problem::Problem;
use super::waiting::Waiting;
use crate::browser::commands;
use crate::browser::submission::Submission;
use crate::components::{Choice, ErrorText, NoticeBox, SubmitButton};
use crate::effect::effect;
use crate::erased::Erase;
use crate::logic::choice::{chosen, selected};
use crate::logic::failure::Notice;
use crate::logic::text;
use crate::state::use_store;

/// The form, and after it the chosen policy.
#[component]
pub fn Confirm() -> impl IntoView {
    let store = use_store();
    let recommended = Memo::new(move |_| store.journey.with(|journey| journey.recommended.clone()));
    let done = Memo::new(move |_| store.journey.with(|journey| journey.completed.is_some()));
    view! {
        <Problem
            tile=Tile::Confirm
            title=problem_title
            next=Callback::new(|retryable| {
                let next = if retryable {
                    "Next: try again below. Nothing was chosen twice."
                } else {
                    "Next: our support has been told and looks into it. What you did is kept; come back to this page \
                     later."
                };
                view! { <p class="notice-next">{next}</p> }.erase()
            })
        />
        {move || match (done.get(), recommended.get()) {
            (true, _) => view! { <Chosen /> }.erase(),
            (false, Some(recommended)) => view! { <ConfirmForm recommended /> }.erase(),
            (false, None) => ().erase(),
        }}
    }
    .erase()
}

fn problem_title(_: &WorkflowError) -> &'static str {
    "Your choice could not be completed"
}

/// The chosen policy.
#[component]
fn Chosen() -> impl IntoView {
    let store = use_store();
    move || {
        let chosen = store.journey.with(|journey| selected(journey).cloned());
        view! {
            {chosen
                .map(|policy| {
                    view! {
                        <dl class="facts">
                            <div><dt>"Policy"</dt><dd>{policy.name}</dd></div>
                            <div>
                                <dt>"Price"</dt>
                                <dd>{format!("{}, indicative", text::premium(&policy.premium))}</dd>
                            </div>
                        </dl>
                    }
                })}
            <p><a href="/thank-you">"What happens next"</a></p>
        }
    }
}

#[component]
fn ConfirmForm(recommended: PolicyRecommended) -> impl IntoView {
    let store = use_store();
    let submission = Submission::new(store);
    let consent = RwSignal::new(false);
    let sent = RwSignal::new(false);
    let recommended = StoredValue::new(recommended);
    // A choice among earlier recommendations is void.
    let choice = Memo::new(move |_| {
        let id = store.choice.get()?;
        recommended.with_value(|recommended| chosen(recommended, &id).cloned())
    });

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let mut errors = Vec::new();
        if choice.with_untracked(Option::is_none) {
            errors.push(FieldError::new("policyId", "required", "Choose one of the policies."));
        }
        if !consent.get_untracked() {
            let message = "Tick the box to say that you agree; without it we cannot go on.";
            errors.push(FieldError::new("consent", "required", message));
        }
        if !errors.is_empty() {
            submission.notice.set(Some(Notice::fields(errors)));
            return;
        }
        let (Some(session), Some(policy)) = (store.session.get_untracked(), choice.get_untracked()) else { return };
        let selection = Selection { policy_id: policy.policy_id, consent: true };
        let intent = selection.policy_id.clone();
        submission.run(
            &intent,
            move |key| commands::select(session, selection, key),
            move |()| {
                _ = sent.try_set(true);
            },
        );
    };

    let error = move |field: &'static str| {
        Signal::derive(move || {
            submission.notice.with(|notice| {
                let errors: &[FieldError] = notice.as_ref().map_or(&[], |notice| &notice.errors);
                errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
            })
        })
    };
    // An error disappears when it is corrected, not only after the next attempt.
    let (policy_error, consent_error) = (error("policyId"), error("consent"));
    let policy_error = Signal::derive(move || policy_error.get().filter(|_| choice.with(Option::is_none)));
    let consent_error = Signal::derive(move || consent_error.get().filter(|_| !consent.get()));
    let choices = recommended.with_value(|recommended| {
        recommended
            .recommendations
            .iter()
            .map(|policy| {
                let (mine, id) = (policy.policy_id.clone(), policy.policy_id.clone());
                view! {
                    <Choice
                        id=format!("choice-{}", policy.policy_id)
                        name="policy"
                        label=format!("{}, {}", policy.name, text::premium(&policy.premium))
                        chosen=Signal::derive(move || {
                            store.choice.with(|choice| choice.as_deref() == Some(mine.as_str()))
                        })
                        on_choose=Callback::new(move |_| store.choice.set(Some(id.clone())))
                    />
                }
            })
            .collect_view()
    });
    view! {
        <NoticeBox id="selection-problem" notice=submission.notice input_of />
        <form class="form" method="post" novalidate on:submit=submit>
            <fieldset
                class="field"
                class:field-wrong=move || policy_error.with(Option::is_some)
                id="policy-choice"
                tabindex="-1"
                aria-describedby=move || policy_error.with(Option::is_some).then_some("policy-choice-error")
            >
                <legend class="label">"Which policy do you want?"</legend>
                <ErrorText field="policy-choice" error=policy_error />
                <div class="choices">{choices}</div>
            </fieldset>
            {move || choice.get().map(|policy| {
                let price = text::premium(&policy.premium);
                let who = store.journey.with_untracked(|journey| {
                    journey.user_info.as_ref().map(UserInfo::full_name)
                });
                view! {
                    <div class="summary" data-summary>
                        <h3 class="summary-title">"What you confirm"</h3>
                        <dl class="facts">
                            <div><dt>"Insured person"</dt><dd>{who}</dd></div>
                            <div><dt>"Policy"</dt><dd>{policy.name}</dd></div>
                            <div><dt>"Price"</dt><dd>{format!("{price}, indicative")}</dd></div>
                        </dl>
                    </div>
                }
            })}
            <Consent consent error=consent_error />
            <Show when=move || sent.get()>
                <Waiting text="We have your choice and are completing your application. This takes a second." />
            </Show>
            <div class="actions">
                <SubmitButton
                    label="Choose this policy"
                    busy_label="Sending"
                    busy=Signal::derive(move || submission.busy.get() || sent.get())
                />
            </div>
        </form>
    }
    .erase()
}

#[component]
fn Consent(consent: RwSignal<bool>, error: Signal<Option<String>>) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    effect(move |first| {
        // A browser may restore the tick after a reload. Consent must be given anew.
        if first && let Some(input) = input.get() {
            input.set_checked(consent.get_untracked());
        }
    });
    view! {
        <div class="field" class:field-wrong=move || error.with(Option::is_some)>
            <ErrorText field="consent" error />
            <div class="choice choice-consent">
                <input
                    id="consent"
                    name="consent"
                    type="checkbox"
                    node_ref=input
                    aria-describedby=move || error.with(Option::is_some).then_some("consent-error")
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    on:change=move |event| consent.set(event_target_checked(&event))
                />
                <label for="consent">
                    "I agree that my details and the outcome of my identity check go to the insurer of this policy, so \
                     that it can prepare my contract. I have seen that the price is indicative."
                </label>
            </div>
        </div>
    }
    .erase()
}

fn input_of(field: &str) -> Option<String> {
    match field {
        "policyId" => Some("policy-choice".to_owned()),
        "consent" => Some("consent".to_owned()),
        _ => None,
    }
}
