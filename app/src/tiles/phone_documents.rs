//! The documents as a phone has them: hand in, and see what became of it. What was read is for the computer's page.

use domain::document::{DocumentKind, Proof};
use domain::journey::Tile;
use leptos::prelude::*;

use super::document_slot::slug;
use super::documents::{happened, next_photo};
use super::problem::Problem;
use super::reading::Reading;
use super::upload_form::UploadForm;
use crate::browser::page;
use crate::logic::phone::{Told, told};
use crate::parts::Icon;
use crate::state::use_store;

/// Both proofs, one under the other.
#[component]
pub fn PhoneDocuments() -> impl IntoView {
    let store = use_store();
    let words = RwSignal::new(String::new());
    let known = Memo::new(move |_| [Proof::Identity, Proof::Address].map(|proof| at(store, proof)));
    Effect::new(move |before: Option<[Told; 2]>| {
        let now = known.get();
        if let Some(before) = before {
            let news: Vec<_> =
                now.iter().zip(&before).filter(|(now, before)| now != before).map(|(now, _)| now.words()).collect();
            if !news.is_empty() {
                words.set(news.join(" "));
            }
        }
        now
    });
    view! {
        <section class="panel phone-documents" aria-labelledby="phone-documents-title">
            <h2 class="panel-title" id="phone-documents-title">"What we need"</h2>
            <Problem tile=Tile::Documents title=happened next=Callback::new(|_| next_photo()) />
            <PhoneSlot proof=Proof::Identity />
            <PhoneSlot proof=Proof::Address />
        </section>
        <p class="visually-hidden" aria-live="polite" data-announcer>{move || words.get()}</p>
    }
    .into_any()
}

fn at(store: crate::state::Store, proof: Proof) -> Told {
    let pending = store.pending.with(|all| all.iter().any(|pending| pending.kind.proves() == proof));
    let read = store.journey.with(|journey| journey.document(proof).is_some());
    let problem = store.journey.with(|journey| journey.problem(Tile::Documents).is_some());
    told(proof, pending, read, problem)
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
    let kind = RwSignal::new(first.unwrap_or(match proof {
        Proof::Identity => DocumentKind::Passport,
        Proof::Address => DocumentKind::ProofOfAddress,
    }));
    Effect::new(move |before: Option<bool>| {
        let reading = pending.with(Option::is_some);
        if reading {
            again.set(false);
        }
        // The form that had the focus makes way.
        if before.is_some_and(|before| before != reading) {
            page::focus_in_place_if_free(format!("{}-title", slug(proof)));
        }
        reading
    });
    let slug = slug(proof);
    let title = format!("Proof of {slug}");
    view! {
        <section class="slot" data-proof=slug aria-labelledby=format!("{slug}-title")>
            <h3 class="slot-title" id=format!("{slug}-title") tabindex="-1">{title}</h3>
            {move || match (pending.get(), document.get()) {
                (Some(pending), _) => view! { <Reading pending /> }.into_any(),
                (None, Some(document)) if !again.get() => {
                    let issues = document
                        .issues
                        .iter()
                        .map(|issue| view! { <li>{issue.advice(document.kind)}</li> })
                        .collect_view();
                    view! {
                        <p class="phone-read" data-read=slug>{Icon::Tick} <span>"We have it. Check on your computer what we read."</span></p>
                        <p class="file-line">
                            <strong>{document.kind.label()}</strong>
                            <span class="file-name">{document.file_name.clone()}</span>
                        </p>
                        <ul class="notice-list">{issues}</ul>
                        <button type="button" class="link" on:click=move |_| again.set(true)>
                            "Replace this document"
                        </button>
                    }
                        .into_any()
                }
                _ => view! { <UploadForm proof kind on_phone=true /> }.into_any(),
            }}
        </section>
    }
    .into_any()
}
