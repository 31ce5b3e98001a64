//! The documents on the phone's page: upload and status. Only the computer's page shows the fields.

use domain::document::Proof;
use domain::journey::Tile;
use leptos::prelude::*;

use super::documents::{next_photo, problem_title};
use super::problem::Problem;
use super::reading_progress::ReadingProgress;
use super::upload_form::UploadForm;
use crate::browser::dom;
use crate::components::Icon;
use crate::effect::effect_with;
use crate::erased::Erase;
use crate::logic::phone::{ProofStatus, proof_status};
use crate::logic::proof::{default_kind, slug};
use crate::state::use_store;

/// Both proofs, one under the other.
#[component]
pub fn PhoneDocuments() -> impl IntoView {
    let store = use_store();
    let announcement = RwSignal::new(String::new());
    let known = Memo::new(move |_| [Proof::Identity, Proof::Address].map(|proof| at(store, proof)));
    effect_with(move |before: Option<[ProofStatus; 2]>| {
        let now = known.get();
        if let Some(before) = before {
            let news: Vec<_> =
                now.iter().zip(&before).filter(|(now, before)| now != before).map(|(now, _)| now.text()).collect();
            if !news.is_empty() {
                announcement.set(news.join(" "));
            }
        }
        now
    });
    view! {
        <section class="panel phone-documents" aria-labelledby="phone-documents-title">
            <h2 class="panel-title" id="phone-documents-title">"What we need"</h2>
            <Problem tile=Tile::Documents title=problem_title next=Callback::new(|_| next_photo()) />
            <PhoneSlot proof=Proof::Identity />
            <PhoneSlot proof=Proof::Address />
        </section>
        <p class="visually-hidden" aria-live="polite" data-announcer>{move || announcement.get()}</p>
    }
    .erase()
}

fn at(store: crate::state::PageStore, proof: Proof) -> ProofStatus {
    let pending = store.pending.with(|all| all.iter().any(|pending| pending.kind.proves() == proof));
    let read = store.journey.with(|journey| journey.document(proof).is_some());
    let problem = store.journey.with(|journey| journey.problem(Tile::Documents).is_some());
    proof_status(proof, pending, read, problem)
}

#[component]
fn PhoneSlot(proof: Proof) -> impl IntoView {
    let store = use_store();
    let pending = Memo::new(move |_| {
        store.pending.with(|all| all.iter().find(|pending| pending.kind.proves() == proof).cloned())
    });
    let document = Memo::new(move |_| store.journey.with(|journey| journey.document(proof).cloned()));
    let again = RwSignal::new(false);
    let first = pending.with_untracked(|pending| pending.as_ref().map(|pending| pending.kind));
    let kind = RwSignal::new(first.unwrap_or_else(|| default_kind(proof)));
    effect_with(move |before: Option<bool>| {
        let reading = pending.with(Option::is_some);
        if reading {
            again.set(false);
        }
        // The form that had the focus is replaced.
        if before.is_some_and(|before| before != reading) {
            dom::focus_without_scroll_if_free(format!("{}-title", slug(proof)));
        }
        reading
    });
    let slug = slug(proof);
    view! {
        <section class="slot" data-proof=slug aria-labelledby=format!("{slug}-title")>
            <h3 class="slot-title" id=format!("{slug}-title") tabindex="-1">{proof.title()}</h3>
            {move || match (pending.get(), document.get()) {
                (Some(pending), _) => view! { <ReadingProgress pending /> }.erase(),
                (None, Some(document)) if !again.get() => {
                    let issues = document
                        .issues
                        .iter()
                        .map(|issue| view! { <li>{issue.advice(document.kind)}</li> })
                        .collect_view();
                    view! {
                        <p class="phone-read" data-read=slug>
                            {Icon::Tick}
                            <span>"We have it. Check on your computer what we read."</span>
                        </p>
                        <p class="file-line">
                            <strong>{document.kind.label()}</strong>
                            <span class="file-name">{document.file_name.clone()}</span>
                        </p>
                        <ul class="notice-list">{issues}</ul>
                        <button type="button" class="link" on:click=move |_| again.set(true)>
                            "Replace this document"
                        </button>
                    }
                        .erase()
                }
                _ => view! { <UploadForm proof kind on_phone=true /> }.erase(),
            }}
        </section>
    }
    .erase()
}
