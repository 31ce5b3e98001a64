//! A document that is being read, step by step.

use domain::api::{PendingDocument, ReadingStep};
use domain::document::Proof;
use leptos::prelude::*;

use super::waiting::Waiting;
use crate::components::Icon;
use crate::erased::Erase;
use crate::state::use_store;

/// The steps, updated live.
#[component]
pub fn ReadingProgress(
    /// The document.
    pending: PendingDocument,
) -> impl IntoView {
    let store = use_store();
    let id = pending.document_id;
    let at = Memo::new(move |_| store.steps.with(|steps| steps.get(&id).copied()).unwrap_or(ReadingStep::Queued));
    let steps = ReadingStep::ALL
        .into_iter()
        // A document without a machine-readable zone skips its step.
        .filter(|step| *step != ReadingStep::ReadingMrz || pending.kind.has_mrz())
        .map(|step| {
            let state = move || match step.cmp(&at.get()) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "working",
                std::cmp::Ordering::Greater => "waiting",
            };
            let shape = move || match state() {
                "done" => Icon::Tick.into_render(),
                "working" => Icon::Working.into_render(),
                _ => view! { <span class="icon icon-empty"></span> }.erase(),
            };
            view! {
                <li class="step" data-step-state=state>
                    {shape} <span>{step.label()}</span>
                    <span class="visually-hidden">
                        {move || match state() {
                            "done" => ", done",
                            "working" => ", now",
                            _ => "",
                        }}
                    </span>
                </li>
            }
        })
        .collect_view();
    view! {
        <p class="file-line">
            {(pending.kind.proves() == Proof::Identity).then(|| view! { <strong>{pending.kind.label()}</strong> })}
            <span class="file-name">{pending.file_name}</span>
        </p>
        <Waiting text="We are reading it. This usually takes less than five seconds." />
        <ol class="steps">{steps}</ol>
    }
    .erase()
}
