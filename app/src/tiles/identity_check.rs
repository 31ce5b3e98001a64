//! Tile 3: the five checks and their outcome.

use domain::event::{Check, CheckType, KycStatus, WorkflowError};
use domain::journey::Tile;
use leptos::prelude::*;

use super::outcome::Outcome;
use super::problem::Problem;
use super::waiting::Waiting;
use crate::browser::commands;
use crate::browser::submission::Submission;
use crate::components::{Icon, NoticeBox};
use crate::erased::Erase;
use crate::logic::text;
use crate::state::use_store;

/// The checks and the outcome.
#[component]
pub fn IdentityCheck() -> impl IntoView {
    let store = use_store();
    let kyc = Memo::new(move |_| store.journey.with(|journey| journey.kyc.clone()));
    let stuck = Memo::new(move |_| store.journey.with(|journey| journey.problem(Tile::IdentityCheck).is_some()));
    view! {
        <Problem
            tile=Tile::IdentityCheck
            title=problem_title
            next=Callback::new(|retryable| view! { <RetryCheck retryable /> }.erase())
        />
        {move || kyc.get().map(|kyc| view! { <Outcome kyc /> })}
        <Show when=move || kyc.with(Option::is_none) && !stuck.get()>
            <Waiting
                text="We are checking your details against your documents. This usually takes less than ten seconds."
            />
        </Show>
        {move || {
            let checks = kyc.get().map(|kyc| kyc.checks);
            let decision = kyc.with(|kyc| kyc.as_ref().map(|kyc| (kyc.status, kyc.reviewed)));
            let items = CheckType::ALL
                .into_iter()
                .map(|kind| {
                    let check = checks
                        .as_ref()
                        .and_then(|checks| checks.iter().find(|check| check.check_type == kind).cloned());
                    view! { <CheckLine kind check decision waiting=!stuck.get() /> }
                })
                .collect_view();
            view! { <ul class="checks">{items}</ul> }
        }}
    }
    .erase()
}

fn problem_title(_: &WorkflowError) -> &'static str {
    "The check could not be finished"
}

/// One check. The style sheet shows them one after the other.
#[component]
fn CheckLine(
    kind: CheckType,
    check: Option<Check>,
    /// The decision, and whether a person made it.
    decision: Option<(KycStatus, bool)>,
    /// Whether a check without a result is in progress.
    waiting: bool,
) -> impl IntoView {
    let (state, icon, state_text) = match (&check, decision) {
        (Some(check), _) if check.passed => ("passed", Icon::Tick, "Passed"),
        (Some(_), Some((KycStatus::Approved, _))) => ("passed", Icon::Person, "Confirmed by a colleague"),
        (Some(_), Some((KycStatus::Rejected, true))) => ("look", Icon::Person, "Looked at by a colleague"),
        (Some(_), Some((KycStatus::Rejected, false))) => ("failed", Icon::Cross, "Not passed"),
        (Some(_), _) => ("look", Icon::Attention, "Needs a closer look"),
        (None, _) if waiting => ("waiting", Icon::Working, "Waiting"),
        (None, _) => ("waiting", Icon::Lock, "Not checked yet"),
    };
    let text = match check {
        Some(check) if !check.passed && state == "passed" => "A colleague looked at this, and it is fine.".to_owned(),
        Some(check) => check.reason,
        None => text::check_purpose(kind).to_owned(),
    };
    let name = serde_json::to_value(kind).ok().and_then(|name| name.as_str().map(str::to_owned));
    view! {
        <li class="check" data-check=name data-check-state=state>
            <span class="check-shape">{icon}</span>
            <div class="check-text">
                <p class="check-title">{text::check_label(kind)}</p>
                <p class="check-reason">{text}</p>
            </div>
            <p class="check-state">{state_text}</p>
        </li>
    }
    .erase()
}

/// The remedy for a check that failed.
#[component]
fn RetryCheck(
    /// Whether a retry may help.
    retryable: bool,
) -> impl IntoView {
    let store = use_store();
    let submission = Submission::new(store);
    if !retryable {
        return view! {
            <p class="notice-next">
                "Next: our support has been told and looks into it. What you did is kept; come back to this page later."
            </p>
        }
        .erase();
    }
    let again = move |_| {
        if let Some(session) = store.session.get_untracked() {
            submission.run("check again", move |key| commands::check_again(session, key), |()| {});
        }
    };
    view! {
        <NoticeBox id="check-problem" notice=submission.notice input_of=|_| None />
        <div class="actions">
            <button
                type="button"
                class="button button-primary"
                disabled=move || !store.hydrated.get()
                aria-disabled=move || submission.busy.get().then_some("true")
                on:click=again
            >
                {move || if submission.busy.get() { "Checking" } else { "Check again" }}
            </button>
        </div>
    }
    .erase()
}
