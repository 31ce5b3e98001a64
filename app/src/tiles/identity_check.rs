//! Tile 3: the five checks, and what came of them.

use domain::event::{Check, CheckType, KycStatus, WorkflowError};
use domain::journey::Tile;
use leptos::prelude::*;

use super::outcome::Outcome;
use super::problem::Problem;
use super::waiting::Waiting;
use crate::browser::commands;
use crate::browser::sending::Sending;
use crate::logic::words;
use crate::parts::{Icon, NoticeBox};
use crate::state::use_store;

/// The checks, waiting or decided, and the outcome.
#[component]
pub fn IdentityCheck() -> impl IntoView {
    let store = use_store();
    let kyc = Memo::new(move |_| store.journey.with(|journey| journey.kyc.clone()));
    let stuck = Memo::new(move |_| store.journey.with(|journey| journey.problem(Tile::IdentityCheck).is_some()));
    view! {
        <Problem
            tile=Tile::IdentityCheck
            title=happened
            next=Callback::new(|retryable| view! { <Again retryable /> }.into_any())
        />
        {move || kyc.get().map(|kyc| view! { <Outcome status=kyc.status checks=kyc.checks /> })}
        <Show when=move || kyc.with(Option::is_none) && !stuck.get()>
            <Waiting text="We are checking your details against your documents. This usually takes less than ten seconds." />
        </Show>
        {move || {
            let checks = kyc.get().map(|kyc| kyc.checks);
            let status = kyc.with(|kyc| kyc.as_ref().map(|kyc| kyc.status));
            let items = CheckType::ALL
                .into_iter()
                .map(|kind| {
                    let check = checks.as_ref().and_then(|checks| checks.iter().find(|check| check.check_type == kind).cloned());
                    view! { <CheckLine kind check status waiting=!stuck.get() /> }
                })
                .collect_view();
            view! { <ul class="checks">{items}</ul> }
        }}
    }
    .into_any()
}

fn happened(_: &WorkflowError) -> &'static str {
    "The check could not be finished"
}

/// One check. It appears after the one before, by its place in the list.
#[component]
fn CheckLine(
    kind: CheckType,
    check: Option<Check>,
    status: Option<KycStatus>,
    /// Whether the check, where it has no result, is under way.
    waiting: bool,
) -> impl IntoView {
    let (state, shape, words) = match &check {
        Some(check) if check.passed => ("passed", Icon::Tick, "Passed"),
        Some(_) if status == Some(KycStatus::Rejected) => ("failed", Icon::Cross, "Not passed"),
        Some(_) => ("look", Icon::Attention, "Needs a closer look"),
        None if waiting => ("waiting", Icon::Working, "Waiting"),
        None => ("waiting", Icon::Lock, "Not checked yet"),
    };
    let text = check.map_or_else(|| words::check_purpose(kind).to_owned(), |check| check.reason);
    let name = serde_json::to_value(kind).ok().and_then(|name| name.as_str().map(str::to_owned));
    view! {
        <li class="check" data-check=name data-check-state=state>
            <span class="check-shape">{shape}</span>
            <div class="check-text">
                <p class="check-title">{words::check_label(kind)}</p>
                <p class="check-reason">{text}</p>
            </div>
            <p class="check-state">{words}</p>
        </li>
    }
    .into_any()
}

/// What can be done about a check that broke off.
#[component]
fn Again(
    /// Whether trying again may help.
    retryable: bool,
) -> impl IntoView {
    let store = use_store();
    let sending = Sending::new(store);
    if !retryable {
        return view! {
            <p class="notice-next">
                "Next: our support has been told and looks into it. What you did is kept; come back to this page later."
            </p>
        }
        .into_any();
    }
    let again = move |_| {
        if let Some(session) = store.session.get_untracked() {
            sending.run("check again", move |key| commands::check_again(session, key), |()| {});
        }
    };
    view! {
        <NoticeBox id="check-problem" notice=sending.notice input_of=|_| None />
        <div class="actions">
            <button
                type="button"
                class="button button-primary"
                disabled=move || !store.hydrated.get()
                aria-disabled=move || sending.busy.get().then_some("true")
                on:click=again
            >
                {move || if sending.busy.get() { "Checking" } else { "Check again" }}
            </button>
        </div>
    }
    .into_any()
}
