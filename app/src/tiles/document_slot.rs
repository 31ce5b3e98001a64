//! One proof in one of three states: missing, being read, or read.

use domain::document::{DocumentKind, Proof};
use domain::event::{Ask, KycStatus};
use leptos::prelude::*;

use super::document_fields::DocumentFields;
use super::reading_progress::ReadingProgress;
use super::upload_form::UploadForm;
use crate::browser::dom;
use crate::components::Icon;
use crate::effect::{effect, effect_with};
use crate::erased::Erase;
use crate::logic::proof::{default_kind, slug};
use crate::state::use_store;

/// The slot of one proof.
#[component]
pub fn DocumentSlot(
    /// The proof.
    proof: Proof,
) -> impl IntoView {
    let store = use_store();
    let pending = Memo::new(move |_| {
        store.pending.with(|all| all.iter().find(|pending| pending.kind.proves() == proof).cloned())
    });
    let document = Memo::new(move |_| store.journey.with(|journey| journey.document(proof).cloned()));
    // A decision is based on these documents, so they cannot be replaced after it.
    let replaceable = Memo::new(move |_| {
        store.journey.with(|journey| journey.kyc.as_ref().is_none_or(|kyc| kyc.status == KycStatus::Review))
    });
    let asked = Memo::new(move |_| store.journey.with(|journey| journey.ask(proof).map(Ask::text)));
    let replacing = RwSignal::new(false);
    // The choice is kept here because the form is replaced during a reading. After an unreadable photo, the applicant
    // still has the same kind of document.
    let kind_sent = Memo::new(move |_| pending.with(|pending| pending.as_ref().map(|pending| pending.kind)));
    let kind_read = Memo::new(move |_| document.with(|document| document.as_ref().map(|document| document.kind)));
    let first = kind_sent.get_untracked().or_else(|| kind_read.get_untracked());
    let kind = RwSignal::new(first.unwrap_or_else(|| default_kind(proof)));
    effect(move |_| {
        // An upload ends the replacement.
        if let Some(sent) = kind_sent.get() {
            kind.set(sent);
            replacing.set(false);
        }
    });
    effect_with(move |before: Option<Option<DocumentKind>>| {
        let read = kind_read.get();
        // Only a change counts: an unchanged document must not undo a later choice.
        if let Some(read) = read.filter(|_| before.is_some_and(|before| before != read)) {
            kind.set(read);
        }
        read
    });
    // The element that had the focus is removed with the form or the steps.
    effect_with(move |before: Option<bool>| {
        let wants = pending.with(Option::is_some)
            || document.with(|document| document.as_ref().is_some_and(|document| !document.to_confirm().is_empty()));
        if before.is_some_and(|before| before != wants) {
            dom::focus_without_scroll_if_free(format!("{}-title", slug(proof)));
        }
        wants
    });
    let explanation = match proof {
        Proof::Identity => "A passport, an identity card or a driving licence that is still valid.",
        Proof::Address => {
            "A bill, a bank statement or an official letter of the last three months with your name and address."
        }
    };
    let slug = slug(proof);
    let ask_again = move |_| {
        replacing.set(true);
        dom::focus(format!("{slug}-file"));
    };
    view! {
        <section class="slot" data-proof=slug aria-labelledby=format!("{slug}-title")>
            <h3 class="slot-title" id=format!("{slug}-title") tabindex="-1">{proof.title()}</h3>
            {move || {
                asked
                    .get()
                    .filter(|_| pending.with(Option::is_none))
                    .map(|text| {
                        view! {
                            <div class="notice notice-warn" data-asked=slug>
                                <h4 class="notice-title">{Icon::Person} "A colleague asks for this once more"</h4>
                                <p>{text}</p>
                            </div>
                        }
                    })
            }}
            {move || match (pending.get(), document.get()) {
                (Some(pending), _) => view! { <ReadingProgress pending /> }.erase(),
                (None, Some(document)) if !replacing.get() && asked.with(Option::is_none) => {
                    view! {
                        <DocumentFields document />
                        <Show when=move || replaceable.get()>
                            <button type="button" class="link" on:click=ask_again>
                                "Replace this document"
                            </button>
                        </Show>
                    }
                        .erase()
                }
                (None, document) => {
                    view! {
                        <p class="hint">{explanation}</p>
                        <UploadForm proof kind />
                        {document
                            .filter(|_| asked.with(Option::is_none))
                            .map(|_| {
                                view! {
                                    <button type="button" class="link" on:click=move |_| replacing.set(false)>
                                        "Keep the document that you sent"
                                    </button>
                                }
                            })}
                    }
                        .erase()
                }
            }}
        </section>
    }
    .erase()
}
