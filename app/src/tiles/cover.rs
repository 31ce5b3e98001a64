//! Tile 4: the applicant's needs, and the policies that fit.

use domain::event::{KycStatus, WorkflowError};
use domain::journey::Tile;
use leptos::prelude::*;

use super::policies::Policies;
use super::problem::Problem;
use super::questionnaire::Questionnaire;
use super::waiting::Waiting;
use crate::erased::Erase;
use crate::logic::tiles::in_review;
use crate::state::use_store;

/// The questionnaire, then the wait, then the policies.
#[component]
pub fn Cover() -> impl IntoView {
    let store = use_store();
    let recommended = Memo::new(move |_| store.journey.with(|journey| journey.recommended.clone()));
    let answered = Memo::new(move |_| store.needs.with(Option::is_some));
    let troubled = Memo::new(move |_| store.journey.with(|journey| journey.problem(Tile::YourCover).is_some()));
    let again = RwSignal::new(false);
    view! {
        <Problem
            tile=Tile::YourCover
            title=problem_title
            next=Callback::new(|retryable| {
                let next = if retryable {
                    "Next: look through your answers below and send them again."
                } else {
                    "Next: our support has been told and looks into it. What you did is kept; come back to this page \
                     later."
                };
                view! { <p class="notice-next">{next}</p> }.erase()
            })
        />
        {move || match recommended.get() {
            Some(recommended) => view! { <Policies recommended /> }.erase(),
            None if answered.get() && !troubled.get() && !again.get() => {
                view! {
                    <AnswersReceived />
                    <button type="button" class="link" on:click=move |_| again.set(true)>
                        "Change my answers"
                    </button>
                }
                    .erase()
            }
            None => view! { <Questionnaire on_sent=Callback::new(move |()| again.set(false)) /> }.erase(),
        }}
    }
    .erase()
}

fn problem_title(_: &WorkflowError) -> &'static str {
    "Your policies could not be worked out"
}

/// The notice that the answers were received, and the next step.
#[component]
fn AnswersReceived() -> impl IntoView {
    let store = use_store();
    let approved = Memo::new(move |_| {
        store.journey.with(|journey| journey.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Approved))
    });
    let review = Memo::new(move |_| store.journey.with(in_review));
    move || {
        let text = match (approved.get(), review.get()) {
            (true, _) => "We have your answers and are finding the policies that fit. This takes a second.",
            (false, true) => {
                "We have your answers. Your policies appear here, and we write to you, as soon as a colleague has \
                 finished your identity check; usually within one working day."
            }
            (false, false) => "We have your answers; your policies appear here as soon as the check is done.",
        };
        view! { <Waiting text /> }
    }
}
